"""Train the segmenter: `python -m segmenter.train --data DIR ... --out DIR --minutes M`."""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import count
from math import ceil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader
from tqdm import tqdm

from modelkit.distributed import Process, process
from modelkit.held_out import is_held_out
from modelkit.pretrained import packaged
from modelkit.schedule import SCHEDULES, Budget
from segmenter.data.dataset import (
    BadData,
    Draw,
    Entry,
    Sample,
    TrainingPhotos,
    repeat_factors,
    scan,
)
from segmenter.engines.torchvision_engine import NONE, TorchvisionEngine
from segmenter.evaluate import DOUBTFUL, best_threshold, predict_all
from segmenter.evaluation import coco
from segmenter.nets import backbones, model
from segmenter.training.run import Run

CHECKPOINT = "checkpoint.pt"
CURVE = "curve.jsonl"
SAVE_EVERY = 120  # seconds


def hold_out(entries: Sequence[Entry], share: float) -> tuple[list[Entry], list[Entry]]:
    """Split into training and validation by a hash of the name: stable when photos are added."""
    parts: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        parts[is_held_out(entry.photo.stem, share)].append(entry)
    return parts


def draws(weights: NDArray[np.float64], batch: int, seed: str, first: int) -> Iterator[list[Draw]]:
    """Endless batches in proportion to the weights, from step `first` on.

    Each follows from the seed and its step, so that a resumed training draws the same.
    """
    cumulative = np.cumsum(weights).tolist()
    for step in count(first):
        rng = random.Random(f"{seed} {step}")
        chosen = rng.choices(range(len(cumulative)), cum_weights=cumulative, k=batch)
        yield [Draw(index, rng.getrandbits(32)) for index in chosen]


def train(
    run: Run,
    loader: DataLoader[Sample],
    held_out: Sequence[Entry],
    work: Path,
    side: int,
    evaluate_every: float,
) -> None:
    """Train until the budget is spent, with a checkpoint every two minutes.

    Every `evaluate_every` minutes, unless 0, the AP on the held-out photos goes to `curve.jsonl`.
    """
    budget, alone = run.budget, run.process.first
    unusable: set[str] = set()
    bar = tqdm(total=1000, desc="train", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}",
               mininterval=5, disable=not alone)  # fmt: skip
    smooth: dict[str, float] = {}
    last: list[Sample] = []
    saved = evaluated = budget.seconds
    before = time.monotonic()
    for batch in loader:
        unusable.update(name for _, target, name in batch if not len(target["labels"]))
        usable = [sample for sample in batch if len(sample[1]["labels"])]
        if run.process.world > 1:
            # Every process takes part in every step: without a photo of its own, by the last batch.
            usable = last = usable or last
            if not usable:
                raise BadData("no usable photo to begin with: " + "; ".join(sorted(unusable)))
        if usable:
            for key, value in run.step(usable).items():
                smooth[key] = 0.98 * smooth.get(key, value) + 0.02 * value
        now = time.monotonic()
        budget.seconds = run.process.agreed(budget.seconds + now - before)
        before = now
        losses = {key.removeprefix("loss_"): f"{value:.3f}" for key, value in smooth.items()}
        bar.set_postfix({"steps": budget.steps, **losses}, refresh=False)
        bar.update(round(budget.progress * 1000) - bar.n)
        done = budget.progress >= 1
        if alone and (done or budget.seconds - saved > SAVE_EVERY):
            run.save(work / CHECKPOINT)
            saved = budget.seconds
        if alone and evaluate_every and budget.seconds - evaluated > evaluate_every * 60:
            _evaluate(run, held_out, work, side)
            evaluated, before = budget.seconds, time.monotonic()
        if done:
            break
    bar.close()
    for name in sorted(unusable):
        print(f"skipped: {name}")


def _evaluate(run: Run, held_out: Sequence[Entry], work: Path, side: int) -> None:
    info = model.ModelInfo.of(run.backbone, generation=0, side=side, threshold=0.5)
    engine = TorchvisionEngine(run.averaged(), info, run.process.device, DOUBTFUL, NONE)
    figures = coco.figures(predict_all(engine, held_out), least_support=1)
    row = {
        "minutes": round(run.budget.seconds / 60, 1),
        "steps": run.budget.steps,
        **{name: figures[name] for name in ("photos", "mask_ap", "mask_ap50", "box_ap50")},
    }
    with (work / CURVE).open("a") as file:
        file.write(json.dumps(row) + "\n")


