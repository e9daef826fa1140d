"""The command line of the look-book: write a data set, or serve the shop and the Graph API."""

import asyncio
import csv
import signal
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from lookbook.spec.photo import SPLITS, Split
from lookbook.spec.sampling import sample_outfit, sample_scene
from lookbook.write import deepfashion2


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog="\b\nExamples:\n"
    "  python -m lookbook write --outfits 900 --split train --out /tmp/lookbook\n"
    "  python -m lookbook serve --port 8080 --seed 7 --end 2026-11-22",
)
def main() -> None:
    """Render outfits whose garments, masks and colors are known exactly."""


@main.command(
    epilog="\b\nExamples:\n"
    "  python -m lookbook write --outfits 900 --split train --out /tmp/lookbook\n"
    "  python -m lookbook write --outfits 700 --scenes 700 --seed 5000 --out /tmp/lookbook --csv"
)
@click.option(
    "--outfits", type=click.IntRange(min=0), default=0, help="Photos of people in outfits."
)
@click.option(
    "--scenes", type=click.IntRange(min=0), default=0, help="Photos that are not about fashion."
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="train",
    help="`train` and `run` have no seed, pose, background or cloth in common.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Seed of the first photo; each next has one more.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for image/ and annos/.",
)
@click.option(
    "--csv", "labels", is_flag=True, help="Write labels.csv too, with image,label (1 = fashion)."
)
def write(outfits: int, scenes: int, split: Split, seed: int, out: Path, labels: bool) -> None:
    """Render a data set in the DeepFashion2 layout."""
    specs = [sample_outfit(seed + number, split) for number in range(outfits)]
    specs += [sample_scene(seed + number, split) for number in range(scenes)]
    if not specs:
        raise click.UsageError("there is nothing to write: give --outfits or --scenes")
    with tqdm(total=len(specs), unit="photo") as bar:
        names = deepfashion2.write(out, specs, progress=bar.update)
    if labels:
        with (out / "labels.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("image", "label"))
            rows.writerows(
                (f"image/{name}", int(spec.fashion))
                for name, spec in zip(names, specs, strict=True)
            )
    click.echo(f"{len(names)} photos in {out}")


@main.command(
    epilog="\b\nExamples:\n"
    "  python -m lookbook serve\n"
    "  python -m lookbook serve --port 8080 --seed 7 --end 2026-11-22 --bad-files"
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free port.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=7, help="Another seed is another world."
)
@click.option(
    "--end", type=click.DateTime(["%Y-%m-%d"]), help="The last day.", show_default="today"
)
@click.option("--posts-per-week", type=click.IntRange(min=7), default=72, help="Social posts.")
@click.option(
    "--products-per-style", type=click.IntRange(min=1), default=14, help="The shop's outfits."
)
@click.option("--bad-files", is_flag=True, help="Let some posts carry broken files.")
@click.option(
    "--port-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the port there once the server answers.",
)
def serve(
    port: int,
    seed: int,
    end: datetime | None,
    posts_per_week: int,
    products_per_style: int,
    bad_files: bool,
    port_file: Path | None,
) -> None:
    """Serve four weeks of a world as a shop and as a Graph API."""
    # aiohttp is needed to serve only: a renderer in a training loop starts without it.
    from lookbook.serve.server import Server
    from lookbook.world.four_weeks import World

    last_day = (end or datetime.now(UTC)).date()
    world = World.build(seed, last_day, posts_per_week, products_per_style, bad_files)

    def announce(address: str) -> None:
        if port_file:
            port_file.write_text(address.rpartition(":")[2])
        click.echo(f"look-book of {len(world.photos)} photos at {address}")

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        server = Server(world)
        runner = await server.start(port)
        announce(server.base)
        await stop.wait()
        await runner.cleanup()

    asyncio.run(run())


if __name__ == "__main__":
    main(prog_name="python -m lookbook")
