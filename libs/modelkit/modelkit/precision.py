"""Which arithmetic a device is good at."""

from contextlib import AbstractContextManager

import torch


def has_fast_bf16(device: str) -> bool:
    """Tell whether bf16 is fast: on GPUs that support it, and on CPUs with AMX or AVX-512 bf16."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def autocast(device: str, *, bf16: bool) -> AbstractContextManager[None]:
    """Return torch's autocast to bf16 on the device, or a context that does nothing."""
    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=bf16)


def training_dtype(device: str) -> torch.dtype:
    """Return what a training multiplies in: bf16 where it is fast, fp16 on other GPUs, else fp32."""
    if has_fast_bf16(device):
        return torch.bfloat16
    return torch.float16 if device.startswith("cuda") else torch.float32
