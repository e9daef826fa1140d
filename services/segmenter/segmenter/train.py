"""Train the segmenter: `python -m segmenter.train --data DIR ... --out DIR --minutes M`."""

import argparse
import hashlib
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.models.detection import MaskRCNN
from tqdm import tqdm

from modelkit.precision import has_fast_bf16
from segmenter import backbones, model
from segmenter.categories import CATEGORIES
from segmenter.dataset import Draw, Entry, Sample, TrainingPhotos, repeat_factors, scan
from segmenter.evaluate import DOUBTFUL, best_threshold, predict_all
from segmenter.torchvision_engine import TorchvisionEngine

CHECKPOINT = "checkpoint.pt"
BODY_RATE = 0.5  # of the learning rate, for layers that were learnt on ImageNet
AVERAGE_EVERY = 4  # steps between updates of the moving average of the weights


class NonFiniteLoss(Exception):
    """The loss became NaN or infinite; the message names the photos of the batch."""


def learning_rate(progress: float, peak: float) -> float:
    """Linear warm-up over 4% of the time, then a cosine to a hundredth; progress in [0, 1]."""
    if progress < 0.04:
        return peak * max(progress / 0.04, 0.02)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - 0.04) / 0.96))))


class Run:
    """The state of one training, saved and resumed as a whole. The schedule follows the time."""

    def __init__(
        self, backbone: str, minutes: float, peak: float, device: str, init: Path | None
    ) -> None:
        self.backbone = backbone
        self.budget = minutes * 60
        self.peak = peak
        self.device = device
        self.spent = 0.0
        self.steps = 0
        self.network = backbones.build(backbone, len(CATEGORIES) + 1)
        if init:
            print(f"{backbones.init(self.network, init)} tensors from {init}")
        self.network.to(device, memory_format=torch.channels_last)  # a third faster on CPUs
        backbones.freeze(self.network, self.backbone)
        self.trained = {n: p for n, p in self.network.named_parameters() if p.requires_grad}
        self.average = {n: p.detach().clone() for n, p in self.trained.items()}
        body = [p for n, p in self.trained.items() if n.startswith("backbone.body.")]
        rest = [p for n, p in self.trained.items() if not n.startswith("backbone.body.")]
        self.optimiser = torch.optim.AdamW(
            [{"params": body, "scale": BODY_RATE}, {"params": rest, "scale": 1.0}],
            lr=peak,
            weight_decay=0.01,
            fused=True,
        )
        self.bf16 = has_fast_bf16(device)

    @property
    def progress(self) -> float:
        """Share of the time budget that is spent, in [0, 1]."""
        return min(1.0, self.spent / self.budget)

    def step(self, batch: Sequence[Sample]) -> dict[str, float]:
        """One optimiser step; returns the parts of the loss."""
        self.network.train()
        backbones.freeze(self.network, self.backbone)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.progress, self.peak) * group["scale"]
        images = [image.to(self.device) for image, _, _ in batch]
        wanted = [
            {key: value.to(self.device) for key, value in target.items()} for _, target, _ in batch
        ]
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16):
            parts: dict[str, Tensor] = self.network(images, wanted)
        loss = torch.stack([part.float() for part in parts.values()]).sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            names = ", ".join(name for _, _, name in batch)
            raise NonFiniteLoss(f"loss {value} at step {self.steps} on: {names}")
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(list(self.trained.values()), 5.0)
        self.optimiser.step()
        self.steps += 1
        if self.steps % AVERAGE_EVERY == 0:
            decay = min(0.998, self.steps / (self.steps + 20)) ** AVERAGE_EVERY
            with torch.no_grad():
                torch._foreach_lerp_(
                    list(self.average.values()), list(self.trained.values()), 1 - decay
                )
        return {key: float(part.detach()) for key, part in parts.items()}

    def averaged(self) -> MaskRCNN:
        """A network with the moving average of the weights: the one that is exported."""
        network = backbones.build(self.backbone, len(CATEGORIES) + 1)
        network.load_state_dict({**self.network.state_dict(), **self.average})
        return network.eval()

    def save(self, file: Path) -> None:
        """Write a checkpoint; never leaves half a file."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "spent": self.spent,
            "steps": self.steps,
        }
        torch.save(state, file.with_suffix(".tmp"))
        file.with_suffix(".tmp").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from a checkpoint; the data may have changed, the budget too."""
        state = torch.load(file, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.spent, self.steps = float(state["spent"]), int(state["steps"])


def hold_out(entries: Sequence[Entry], share: float) -> tuple[list[Entry], list[Entry]]:
    """Split into training and validation by a hash of the name: stable when photos are added."""
    cut = int(share * 2**32)
    parts: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        digest = hashlib.sha256(entry.photo.stem.encode()).digest()
        parts[int.from_bytes(digest[:4], "big") < cut].append(entry)
    return parts


def draws(weights: NDArray[np.float64], batch: int, rng: random.Random) -> Iterator[list[Draw]]:
    """Endless batches of draws in proportion to the weights."""
    cumulative = np.cumsum(weights).tolist()
    while True:
        chosen = rng.choices(range(len(cumulative)), cum_weights=cumulative, k=batch)
        yield [Draw(index, rng.getrandbits(32)) for index in chosen]


def train(run: Run, loader: DataLoader[Sample], out: Path, save_every: float) -> None:
    """Train until the time budget is spent, with a checkpoint every `save_every` seconds."""
    unusable: set[str] = set()
    bar = tqdm(
        total=round(run.budget), initial=round(run.spent), unit="s", desc="train", mininterval=5
    )
    smooth: dict[str, float] = {}
    last_save, before = run.spent, time.monotonic()
    for batch in loader:
        unusable.update(name for _, target, name in batch if not len(target["labels"]))
        usable = [sample for sample in batch if len(sample[1]["labels"])]
        if usable:
            for key, value in run.step(usable).items():
                smooth[key] = 0.98 * smooth.get(key, value) + 0.02 * value
        now = time.monotonic()
        run.spent, before = run.spent + now - before, now
        shown = {key.removeprefix("loss_"): f"{value:.3f}" for key, value in smooth.items()}
        bar.set_postfix({"steps": run.steps, **shown}, refresh=False)
        bar.update(round(run.spent) - bar.n)
        if run.spent - last_save > save_every or run.spent >= run.budget:
            run.save(out / CHECKPOINT)
            last_save = run.spent
        if run.spent >= run.budget:
            break
    bar.close()
    for name in sorted(unusable):
        print(f"skipped: {name}")


def same(batch: list[Sample]) -> list[Sample]:
    """torchvision's detectors take lists, since photos differ in size."""
    return batch


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m segmenter.train",
        description="Train the garment segmenter and write model.safetensors and model.json.",
        epilog="example: python -m segmenter.train --data ../shared/data/segmentation/train:1 "
        "--data lookbook:1 --init mobilenet_v2.pt --out models/segmenter --minutes 60",
    )
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        metavar="DIR[:WEIGHT]",
        help="folder in the DeepFashion2 layout and its share of the draws; repeatable",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the weights")
    parser.add_argument("--work", type=Path, help="folder of the checkpoint (default: --out)")
    parser.add_argument("--backbone", choices=backbones.BACKBONES, default="efficientnet_lite1")
    parser.add_argument(
        "--init", type=Path, help="ImageNet state dict of MobileNetV2 in torchvision's order"
    )
    parser.add_argument("--minutes", type=float, default=60, help="time budget (default 60)")
    parser.add_argument(
        "--side", type=int, default=384, help="longer side of the input (default 384)"
    )
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--lr", type=float, default=6e-4, help="peak learning rate of AdamW")
    parser.add_argument(
        "--held-out", type=float, default=0.08, help="share kept for choosing the threshold"
    )
    parser.add_argument("--generation", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument(
        "--export-only", action="store_true", help="write the weights of the checkpoint as it is"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes that read photos")
    parser.add_argument("--threads", type=int, default=0, help="torch threads (default: torch's)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    args = parse(arguments)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    work: Path = args.work or args.out
    work.mkdir(parents=True, exist_ok=True)
    training: list[Entry] = []
    held_out: list[Entry] = []
    shares: list[NDArray[np.float64]] = []
    for entry in args.data:
        folder, _, share = entry.partition(":")
        entries, problems = scan(Path(folder))
        print("\n".join([*problems, f"{folder}: {len(entries)} photos, {len(problems)} problems"]))
        kept, validation = hold_out(entries, args.held_out)
        factors = repeat_factors(kept)
        shares.append(factors / factors.sum() * (float(share) if share else len(kept)))
        training += kept
        held_out += validation
    print(f"{len(training)} photos for training, {len(held_out)} held out")
    run = Run(args.backbone, args.minutes, args.lr, args.device, args.init)
    if (args.resume or args.export_only) and (work / CHECKPOINT).exists():
        run.resume(work / CHECKPOINT)
        print(
            f"resumed at step {run.steps}, {run.spent / 60:.1f} of {args.minutes:g} minutes spent"
        )
    if not args.export_only:
        loader = DataLoader(
            TrainingPhotos(training, args.side),
            batch_sampler=draws(
                np.concatenate(shares), args.batch, random.Random(args.seed + run.steps)
            ),
            num_workers=args.workers,
            collate_fn=same,
        )
        train(run, loader, work, save_every=120)
    export(run, held_out, args.out, args.generation, args.side)


def export(run: Run, held_out: Sequence[Entry], out: Path, generation: int, side: int) -> None:
    """Write the averaged weights with the score threshold that the held-out photos choose."""
    network = run.averaged()
    info = model.save(
        out, network, backbone=run.backbone, generation=generation, side=side, threshold=0.5
    )
    if not held_out:
        print("no photo held out: the score threshold stays at 0.5")
        return
    scored = predict_all(TorchvisionEngine.load(out, run.device, doubtful=DOUBTFUL), held_out)
    threshold, figures = best_threshold(scored, info.most_shared)
    info = model.save(
        out, network, backbone=run.backbone, generation=generation, side=side, threshold=threshold
    )
    print(json.dumps({**asdict(info), **figures}, indent=2))


if __name__ == "__main__":
    main()
