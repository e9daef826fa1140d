"""Which devices there are, and which arithmetic each is good at."""

from contextlib import AbstractContextManager

import torch


class NoDevice(Exception):
    """A device is not there; the message says what to do."""


def check_device(device: str) -> None:
    """Raise NoDevice unless `device`, such as cpu, cuda or cuda:1, is there."""
    try:
        wanted = torch.device(device)
    except RuntimeError as error:
        raise NoDevice(f"{device!r} is not cpu or cuda") from error
    if wanted.type not in ("cpu", "cuda"):
        raise NoDevice(f"{device!r} is not cpu or cuda")
    if wanted.type == "cuda" and not torch.cuda.is_available():
        raise NoDevice(f"{device}: no GPU is visible to PyTorch; use cpu, or check the driver")
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        raise NoDevice(f"{device} is not there: PyTorch sees {torch.cuda.device_count()} GPUs")


def has_fast_bf16(device: str) -> bool:
    """Tell whether bf16 is fast: on GPUs that have it (from Ampere on), and on CPUs with AMX or AVX-512 bf16.

    Older GPUs, such as T4 and V100, emulate it, slower than fp32.
    """
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())


def autocast(device: str, dtype: torch.dtype) -> AbstractContextManager[None]:
    """Return torch's autocast to `dtype` on the device, or a context that does nothing for fp32."""
    return torch.autocast(device.split(":")[0], dtype, enabled=dtype != torch.float32)


def fast_dtype(device: str) -> torch.dtype:
    """Return what a device multiplies fastest in, of those that are precise enough: bf16 where it is fast, fp16 on other GPUs, else fp32."""
    if has_fast_bf16(device):
        return torch.bfloat16
    return torch.float16 if device.startswith("cuda") else torch.float32
