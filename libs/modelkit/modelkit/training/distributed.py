"""One training in several processes, as `torchrun` starts them; one process without it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

Part = TypeVar("Part")
_MISSING = object()


@dataclass(frozen=True)
class Process:
    """One of the processes of a training, and its device."""

    device: str
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that prints and writes files."""
        return self.rank == 0

    def parallel(self, network: nn.Module) -> nn.Module:
        """Return the network with gradients averaged over the processes."""
        if self.world == 1:
            return network
        devices = [torch.device(self.device)] if self.device.startswith("cuda") else None
        return DistributedDataParallel(network, device_ids=devices)

    def agreed(self, value: float) -> float:
        """Return the first process's value in all processes: clocks differ, schedules must not."""
        if self.world == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, src=0)
        return float(shared)

    def gathered(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts of all processes in all of them, in the order of `share`. The parts must be picklable."""
        if self.world == 1:
            return list(parts)
        found: list[list[Part]] = [[] for _ in range(self.world)]
        distributed.all_gather_object(found, list(parts))
        rounds = zip_longest(*found, fillvalue=_MISSING)
        return [part for one in rounds for part in one if part is not _MISSING]  # type: ignore[misc]

    def share(self, whole: Sequence[Part]) -> Sequence[Part]:
        """Return what this process does of a work that all share."""
        return whole[self.rank :: self.world]


@contextmanager
def process(device: str) -> Iterator[Process]:
    """Join the processes that `torchrun` started, with one GPU each; `device` is cpu or cuda."""
    if "WORLD_SIZE" not in os.environ:
        yield Process(device)
        return
    if device.startswith("cuda"):
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Process(device, distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
