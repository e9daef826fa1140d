"""Layers of a network made fast for inference: OpenVINO on a CPU, half precision in torch on a GPU."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_map, tree_unflatten

from modelkit.precision import autocast, fast_dtype, has_fast_bf16


def compiled(
    network: nn.Module,
    example: Sequence[Any],
    device: str,
    free: Sequence[int] = (0,),
    *,
    bf16: bool = True,
) -> nn.Module:
    """Return the network in a form that takes and returns the same float32 tensors, on the same device.

    `example`: the arguments of a forward pass, tensors or lists of tensors. Their values don't matter.
    The dimensions in `free` may differ from call to call; the others stay as they are. Answers may be
    tensors, or lists, tuples and dicts of them.

    On a CPU that is OpenVINO; on a GPU it is torch, channels last. Both compute in bf16 where the
    device is fast at it, and in fp16 on other GPUs, unless `bf16` is false. Elsewhere they compute in fp32, and differ from eager
    torch by rounding alone. OpenVINO takes as many threads as torch has now (OMP_NUM_THREADS), and
    pins none of them, since services share cores.
    """
    network = network.eval().to(torch.device(device))
    if device == "cpu":
        return _OpenVino(network, example, free, bf16=bf16 and has_fast_bf16(device))
    return _Gpu(network, device, fast_dtype(device) if bf16 else torch.float32)


def to_device(batch: Tensor, device: str) -> Tensor:
    """Copy a batch from the CPU's memory; pinned for a GPU, so that the CPU does not wait."""
    if device == "cpu":
        return batch
    return batch.pin_memory().to(device, non_blocking=True)


class _Gpu(nn.Module):
    def __init__(self, network: nn.Module, device: str, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)
        self.device = device
        self.dtype = dtype

    def forward(self, *arguments: Any) -> Any:
        with autocast(self.device, self.dtype):
            answer = self.network(*tree_map(_channels_last, arguments))
        return tree_map(Tensor.float, answer)


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


class _OpenVino(nn.Module):
    def __init__(
        self, network: nn.Module, example: Sequence[Any], free: Sequence[int], *, bf16: bool
    ) -> None:
        super().__init__()
        # Importing openvino would report its use to its makers over the network.
        sys.modules.setdefault("openvino_telemetry", cast(Any, None))
        from openvino import Core
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

        leaves, takes = tree_flatten(tuple(example))
        with torch.inference_mode(), warnings.catch_warnings():
            # torch prefers torch.export, but OpenVINO takes 20 times as long to read its graphs.
            warnings.simplefilter("ignore", FutureWarning)
            _, self._gives = tree_flatten(network(*example))
            flat = _Flat(network, takes)
            traced = torch.jit.trace(flat, leaves, check_trace=False)  # type: ignore[no-untyped-call]
            graph = TorchScriptPythonDecoder(traced)
            frontend = FrontEndManager().load_by_framework("pytorch")
            model = frontend.convert(frontend.load(graph))
        model.reshape(
            {
                place: [-1 if i in free else size for i, size in enumerate(leaf.shape)]
                for place, leaf in zip(model.inputs, leaves, strict=True)
            }
        )
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "ENABLE_CPU_PINNING": False,
        }
        self._request = Core().compile_model(model, "CPU", settings).create_infer_request()

    def forward(self, *arguments: Any) -> Any:
        inputs = [leaf.numpy(force=True) for leaf in tree_leaves(arguments)]
        answer = self._request.infer(inputs, share_inputs=True)
        return tree_unflatten([torch.from_numpy(leaf) for leaf in answer.values()], self._gives)


class _Flat(nn.Module):
    """A network that takes the tensors of its arguments one by one, and returns those of its answer as a tuple."""

    def __init__(self, network: nn.Module, takes: TreeSpec) -> None:
        super().__init__()
        self.network = network
        self.takes = takes

    def forward(self, *leaves: Tensor) -> tuple[Tensor, ...]:
        return tuple(tree_leaves(self.network(*tree_unflatten(list(leaves), self.takes))))
