"""Which arithmetic a device is good at."""

from contextlib import AbstractContextManager

import torch


def has_fast_bf16(device: str) -> bool:
    """Whether bf16 is worth it: GPUs, and CPUs with AMX or AVX-512 bf16 instructions."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())


def autocast(device: str, *, bf16: bool) -> AbstractContextManager[None]:
    """torch's autocast to bf16 on the device, or nothing."""
    return torch.autocast(device.split(":")[0], torch.bfloat16, enabled=bf16)


def training_dtype(device: str) -> torch.dtype:
    """What a training multiplies in: bf16 where it is fast, fp16 on other GPUs, fp32 elsewhere."""
    if has_fast_bf16(device):
        return torch.bfloat16
    return torch.float16 if device.startswith("cuda") else torch.float32
