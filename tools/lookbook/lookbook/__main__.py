"""`python -m lookbook`: write a data set, or serve the shop and the Graph API."""

import argparse
import asyncio
import csv
import signal
from datetime import UTC, date, datetime
from pathlib import Path

from tqdm import tqdm

from lookbook.spec.photo import SPLITS
from lookbook.spec.sampling import sample_outfit, sample_scene
from lookbook.write import deepfashion2

_EXAMPLES = """examples:
  python -m lookbook write --outfits 900 --split train --out /tmp/lookbook
  python -m lookbook write --outfits 700 --scenes 700 --split train --seed 5000 --out /tmp/lookbook --csv
  python -m lookbook serve --port 8080 --seed 7 --end 2026-11-22
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="lookbook",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    write = commands.add_parser(
        "write",
        help="render a data set in the DeepFashion2 layout",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    write.add_argument("--outfits", type=int, default=0, help="photos of people in outfits")
    write.add_argument("--scenes", type=int, default=0, help="photos that are not about fashion")
    write.add_argument("--split", choices=SPLITS, default="train")
    write.add_argument("--seed", type=int, default=0, help="first seed; photos take one each")
    write.add_argument("--out", type=Path, required=True, help="folder for image/ and annos/")
    write.add_argument(
        "--csv", action="store_true", help="also labels.csv with image,label (1 = fashion)"
    )
    write.set_defaults(run=_write)
    serve = commands.add_parser(
        "serve",
        help="serve four weeks of a world as a shop and a Graph API",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    serve.add_argument("--seed", type=int, default=7)
    serve.add_argument("--end", type=date.fromisoformat, help="last day, ISO (default: today)")
    serve.add_argument("--posts-per-week", type=int, default=72)
    serve.add_argument("--products-per-style", type=int, default=14)
    serve.add_argument("--bad-files", action="store_true", help="some posts carry broken files")
    serve.add_argument("--port-file", type=Path, help="write the port there once it answers")
    serve.set_defaults(run=_serve)
    args = parser.parse_args(argv)
    return int(args.run(args))


def _write(args: argparse.Namespace) -> int:
    specs = [sample_outfit(args.seed + i, args.split) for i in range(args.outfits)]
    specs += [sample_scene(args.seed + i, args.split) for i in range(args.scenes)]
    if not specs:
        raise SystemExit("nothing to write: give --outfits or --scenes")
    with tqdm(total=len(specs), unit="photo") as bar:
        names = deepfashion2.write(args.out, specs, progress=bar.update)
    if args.csv:
        with (args.out / "labels.csv").open("w", newline="") as f:
            rows = csv.writer(f)
            rows.writerow(("image", "label"))
            rows.writerows(
                (f"image/{name}", int(spec.fashion))
                for name, spec in zip(names, specs, strict=True)
            )
    print(f"{len(names)} photos in {args.out}")
    return 0


def _serve(args: argparse.Namespace) -> int:
    # aiohttp is needed to serve only: a renderer in a training loop starts without it.
    from lookbook.serve.server import Server
    from lookbook.world.four_weeks import World

    world = World.build(
        args.seed,
        args.end or datetime.now(UTC).date(),
        args.posts_per_week,
        args.products_per_style,
        args.bad_files,
    )

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        server = Server(world)
        runner = await server.start(args.port)
        if args.port_file:
            args.port_file.write_text(server.base.rpartition(":")[2])
        print(f"look-book of {len(world.photos)} photos at {server.base}", flush=True)
        await stop.wait()
        await runner.cleanup()

    asyncio.run(run())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
