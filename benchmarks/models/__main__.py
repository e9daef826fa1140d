"""The shipped networks against others, on the same photos, one at a time, with the same threads.

Speed: each photo goes through every contender in turn. The original mrcnn runs in an environment of its own
(`make matterport-oracle`): it takes all photos between two rounds of the others. A ratio is the median over photos.
Accuracy: what all shortcuts together lose against the same weights in eager fp32. Writes .run/bench-models.json. Without
--data the photos are rendered look-book outfits, and the loss of accuracy is not measured.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table
from torchvision.models import resnet18
from torchvision.models.detection import maskrcnn_resnet50_fpn
from tqdm import tqdm

from classifier.data.dataset import read_csv
from classifier.data.dataset import read_photo as read_labeled
from classifier.nets import model as classifier_model
from classifier.nets.engine import Engine
from classifier.nets.preprocess import normalize, to_square
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit
from modelkit.precision import has_fast_bf16
from modelkit.training.table import BadTable
from segmenter.data.annotation import BadData
from segmenter.data.dataset import read_photo, scan
from segmenter.engines.open import open_engine
from segmenter.engines.torchvision_engine import NONE, TorchvisionEngine
from segmenter.evaluation import coco
from segmenter.evaluation.predictions import DOUBTFUL, predict_all

Photo = NDArray[np.uint8]
ROOT = Path(__file__).parents[2]
SEGMENTER, CLASSIFIER = ROOT / "models" / "segmenter", ROOT / "models" / "classifier"
ORACLE = ROOT / ".venv-mrcnn" / "bin" / "python"

SHIPPED, R50 = "segmenter", "maskrcnn_resnet50_fpn eager 800"
ORIGINAL, READER = "mrcnn on TensorFlow 1024", "matterport reader 1024"
BINARY, RESNET = "classifier", "resnet18 eager 224"
BARS = [  # which, against which, at least how many times faster
    (SHIPPED, ORIGINAL, 10.0),
    (SHIPPED, R50, 5.0),
    (BINARY, RESNET, 3.0),
    (READER, ORIGINAL, 2.0),
]
LOSS_ALLOWED = 0.01  # of AP, and of balanced accuracy
UNMEASURED = "unmeasured"


@click.command(
    help=__doc__,
    epilog="\b\nExamples:\n  python -m benchmarks.models --data ../shared/data\n  python -m benchmarks.models --json",
    context_settings={"max_content_width": 120},
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder with segmentation/val and binary/val.csv.",
)
@click.option("--photos", "count", default=8, show_default=True, help="Photos that are timed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
def main(data: Path | None, count: int, as_json: bool) -> None:
    """Measure, write and print."""
    try:
        photos = _photos(data, count)
        result = {
            "machine": _machine(),
            "photos": {"count": len(photos), "from": str(data or "look-book")},
            **speed(photos),
            "accuracy": accuracy(data) if data else UNMEASURED,
            "gpu": gpu(photos) if torch.cuda.is_available() else UNMEASURED,
        }
    except (BadData, BadTable, OSError) as error:
        raise click.ClickException(str(error)) from error
    Path(".run").mkdir(exist_ok=True)
    Path(".run/bench-models.json").write_text(json.dumps(result, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(result))
    else:
        _print(result)


def speed(photos: Sequence[Photo]) -> dict[str, Any]:
    """Measure the seconds of every contender for a photo, the boxes found, and the ratios beside their bars."""
    shipped = TorchvisionEngine.load(SEGMENTER)
    garments = [len(shipped.predict([photo])[0]) for photo in photos]
    contenders: dict[str, Callable[[Photo], int]] = {
        SHIPPED: lambda photo: len(shipped.predict([photo])[0]),
        R50: _torchvision_r50(round(statistics.median(garments))),
        BINARY: _classifier(),
        RESNET: _resnet18(),
    }
    with tempfile.TemporaryDirectory() as folder:
        if ORACLE.is_file():
            weights = Path(folder) / "random.h5"
            _run(sys.executable, "-m", "segmenter.evaluation.random_weights", str(weights))
            reader = open_engine(weights)
            contenders[READER] = lambda photo: len(reader.predict([photo])[0])
        seconds: dict[str, list[list[float]]] = {name: [[] for _ in photos] for name in contenders}
        boxes: dict[str, list[int]] = {name: [] for name in contenders}
        _round(contenders, photos, seconds, boxes)
        if ORACLE.is_file():
            answer = _oracle(weights, photos, Path(folder))
            seconds[ORIGINAL] = [[second] for second in answer["seconds"]]
            boxes[ORIGINAL] = answer["detections"]
        _round(contenders, photos, seconds, boxes)
    medians = {name: [statistics.median(tries) for tries in rows] for name, rows in seconds.items()}
    return {
        "seconds": {name: round(statistics.median(row), 4) for name, row in medians.items()},
        "boxes": {n: statistics.median(b) for n, b in boxes.items() if n not in (BINARY, RESNET)},
        "ratios": [_ratio(medians, *bar) for bar in BARS],
    }


def _round(
    contenders: dict[str, Callable[[Photo], int]],
    photos: Sequence[Photo],
    seconds: dict[str, list[list[float]]],
    boxes: dict[str, list[int]],
) -> None:
    for call in contenders.values():
        call(photos[0])  # the first call allocates
    for number, photo in enumerate(tqdm(photos, "speed")):
        for name, call in contenders.items():
            start = time.perf_counter()
            found = call(photo)
            seconds[name][number].append(time.perf_counter() - start)
            boxes[name].append(found)


def _ratio(medians: dict[str, list[float]], fast: str, slow: str, bar: float) -> dict[str, Any]:
    row: dict[str, Any] = {"of": fast, "against": slow, "at_least": bar}
    if fast not in medians or slow not in medians:
        return {**row, "ratio": UNMEASURED, "passed": None}
    ratio = statistics.median(s / f for s, f in zip(medians[slow], medians[fast], strict=True))
    return {**row, "ratio": round(ratio, 2), "passed": ratio >= bar}


def _torchvision_r50(boxes: int) -> Callable[[Photo], int]:
    """Return a network with random weights, which find 100 boxes of any score; keep only `boxes` of them."""
    torch.manual_seed(0)
    network = maskrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        box_score_thresh=0.5,
        box_detections_per_img=max(1, boxes),
    ).eval()

    @torch.inference_mode()
    def call(photo: Photo) -> int:
        return len(network([torch.tensor(photo).permute(2, 0, 1) / 255])[0]["boxes"])

    return call


def _classifier() -> Callable[[Photo], int]:
    engine = Engine.load(CLASSIFIER)
    return lambda photo: len(engine.predict([photo]))


def _resnet18() -> Callable[[Photo], int]:
    torch.manual_seed(0)
    network = resnet18(weights=None, num_classes=1).eval()

    @torch.inference_mode()
    def call(photo: Photo) -> int:
        return len(network(normalize(to_square(photo, 224)[None])))

    return call


def _oracle(weights: Path, photos: Sequence[Photo], folder: Path) -> dict[str, Any]:
    paths = [folder / f"{number}.png" for number in range(len(photos))]
    for path, photo in zip(paths, photos, strict=True):
        Image.fromarray(photo).save(path)
    threads = str(torch.get_num_threads())
    answer = _run(
        str(ORACLE),
        *("-m", "segmenter.evaluation.mrcnn_oracle", str(weights), *map(str, paths), "--json"),
        OMP_NUM_THREADS=threads,
        TF_NUM_INTRAOP_THREADS=threads,
    )
    result: dict[str, Any] = json.loads(answer)
    return result


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(
            f"{' '.join(command[:3])} ended with {done.returncode}, see above"
        )
    return done.stdout


def accuracy(data: Path) -> dict[str, Any]:
    """Measure AP on segmentation/val and balanced accuracy on binary/val, as served and in eager fp32."""
    entries, problems = scan(data / "segmentation" / "val")
    examples, unusable = read_csv(data / "binary" / "val.csv")
    if {example.label for example in examples} != {0, 1}:
        raise BadTable(f"{data / 'binary' / 'val.csv'} needs photos of both labels, 0 and 1")
    for problem in problems + unusable:
        print(f"skipped: {problem}", file=sys.stderr)
    eager, served = (
        coco.figures(predict_all(TorchvisionEngine.load(SEGMENTER, **options), entries))["mask_ap"]
        for options in ({"doubtful": DOUBTFUL, "shortcuts": NONE}, {"doubtful": DOUBTFUL})
    )
    rows = {SHIPPED: {"measure": "mask AP", "photos": len(entries), **_loss(eager, served)}}
    engines = Engine(*classifier_model.load(CLASSIFIER), eager=True), Engine.load(CLASSIFIER)
    right: list[list[list[bool]]] = [[[], []], [[], []]]  # by engine and label
    for example in tqdm(examples, "classifier", leave=False):
        photo = read_labeled(example.path)
        for engine, by_label in zip(engines, right, strict=True):
            fashion = engine.predict([photo])[0] >= engine.threshold
            by_label[example.label].append(fashion == bool(example.label))
    balanced = [statistics.mean(map(statistics.mean, by_label)) for by_label in right]
    rows[BINARY] = {
        "measure": "balanced accuracy",
        "photos": len(examples),
        **_loss(balanced[0], balanced[1]),
    }
    return rows


def _loss(eager: float, served: float) -> dict[str, Any]:
    loss = eager - served
    return {
        "eager_fp32": round(eager, 4),
        "as_served": round(served, 4),
        "loss": round(loss, 4),
        "at_most": LOSS_ALLOWED,
        "passed": loss <= LOSS_ALLOWED,
    }


def gpu(photos: Sequence[Photo]) -> dict[str, dict[int, float]]:
    """Measure photos per second of both networks at batches of 1 to 32, from photo arrays to answers."""
    engines: dict[str, TorchvisionEngine | Engine] = {
        SHIPPED: TorchvisionEngine.load(SEGMENTER, "cuda"),
        BINARY: Engine.load(CLASSIFIER, "cuda"),
    }
    found: dict[str, dict[int, float]] = {}
    for name, engine in engines.items():
        found[name] = {}
        for size in tqdm((1, 2, 4, 8, 16, 32), f"{name} on the GPU"):
            batch = [photos[i % len(photos)] for i in range(size)]
            engine.predict(batch)
            start = time.perf_counter()
            for _ in range(10):
                engine.predict(batch)
            found[name][size] = round(10 * size / (time.perf_counter() - start), 1)
    return found


def _photos(data: Path | None, count: int) -> list[Photo]:
    if data is None:
        return [render(sample_outfit(seed, "run")).image for seed in range(count)]
    entries, _ = scan(data / "segmentation" / "val")
    return [read_photo(entry.photo) for entry in entries[:count]]


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "processor": platform.processor() or platform.machine(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "precision_as_served": "bf16" if has_fast_bf16("cpu") else "fp32",
        "torch": torch.__version__,
    }


def _print(result: dict[str, Any]) -> None:
    console, machine = Console(), result["machine"]
    title = f"{machine['threads']} threads of {machine['cores']} cores, {machine['precision_as_served']}"
    table = Table("network", "ms per photo", "boxes", title=title)
    for name, seconds in result["seconds"].items():
        table.add_row(name, f"{seconds * 1000:.0f}", f"{result['boxes'].get(name, '')}")
    console.print(table)
    table = Table("network", "times faster than", "ratio", "at least", "")
    for row in result["ratios"]:
        verdict = {True: "passed", False: "FAILED", None: ""}[row["passed"]]
        table.add_row(row["of"], row["against"], str(row["ratio"]), str(row["at_least"]), verdict)
    console.print(table)
    if not ORACLE.is_file():
        console.print(f"{UNMEASURED} without the original mrcnn: make matterport-oracle")
    if result["accuracy"] == UNMEASURED:
        console.print(f"the loss of accuracy is {UNMEASURED}: it needs photographs, --data")
    else:
        table = Table("network", "measure", "eager fp32", "as served", "loss", "")
        for name, row in result["accuracy"].items():
            figures = [f"{row[key]:.4f}" for key in ("eager_fp32", "as_served", "loss")]
            verdict = "passed" if row["passed"] else "FAILED"
            table.add_row(name, row["measure"], *figures, verdict)
        console.print(table)
    if result["gpu"] == UNMEASURED:
        console.print(f"photos per second on a GPU: {UNMEASURED}, there is no GPU here")
    else:
        for name, row in result["gpu"].items():
            rates = ", ".join(f"{size}: {rate}" for size, rate in row.items())
            console.print(f"{name} on {machine['device']}, photos per second by batch: {rates}")


if __name__ == "__main__":
    main()