def same(batch: list[Sample]) -> list[Sample]:
    """torchvision's detectors take lists, since photos differ in size."""
    return batch


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m segmenter.train",
        description="Train the garment segmenter and write model.safetensors and model.json.",
        epilog="examples: python -m segmenter.train --data ../shared/data/segmentation/train:2 "
        "--data lookbook:1 --init packaged --out models/segmenter --minutes 60; on 4 GPUs: "
        "torchrun --nproc-per-node 4 -m segmenter.train --data deepfashion2/train --backbone "
        "resnet50_v2 --init coco.pth --side 800 --batch 4 --epochs 12 --out weights",
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
        "--init",
        metavar="packaged|download|FILE",
        help="weights to start from: ImageNet's of an installed package, torchvision's own over "
        "the internet (COCO for resnet50 and resnet50_v2, else ImageNet), or a state dict",
    )
    parser.add_argument("--minutes", type=float, help="time budget (default 60)")
    parser.add_argument("--epochs", type=float, help="passes over the photos, instead of minutes")
    parser.add_argument("--schedule", choices=SCHEDULES, default="cosine", help="after a warm-up")
    parser.add_argument(
        "--side", type=int, default=384, help="longer side of the input (default 384)"
    )
    parser.add_argument("--batch", type=int, default=2, help="photos a step and process")
    parser.add_argument("--lr", type=float, default=6e-4, help="peak learning rate of AdamW")
    parser.add_argument(
        "--held-out", type=float, default=0.08, help="share kept for choosing the threshold"
    )
    parser.add_argument(
        "--evaluate-every",
        type=float,
        default=0,
        metavar="MINUTES",
        help=f"append the AP on held-out photos to {CURVE}",
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
    args = parser.parse_args(arguments)
    if args.minutes and args.epochs:
        parser.error("--minutes or --epochs, not both")
    return args


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    args = parse(arguments)
    if args.threads:
        torch.set_num_threads(args.threads)
    with process(args.device) as this:
        try:
            _main(args, this)
        except (BadData, backbones.BadInit) as error:
            raise SystemExit(f"error: {error}") from error


def _main(args: argparse.Namespace, this: Process) -> None:
    work: Path = args.work or args.out
    work.mkdir(parents=True, exist_ok=True)
    training: list[Entry] = []
    held_out: list[Entry] = []
    shares: list[NDArray[np.float64]] = []
    for entry in args.data:
        folder, _, share = entry.partition(":")
        entries, problems = scan(Path(folder))
        if this.first:
            print(
                "\n".join([*problems, f"{folder}: {len(entries)} photos, {len(problems)} problems"])
            )
        kept, validation = hold_out(entries, args.held_out)
        factors = repeat_factors(kept)
        shares.append(factors / factors.sum() * (float(share) if share else len(kept)))
        training += kept
        held_out += validation
    budget = Budget(minutes=None if args.epochs else args.minutes or 60)
    if args.epochs:
        budget.most_steps = ceil(args.epochs * len(training) / (args.batch * this.world))
    schedule = SCHEDULES[args.schedule]
    run = Run(
        args.backbone,
        budget,
        lambda progress: args.lr * schedule(progress),
        this,
        init=_init(args.init, args.backbone),
        seed=args.seed,
    )
    if this.first:
        print(f"{len(training)} photos for training, {len(held_out)} held out")
    if (args.resume or args.export_only) and (work / CHECKPOINT).exists():
        run.resume(work / CHECKPOINT)
        if this.first:
            print(f"resumed at step {budget.steps}, {budget.seconds / 60:.1f} minutes spent")
    if not args.export_only:
        loader = DataLoader(
            TrainingPhotos(training, args.side),
            batch_sampler=draws(
                np.concatenate(shares), args.batch, f"{args.seed} {this.rank}", budget.steps
            ),
            num_workers=args.workers,
            collate_fn=same,
        )
        train(run, loader, held_out, work, args.side, args.evaluate_every)
    if this.first:
        export(run, held_out, args.out, args.generation, args.side)


def _init(wanted: str | None, backbone: str) -> Path | None:
    if wanted == "packaged":
        return packaged(backbone)
    if wanted == "download":
        return backbones.download(backbone)
    return Path(wanted) if wanted else None


def export(run: Run, held_out: Sequence[Entry], out: Path, generation: int, side: int) -> None:
    """Write the averaged weights with the score threshold that the held-out photos choose."""
    info = model.ModelInfo.of(run.backbone, generation=generation, side=side, threshold=0.5)
    if held_out:
        engine = TorchvisionEngine(run.averaged(), info, run.process.device, DOUBTFUL)
        threshold, figures = best_threshold(predict_all(engine, held_out), info.most_shared)
        info = model.ModelInfo.of(
            run.backbone, generation=generation, side=side, threshold=threshold
        )
    else:
        figures = {}
        print("no photo held out: the score threshold stays at 0.5")
    info = model.save(out, run.averaged(), info)
    print(json.dumps({**asdict(info), **figures}, indent=2))


if __name__ == "__main__":
    main()
