"""Accuracy against speed of the shipped segmenter on photographs, one shortcut at a time.

Average precision counts every detection from a score of 0.05 on. Photos per second are as served: each photo goes through
every variant in turn, so that other load on the machine meets all of them. Writes .run/inference-curve.json and, with
--plot, the picture of docs/inference.md.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console
from rich.table import Table
from torchvision.models.detection import MaskRCNN
from tqdm import tqdm

from modelkit.precision import has_fast_bf16
from segmenter.data.annotation import BadData
from segmenter.data.dataset import Entry, read_photo, scan
from segmenter.engines.torchvision_engine import NONE, Shortcuts, TorchvisionEngine
from segmenter.evaluation import coco
from segmenter.evaluation.predictions import DOUBTFUL, predict_all
from segmenter.nets import model

WEIGHTS = Path(__file__).parents[2] / "models" / "segmenter"
LOSS_ALLOWED = 0.01  # of AP, against the same weights without shortcuts
PATH = click.Path(path_type=Path)


@dataclass(frozen=True)
class Variant:
    """One way to run the same weights."""

    name: str
    shortcuts: Shortcuts
    side: int | None = None  # longer side of the input; None: as trained
    inductor: bool = False  # torch.compile instead of modelkit.compiled

    def engine(self, doubtful: float | None = None) -> TorchvisionEngine:
        """Return the engine as served, or with the detections that average precision needs."""
        network, info = model.load(WEIGHTS)
        info = replace(info, side=self.side or info.side)
        engine = TorchvisionEngine(network, info, "cpu", doubtful, self.shortcuts)
        if self.inductor:
            _compile_by_inductor(engine.network)
        return engine


def variants(*, inductor: bool) -> list[Variant]:
    """Return what is measured: the first is the reference, and one of the others the default."""
    default = Shortcuts()
    whole = replace(NONE, compiled=True)
    rows = [Variant("eager fp32", NONE)]
    if inductor:
        rows.append(Variant("torch.compile fp32", NONE, inductor=True))
    rows.append(Variant("OpenVINO fp32", whole))
    if has_fast_bf16("cpu"):
        rows.append(Variant("OpenVINO bf16", replace(whole, bf16=True)))
    rows += [Variant(f"{n} proposals", replace(whole, proposals=n)) for n in (300, 100, 50)]
    rows.append(Variant("none from the finest level", replace(whole, finest=False)))
    rows += [
        Variant(f"none from it, {n} proposals", replace(whole, finest=False, proposals=n))
        for n in (100, 30)
    ]
    rows.append(Variant("default", default))
    rows += [Variant(f"default, side {side}", default, side) for side in (256, 320, 448)]
    return rows


def measure(entries: Sequence[Entry], timed: int, rows: Sequence[Variant]) -> list[dict[str, Any]]:
    """Measure AP on all photos, then photos per second on the first `timed` of them, three times each."""
    figures = [
        coco.figures(predict_all(row.engine(DOUBTFUL), entries)) for row in tqdm(rows, "accuracy")
    ]
    engines = [row.engine() for row in tqdm(rows, "loading", leave=False)]
    photos = [read_photo(entry.photo) for entry in entries[:timed]]
    seconds: list[list[float]] = [[] for _ in rows]
    for photo in tqdm(photos, "speed"):
        tries = [[_seconds(engine, photo) for engine in engines] for _ in range(3)]
        for number, taken in enumerate(zip(*tries, strict=True)):
            seconds[number].append(statistics.median(taken))
    found = []
    for row, figure, taken_by_row in zip(rows, figures, seconds, strict=True):
        ratios = [base / own for base, own in zip(seconds[0], taken_by_row, strict=True)]
        found.append(
            {
                "variant": row.name,
                **{name: figure[name] for name in ("mask_ap", "mask_ap50", "box_ap", "box_ap50")},
                "loss": round(figures[0]["mask_ap"] - figure["mask_ap"], 4),
                "photos_per_second": round(1 / statistics.median(taken_by_row), 2),
                "times_faster": round(statistics.median(ratios), 2),
            }
        )
    return found


def plot(found: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw mask AP over photos per second, a point for each variant."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.fonttype"] = "none"  # text stays text
    mpl.rcParams["svg.hashsalt"] = "inference"  # the same figures give the same file
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for number, row in enumerate(found):
        default = row["variant"] == "default"
        axes.plot(
            row["photos_per_second"],
            row["mask_ap"],
            color=mpl.colormaps["tab20"](number),
            label=row["variant"],
            linestyle="",
            marker="*" if default else "o",
            markersize=14 if default else 6,
        )
    lowest = found[0]["mask_ap"] - LOSS_ALLOWED
    axes.axhline(lowest, color="gray", linestyle=":")
    axes.text(axes.get_xlim()[0], lowest, " at most one point of AP lost", va="bottom", fontsize=8)
    axes.set_xlabel("photos per second, as served, one at a time")
    axes.set_ylabel("mask AP")
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


@click.command(
    help=__doc__,
    epilog="\b\nExample:\n  python -m benchmarks.models.inference_curve --data ../shared/data --plot docs/inference.svg",
    context_settings={"max_content_width": 120},
)
@click.option(
    "--data",
    type=PATH,
    required=True,
    metavar="FOLDER",
    help="Folder with segmentation/val/image and annos.",
)
@click.option("--photos", type=int, help="Only the first so many photos for AP.")
@click.option("--timed", default=24, show_default=True, help="Photos that are timed.")
@click.option(
    "--inductor", is_flag=True, help="torch.compile too: takes minutes, and a C++ compiler."
)
@click.option("--plot", "picture", type=PATH, metavar="FILE", help="Draw to this .svg or .png.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(
    data: Path,
    photos: int | None,
    timed: int,
    inductor: bool,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Measure, print and draw."""
    try:
        entries, problems = scan(data / "segmentation" / "val")
    except BadData as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        print(f"skipped: {problem}", file=sys.stderr)
    found = measure(entries[:photos], timed, variants(inductor=inductor))
    result = {
        "threads": torch.get_num_threads(),
        "fast_bf16": has_fast_bf16("cpu"),
        "photos": len(entries[:photos]),
        "timed": min(timed, len(entries)),
        "variants": found,
    }
    Path(".run").mkdir(exist_ok=True)
    Path(".run/inference-curve.json").write_text(json.dumps(result, indent=2) + "\n")
    if picture:
        plot(found, picture)
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table(title=f"{result['photos']} photos, {result['threads']} threads")
    for column in ("variant", "mask AP", "AP50", "loss", "photos/s", "times faster"):
        table.add_column(column, justify="left" if column == "variant" else "right")
    for row in found:
        table.add_row(
            row["variant"],
            *(f"{row[name]:.3f}" for name in ("mask_ap", "mask_ap50", "loss")),
            *(f"{row[name]:.2f}" for name in ("photos_per_second", "times_faster")),
        )
    Console().print(table)
    if not has_fast_bf16("cpu"):
        print("bf16: not measured, this CPU has neither AVX-512 bf16 nor AMX")


def _seconds(engine: TorchvisionEngine, photo: Any) -> float:
    start = time.perf_counter()
    engine.predict([photo])
    return time.perf_counter() - start


def _compile_by_inductor(network: MaskRCNN) -> None:
    network.backbone = torch.compile(network.backbone, dynamic=True)
    network.rpn.head = torch.compile(network.rpn.head, dynamic=True)
    network.roi_heads.mask_head = torch.compile(network.roi_heads.mask_head, dynamic=True)


if __name__ == "__main__":
    main()
