"""How good the shipped networks are on photographs of every kind, against what they have to reach.

Runs the evaluation of both on the `val` parts of a data folder (its layout is that of `../shared/data`): the classifier on
`binary/` and `negatives/`, the segmenter on street photos (`segmentation/`), on garments that lie flat or hang (`flat/`) and on photos
without clothes (`negatives/`). What the folder lacks of the last two is left out. Writes .run/eval.json with one block for each
kind, the raw predictions to .run/predictions and pictures to .run/eval.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from fashion.words import CATEGORIES
from snsfashion.fashion.v1 import fashion_pb2

RUN = Path(".run")
MODELS = Path(__file__).parent
# Mask AP50 on the street of generation 2; no category may be worse.
STREET_BEFORE = {
    CATEGORIES[number].name: floor
    for number, floor in (
        (fashion_pb2.CATEGORY_SHORT_SLEEVE_TOP, 0.77),
        (fashion_pb2.CATEGORY_LONG_SLEEVE_TOP, 0.68),
        (fashion_pb2.CATEGORY_LONG_SLEEVE_OUTWEAR, 0.86),
        (fashion_pb2.CATEGORY_TROUSERS, 0.94),
        (fashion_pb2.CATEGORY_SKIRT, 0.84),
    )
}
# Sources of photos that are not about fashion in which people wear clothes all the same.
CLOTHED = ("coco2017",)
# Figures of which less is better.
_LESS = ("ece", "share")


@click.command(
    help=f"{__doc__}\nDATA is a folder with binary/val.csv and segmentation/val.",
    epilog="\b\nExample:\n  python models/evaluate.py ../shared/data",
    context_settings={"max_content_width": 120},
)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(data: Path, as_json: bool) -> None:
    """Evaluate, write and print."""
    binary, street = data / "binary", data / "segmentation" / "val"
    for needed in (binary / "val.csv", street / "annos", street / "image"):
        if not needed.exists():
            raise click.ClickException(
                f"{needed} does not exist: DATA= names a folder with binary/val.csv "
                "(image,label) and segmentation/val in the DeepFashion2 layout (image/, annos/)"
            )
    RUN.mkdir(exist_ok=True)
    result = {"classifier": _run("classifier", "classifier", *classifier_arguments(data))}
    result["segmenter"] = {
        kind: _run("segmenter", f"segmenter-{kind}", *arguments)
        for kind, arguments in segmenter_arguments(data).items()
    }
    (RUN / "eval.json").write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table("figure", "measured", "asked", "holds")
    for name, value, asked in bars(result):
        less = name.endswith(_LESS)
        holds = value is not None and (value <= asked if less else value >= asked)
        shown = "too few" if value is None else f"{value:.3f}"
        sign = "<=" if less else ">="
        table.add_row(name, shown, f"{sign} {asked:g}", "yes" if holds else "[bold]NO")
    console = Console()
    console.print(table)
    console.print(
        f"All figures: {RUN}/eval.json; predictions: {RUN}/predictions; pictures: {RUN}/eval"
    )


def classifier_arguments(data: Path) -> list[str]:
    """Return arguments for what the folder has: negatives, sources and training photos are optional."""
    folders = [data / "binary", data / "negatives"]
    found = ["--predictions", f"{RUN}/predictions/classifier.csv"]
    for folder in folders:
        if (folder / "val.csv").exists():
            found += ["--csv", f"{folder}/val.csv"]
        if (folder / "train.csv").exists() and (folder / "train_sources.csv").exists():
            found += ["--leave-one-source-out", f"{folder}/train.csv"]
    return found


def segmenter_arguments(data: Path) -> dict[str, list[str]]:
    """Return arguments by kind of photo."""
    found = {"street": ["--data", f"{data}/segmentation/val"]}
    if (data / "flat" / "val").exists():
        # Seven of a category: three of the four that are left out have fewer than five.
        found["flat"] = ["--data", f"{data}/flat/val", "--least-support", "7"]
    negatives = data / "negatives" / "val_sources.csv"
    if negatives.exists():
        left_out = [word for source in CLOTHED for word in ("--except-source", source)]
        found["negatives"] = ["--negatives", str(negatives), *left_out]
    return found


def _run(service: str, name: str, *arguments: str) -> dict[str, Any]:
    """Run a service's evaluation in a process of its own; what it skips shows on the terminal."""
    command = [sys.executable, "-m", f"{service}.evaluate", "--weights", str(MODELS / service),
               "--pictures", f"{RUN}/eval/{name}", "--json", *arguments]  # fmt: skip
    print(f"== {name}", file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def bars(result: dict[str, Any]) -> list[tuple[str, float | None, float]]:
    """Return name, measured figure and the least (of what ends in _LESS: the most) that is asked."""
    classifier, segmenter = result["classifier"], result["segmenter"]
    rows: list[tuple[str, float | None, float]] = [
        ("classifier balanced accuracy", classifier["balanced_accuracy"], 0.97),
        ("classifier ece", classifier["ece"], 0.05),
    ]
    rows += [
        (f"classifier right, {name} ({row['support']})", row["recall"], 0.95)
        for name, row in classifier.get("per_source", {}).items()
        if row["support"] >= 30
    ]
    street = segmenter["street"]
    rows += [
        ("street mask AP", street["mask_ap"], 0.57),
        ("street mask AP50", street["mask_ap50"], 0.83),
    ]
    rows += [
        (f"street mask AP50, {name} ({row['support']})", row["mask_ap50"], STREET_BEFORE[name])
        for name, row in street["per_category"].items()
        if name in STREET_BEFORE
    ]
    if flat := segmenter.get("flat"):
        rows += [
            ("flat mask AP50", flat["mask_ap50"], 0.88),
            ("flat category right, as served", flat["serving"]["item_recall"], 0.85),
            ("flat called a dress and none, share", flat["called_dress"]["share"], 0.05),
        ]
    if negatives := segmenter.get("negatives"):
        rows.append(("a garment in photos without clothes, share", negatives["with_garment"], 0.03))
    return rows


if __name__ == "__main__":
    main()
