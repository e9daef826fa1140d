"""Look at tables of labels before training on them: `python -m classifier.check --help`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
import numpy as np
from tqdm import tqdm

from classifier.data.dataset import Example, read_photo, read_with_sources
from modelkit.contact_sheet import contact_sheet
from modelkit.training.duplicates import find_near
from modelkit.training.table import BadTable
from photokit.photo import BadPhoto, phash

_SHOWN = 60
_NAMES = ("not", "fashion")


@click.command()
@click.argument("tables", nargs=-1, required=True, metavar="FILE[:ROOT]...")
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a contact sheet of photos with their labels.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def main(tables: tuple[str, ...], sheet: Path | None, as_json: bool) -> None:
    """Check tables of labels: what can't be used, how many photos of each label and source, and what is there twice.

    Several tables, such as those of training and validation, are also compared: a photo, or nearly the same one, in two of them
    makes figures too good. So do the same photo with two labels. Ends with 1 if there is such a leak or contradiction.

    \b
    Example:
      python -m classifier.check ../shared/data/binary/train.csv ../shared/data/binary/val.csv --sheet .run/labels.png
    """  # fmt: skip
    report: dict[str, dict[str, Any]] = {}
    examples: list[tuple[str, Example]] = []
    try:
        for entry in tables:
            found, problems = read_with_sources(entry)
            examples += [(entry, example) for example in found]
            report[entry] = {
                "photos": len(found),
                "labels": dict(Counter(_NAMES[example.label] for example in found)),
                "sources": dict(Counter(example.source for example in found if example.source)),
                "problems": problems,
            }
    except BadTable as error:
        raise click.ClickException(str(error)) from error
    twice = _find_twice(examples, report)
    if sheet:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        _draw([example for _, example in examples], sheet)
    if as_json:
        click.echo(json.dumps({"tables": report, "duplicates": twice}, indent=2))
    else:
        for name, row in report.items():
            click.echo(
                f"{name}: {row['photos']} photos, {row['labels']}, {len(row['problems'])} problems"
            )
            for source, number in row["sources"].items():
                click.echo(f"  {source:34} {number}")
            for problem in row["problems"]:
                click.echo(f"  problem: {problem}", err=True)
        for one in twice:
            click.echo(f"{one['kind']}: {', '.join(one['photos'])}")
    sys.exit(any(one["kind"] != "twice" for one in twice))


def _find_twice(
    examples: list[tuple[str, Example]], report: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return pairs of nearly the same photo, and note photos that can't be decoded as problems."""
    hashes, seen = [], []
    for table, example in tqdm(examples, desc="compare", delay=2, leave=False):
        try:
            hashes.append(phash(read_photo(example.path)))
        except (OSError, BadPhoto) as error:
            report[table]["problems"].append(f"{example.path}: can't be decoded: {error}")
            continue
        seen.append((table, example))
    found = []
    for first, second in find_near(hashes):
        (one, a), (other, b) = seen[first], seen[second]
        kind = "CONTRADICTION" if a.label != b.label else "LEAK" if one != other else "twice"
        found.append({"kind": kind, "photos": [str(a.path), str(b.path)]})
    return found


def _draw(examples: list[Example], file: Path) -> None:
    """Write a contact sheet of photos from all tables, evenly drawn."""
    tiles = []
    for number in np.linspace(0, len(examples) - 1, min(_SHOWN, len(examples))).astype(int):
        example = examples[number]
        try:
            pixels = read_photo(example.path)
        except (OSError, BadPhoto):
            continue
        tiles.append((pixels, f"{_NAMES[example.label]}\n{example.source} {example.path.name}"))
    contact_sheet(tiles).save(file)


if __name__ == "__main__":
    main()
