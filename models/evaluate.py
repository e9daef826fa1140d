"""How good the shipped networks are on photographs, against what they have to reach.

Runs the evaluation of both on the `val` parts of a data folder (`binary/`, `segmentation/`; its layout is that of
`../shared/data`). Writes .run/eval.json, the raw predictions to .run/predictions and pictures to .run/eval.
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
# Mask AP50 after a plain hour of training; no category may be worse.
PLAIN_HOUR = {
    CATEGORIES[number].name: floor
    for number, floor in (
        (fashion_pb2.CATEGORY_SHORT_SLEEVE_TOP, 0.71),
        (fashion_pb2.CATEGORY_LONG_SLEEVE_TOP, 0.63),
        (fashion_pb2.CATEGORY_LONG_SLEEVE_OUTWEAR, 0.79),
        (fashion_pb2.CATEGORY_TROUSERS, 0.93),
        (fashion_pb2.CATEGORY_SKIRT, 0.77),
    )
}


@click.command(
    help=f"{__doc__}\nDATA is a folder with binary/val.csv and segmentation/val.",
    epilog="\b\nExample:\n  python models/evaluate.py ../shared/data",
    context_settings={"max_content_width": 120},
)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(data: Path, as_json: bool) -> None:
    """Evaluate, write and print."""
    binary, photos = data / "binary", data / "segmentation" / "val"
    for needed in (binary / "val.csv", photos / "annos", photos / "image"):
        if not needed.exists():
            raise click.ClickException(
                f"{needed} does not exist: DATA= names a folder with binary/val.csv "
                "(image,label) and segmentation/val in the DeepFashion2 layout (image/, annos/)"
            )
    RUN.mkdir(exist_ok=True)
    result = {
        "classifier": _run("classifier", *classifier_arguments(binary)),
        "segmenter": _run("segmenter", "--data", str(photos), "--predictions",
                          f"{RUN}/predictions/segmenter.json"),
    }  # fmt: skip
    (RUN / "eval.json").write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table("figure", "measured", "asked", "holds")
    for name, value, asked in bars(result):
        holds = value <= asked if name.endswith("ece") else value >= asked
        sign = "<=" if name.endswith("ece") else ">="
        table.add_row(name, f"{value:.3f}", f"{sign} {asked:g}", "yes" if holds else "[bold]NO")
    console = Console()
    console.print(table)
    console.print(
        f"All figures: {RUN}/eval.json; predictions: {RUN}/predictions; pictures: {RUN}/eval"
    )


def classifier_arguments(binary: Path) -> list[str]:
    """Return arguments for what the folder has: sources and training photos are optional."""
    found = ["--csv", f"{binary}/val.csv", "--predictions", f"{RUN}/predictions/classifier.csv"]
    if (binary / "val_sources.csv").exists():
        found += ["--sources", f"{binary}/val_sources.csv"]
    if (binary / "train.csv").exists() and (binary / "train_sources.csv").exists():
        found += ["--leave-one-source-out", f"{binary}/train.csv"]
    return found


def _run(service: str, *arguments: str) -> dict[str, Any]:
    """Run a service's evaluation in a process of its own; what it skips shows on the terminal."""
    command = [sys.executable, "-m", f"{service}.evaluate", "--weights", str(MODELS / service),
               "--pictures", f"{RUN}/eval/{service}", "--json", *arguments]  # fmt: skip
    print(f"== {service}", file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def bars(result: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return name, measured figure and the least (of ece: the most) that is asked."""
    classifier, segmenter = result["classifier"], result["segmenter"]
    rows = [
        ("classifier balanced accuracy", classifier["balanced_accuracy"], 0.97),
        ("classifier ece", classifier["ece"], 0.05),
    ]
    rows += [
        (f"classifier recall, {name} ({row['support']})", row["recall"], 0.9)
        for name, row in classifier.get("per_source", {}).items()
        if row["support"] >= 20
    ]
    rows += [
        ("segmenter mask AP", segmenter["mask_ap"], 0.53),
        ("segmenter mask AP50", segmenter["mask_ap50"], 0.8),
        ("segmenter box AP50", segmenter["box_ap50"], 0.82),
    ]
    rows += [
        (f"segmenter mask AP50, {name} ({row['support']})", row["mask_ap50"], PLAIN_HOUR[name])
        for name, row in segmenter["per_category"].items()
        if name in PLAIN_HOUR
    ]
    return rows


if __name__ == "__main__":
    main()
