"""Evaluate the classifier: `python -m classifier.evaluate --weights DIR --csv FILE`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classifier.dataset import BadTable, Example, read_csv, read_photo
from classifier.engine import Engine
from classifier.metrics import Floats, figures
from modelkit.weights import BadWeights


def probabilities(engine: Engine, examples: Sequence[Example]) -> Floats:
    """Probability of fashion for each photo, as served; raises OSError on an unreadable photo."""
    shown = tqdm(examples, desc="predict", leave=False)
    return np.array([engine.predict([read_photo(example.path)])[0] for example in shown])


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        prog="python -m classifier.evaluate",
        description="Figures of the fashion classifier at its serving threshold.",
        epilog="example: python -m classifier.evaluate --weights models/classifier "
        "--csv ../shared/data/binary/val.csv",
    )
    parser.add_argument(
        "--weights", type=Path, required=True, help="folder with model.safetensors and model.json"
    )
    parser.add_argument(
        "--csv", required=True, metavar="FILE[:ROOT]", help="labels as for classifier.train"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout, nothing else"
    )
    args = parser.parse_args(arguments)
    table, _, root = args.csv.partition(":")
    try:
        examples, problems = read_csv(Path(table), Path(root) if root else None)
        engine = Engine.load(args.weights, args.device)
    except (BadTable, BadWeights, OSError) as error:
        raise SystemExit(f"error: {error}") from error
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    labels = np.array([example.label for example in examples])
    if not 0 < labels.sum() < len(labels):
        raise SystemExit(f"error: {table} needs photos of both labels, 1 (fashion) and 0 (not)")
    result = asdict(figures(labels, probabilities(engine, examples), engine.threshold))
    if args.json:
        print(json.dumps({"threshold": engine.threshold, **result}, indent=2))
        return
    for name, value in result.items():
        print(f"{name:18} {value:.4f}" if isinstance(value, float) else f"{name:18} {value}")


if __name__ == "__main__":
    main()
