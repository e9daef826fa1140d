"""Evaluate the classifier: `python -m classifier.evaluate --weights DIR --csv FILE`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data.dataset import BadTable, Example, read_csv, read_sources
from classifier.evaluation.metrics import figures, intervals, share_right
from classifier.evaluation.predictions import Predictions, predict
from classifier.nets.engine import Engine
from classifier.training.leave_one_out import leave_one_source_out
from modelkit import imagenet_features
from modelkit.weights import BadWeights


def evaluate(said: Predictions) -> dict[str, Any]:
    """Figures at the serving threshold with their 95% intervals, for all and for each source.

    Of a source, `recall` is the share of its photos that are judged right: they have one label.
    Raises BadTable without photos of both labels.
    """
    labels, probabilities, right = said.labels, said.probabilities, said.right
    if not 0 < labels.sum() < len(labels):
        raise BadTable("an evaluation needs photos of both labels, 1 (fashion) and 0 (not)")
    sources = np.array([example.source for example in said.examples])
    per_source = {}
    for source in sorted(set(sources) - {""}):
        own = sources == source
        share, interval = share_right(right[own])
        per_source[source] = {
            "recall": share,
            "interval": interval,
            "support": int(own.sum()),
            "positives": int(labels[own].sum()),
        }
    return {
        "threshold": said.threshold,
        **asdict(figures(labels, probabilities, said.threshold)),
        "intervals": intervals(labels, probabilities, said.threshold),
        "per_source": per_source,
    }


def read(entry: str, sources: Path | None) -> list[Example]:
    """Photos of `FILE[:ROOT]`; rows that can't be used are named on stderr. Raises BadTable.

    Without a table of sources, one beside FILE is taken: val_sources.csv for val.csv.
    """
    name, _, root = entry.partition(":")
    table = Path(name)
    beside = table.with_name(f"{table.stem}_sources.csv")
    if sources is None and beside.exists():
        sources = beside
    examples, problems = read_csv(
        table,
        Path(root) if root else None,
        sources=read_sources(sources) if sources else None,
    )
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    return examples


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m classifier.evaluate",
        description="Figures of the fashion classifier at its serving threshold: with 95% "
        "bootstrap intervals by photo; the calibration error over 15 bins of equal width.",
        epilog="example: python -m classifier.evaluate --weights models/classifier "
        "--csv ../shared/data/binary/val.csv "
        "--pictures .run/classifier --predictions .run/predictions/classifier.csv",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        required=True,
        help="folder with model.safetensors and model.json, or the notebooks' .pt or .pth",
    )
    parser.add_argument(
        "--csv", required=True, metavar="FILE[:ROOT]", help="labels as for classifier.train"
    )
    parser.add_argument(
        "--sources",
        type=Path,
        metavar="FILE",
        help="CSV with image,source, for figures of each source (default: labels_sources.csv "
        "beside labels.csv, if it is there)",
    )
    parser.add_argument(
        "--leave-one-source-out",
        metavar="FILE[:ROOT]",
        help="also fit a linear probe on frozen ImageNet features of these training photos without "
        "each source in turn, and judge that source (minutes; needs the sources of both tables)",
    )
    parser.add_argument(
        "--features",
        choices=imagenet_features.SIZES,
        default="efficientnet_lite0",
        help="network of that probe",
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="write image,label,probability,fashion,source to this CSV",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="write ROC, precision-recall, reliability and the worst mistakes to this folder",
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout, nothing else"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    args = parse(arguments)
    try:
        examples = read(args.csv, args.sources)
        said = predict(Engine.load(args.weights, args.device), examples)
        result = evaluate(said)
        if args.leave_one_source_out:
            training = read(args.leave_one_source_out, None)
            network = imagenet_features.load(args.features)
            result["leave_one_source_out"] = leave_one_source_out(network, training, said.examples)
    except (BadTable, BadWeights, LookupError) as error:
        raise SystemExit(f"error: {error}") from error
    if args.predictions:
        said.write(args.predictions)
    if args.pictures:
        from classifier.evaluation import pictures

        pictures.write(args.pictures, said)
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


def show(result: dict[str, Any]) -> None:
    """Print the figures for a person."""
    print(f"{result['support']} photos, {result['positives']} fashion; "
          f"threshold {result['threshold']:.3f}")  # fmt: skip
    for name, (low, high) in result["intervals"].items():
        print(f"{name:18} {result[name]:.4f}  [{low:.4f}, {high:.4f}]")
    for title, rows in (
        ("recall by source", result["per_source"]),
        ("by a probe that never saw the source", result.get("leave_one_source_out", {})),
    ):
        if rows:
            print(f"{title}:")
        for source, row in rows.items():
            low, high = row["interval"]
            print(f"  {source:34} {row['recall']:.3f}  [{low:.3f}, {high:.3f}]  "
                  f"of {row['support']}")  # fmt: skip


if __name__ == "__main__":
    main()
