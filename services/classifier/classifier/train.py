"""Train the classifier: `python -m classifier.train --csv FILE ... --out DIR --minutes M`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torchvision.models import ResNet

from classifier.data.dataset import BadTable, Example, read_csv, read_sources
from classifier.data.splits import folds, hold_out, leave_out
from classifier.evaluation.metrics import figures
from classifier.evaluation.predictions import predict
from classifier.nets import model
from classifier.nets.engine import Engine
from classifier.training import probe
from classifier.training.distillation import Teacher
from classifier.training.export import export
from classifier.training.run import Run
from classifier.training.training import CHECKPOINT, Plan, train
from modelkit import imagenet_features
from modelkit.distributed import Process, process
from modelkit.schedule import Budget, cosine
from modelkit.weights import BadWeights

FOLDS = "folds.json"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m classifier.train",
        description="Train the fashion classifier and write model.safetensors and model.json.",
        epilog="examples: python -m classifier.train --csv ../shared/data/binary/train.csv "
        "--csv lookbook/labels.csv::0.5 --teacher efficientnet_lite0 --out weights --minutes 60; "
        "5 folds by author: python -m classifier.train --csv isImage.csv:photos --group author "
        "--folds 5 --out folds; on 4 GPUs: torchrun --nproc-per-node 4 -m classifier.train "
        "--csv labels.csv --batch 64 --epochs 30 --out weights",
    )
    data = parser.add_argument_group("photos")
    data.add_argument(
        "--csv",
        action="append",
        required=True,
        metavar="FILE[:ROOT[:SHARE]]",
        help="labels, as image,label or image_name,isImage; names are relative to ROOT or to the "
        "file's folder; SHARE: how often a photo is drawn (default 1); repeatable",
    )
    data.add_argument(
        "--group",
        choices=("post", "author"),
        default="post",
        help="what <author>_<post>_<n>.jpg keeps together in a split (default post)",
    )
    data.add_argument(
        "--held-out", type=float, default=0.1, help="share kept for threshold and temperature"
    )
    data.add_argument("--folds", type=int, metavar="K", help="cross-validate; writes no weights")
    data.add_argument("--sources", type=Path, metavar="FILE", help="CSV with image,source")
    data.add_argument(
        "--leave-out", metavar="SOURCE", help="don't train on this source, but judge it at the end"
    )
    how = parser.add_argument_group("training")
    how.add_argument(
        "--arch",
        choices=model.ARCHITECTURES,
        default=model.RESNET18,
        help="resnet18 (default), or a linear probe on ImageNet features, fitted at once: it "
        "needs little data and no time budget",
    )
    how.add_argument("--init", type=Path, metavar="DIR", help="weights to start from")
    how.add_argument(
        "--teacher",
        choices=imagenet_features.SIZES,
        help="learn the answers and the features of a linear probe on this ImageNet network",
    )
    how.add_argument("--minutes", type=float, help="time budget (default 60)")
    how.add_argument("--epochs", type=float, help="passes over the photos, instead of minutes")
    how.add_argument("--side", type=int, default=160, help="input side at serving (default 160)")
    how.add_argument("--batch", type=int, default=32, help="photos a step and process")
    how.add_argument("--lr", type=float, default=1e-3, help="peak learning rate of AdamW")
    how.add_argument(
        "--evaluate-every", type=float, default=2, metavar="MINUTES", help="look at held-out photos"
    )
    how.add_argument(
        "--patience",
        type=int,
        default=10,
        help="looks without a lower loss that end the training (default 10); 0: never",
    )
    how.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    how.add_argument("--workers", type=int, default=1, help="processes that read photos")
    how.add_argument("--threads", type=int, default=0, help="torch threads (default: torch's)")
    how.add_argument("--seed", type=int, default=0)
    files = parser.add_argument_group("files")
    files.add_argument("--out", type=Path, required=True, help="folder of the weights")
    files.add_argument("--work", type=Path, help="folder of the checkpoint (default: --out)")
    files.add_argument("--generation", type=int, default=1)
    files.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    files.add_argument(
        "--export-only", action="store_true", help="write the weights of the checkpoint as it is"
    )
    args = parser.parse_args(arguments)
    if args.minutes and args.epochs:
        parser.error("--minutes or --epochs, not both")
    if args.leave_out and not args.sources:
        parser.error("--leave-out needs --sources")
    if args.arch != model.RESNET18 and (args.teacher or args.init or args.resume):
        parser.error(f"--teacher, --init and --resume are for --arch {model.RESNET18}")
    if args.folds and (args.leave_out or args.resume or args.export_only):
        parser.error("--folds goes with neither --leave-out, --resume nor --export-only")
    return args


def read(args: argparse.Namespace, *, quiet: bool) -> list[Example]:
    """The photos of all tables; every skipped row is named. Raises BadTable."""
    sources = read_sources(args.sources) if args.sources else None
    examples: list[Example] = []
    for entry in args.csv:
        table, root, share = [*entry.split(":"), "", ""][:3]
        found, problems = read_csv(
            Path(table),
            Path(root) if root else None,
            sources=sources,
            by_author=args.group == "author",
            share=float(share or 1),
        )
        if not quiet:
            for problem in problems:
                print(f"skipped: {problem}", file=sys.stderr)
            print(f"{table}: {len(found)} photos, {len(problems)} rows skipped")
        examples += found
    return examples


def trained(
    args: argparse.Namespace,
    this: Process,
    training: Sequence[Example],
    held_out: Sequence[Example],
    work: Path,
) -> nn.Module:
    """A network that has seen the training photos, and has been chosen by those held out."""
    if args.arch != model.RESNET18:
        features = imagenet_features.load(args.arch)
        fitted = probe.train(features, training, args.side, args.seed)
        return probe.network(features, fitted)
    work.mkdir(parents=True, exist_ok=True)
    budget = Budget(minutes=None if args.epochs else args.minutes or 60)
    if args.epochs:
        budget.most_steps = ceil(args.epochs * len(training) / (args.batch * this.world))
    teacher = None
    if args.teacher and not args.export_only:
        features = imagenet_features.load(args.teacher)
        teacher = Teacher(features, probe.train(features, training, args.side, args.seed))
    torch.manual_seed(args.seed)  # of a network that starts from nothing
    run = Run(
        initial(args.init),
        budget,
        lambda progress: args.lr * cosine(progress),
        this,
        teacher=teacher,
        seed=args.seed,
    )
    if (args.resume or args.export_only) and (work / CHECKPOINT).exists():
        run.resume(work / CHECKPOINT)
        if this.first:
            print(f"resumed at step {budget.steps}, {budget.seconds / 60:.1f} minutes spent")
    if not args.export_only:
        plan = Plan(
            args.side, args.batch, args.workers, args.seed, args.evaluate_every, args.patience
        )
        train(run, training, held_out, plan, work)
    result: nn.Module = run.result()
    return result


def initial(folder: Path | None) -> ResNet:
    """ResNet18 with the weights of a folder, or random ones; raises BadWeights."""
    if folder is None:
        return model.build_resnet18()
    network, info = model.load(folder)
    if not isinstance(network, ResNet):
        raise BadWeights(f"{folder} holds {info.arch}: a ResNet18 can't start from it")
    return network


def cross_validate(
    args: argparse.Namespace, this: Process, examples: Sequence[Example]
) -> dict[str, Any]:
    """Figures of each fold, and their mean and standard deviation.

    At a probability of 0.5 and of the last weights: nothing is chosen by the photos that judge.
    """
    info = model.ModelInfo(args.arch, args.generation, args.side, threshold=0.5)
    rows = []
    for number, (training, held_out) in enumerate(folds(examples, args.folds, args.seed), start=1):
        network = trained(args, this, training, [], args.out / f"fold-{number}")
        said = predict(Engine(network, info, this.device), held_out)
        rows.append(asdict(figures(said.labels, said.probabilities, said.threshold)))
        if this.first:
            print(f"fold {number}: {json.dumps(rows[-1])}")
    names = [name for name in rows[0] if name not in ("support", "positives")]
    values = np.array([[row[name] for name in names] for row in rows])
    return {
        "folds": rows,
        "mean": dict(zip(names, values.mean(0).tolist(), strict=True)),
        "std": dict(zip(names, values.std(0, ddof=1).tolist(), strict=True)),
    }


def fit(args: argparse.Namespace, this: Process, examples: Sequence[Example]) -> dict[str, Any]:
    """Train once and export; returns what was written, and how it judges a source left out."""
    unseen: list[Example] = []
    if args.leave_out:
        examples, unseen = leave_out(examples, args.leave_out)
    training, held_out = hold_out(examples, args.held_out)
    if this.first:
        print(f"{len(training)} photos for training, {len(held_out)} held out")
    network = trained(args, this, training, held_out, args.work or args.out)
    if not this.first:
        return {}
    info = model.ModelInfo(args.arch, args.generation, args.side, threshold=0.5)
    result = export(network, info, held_out, args.out, this.device)
    if unseen:
        right = predict(Engine.load(args.out, this.device), unseen).right
        result["left_out"] = {
            "source": args.leave_out,
            "recall": float(right.mean()),
            "support": len(right),
        }
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    args = parse(arguments)
    if args.threads:
        torch.set_num_threads(args.threads)
    with process(args.device) as this:
        try:
            examples = read(args, quiet=not this.first)
            result = (cross_validate if args.folds else fit)(args, this, examples)
        except (BadTable, BadWeights, LookupError) as error:
            raise SystemExit(f"error: {error}") from error
        if this.first:
            if args.folds:
                (args.out / FOLDS).write_text(json.dumps(result, indent=2) + "\n")
            print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
