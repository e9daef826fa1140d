"""Look at a data set before training on it: `python -m segmenter.check --help`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from segmenter.data.annotation import BadData
from segmenter.data.dataset import scan
from segmenter.evaluation.data_report import annotated, duplicates, summarize

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=_PATH)
@click.option(
    "--sheet",
    type=_PATH,
    metavar="FILE",
    help="Write a contact sheet of annotations, drawn on their photos.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    help="Look at the pixels of this many photos of each folder only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def main(folders: tuple[Path, ...], sheet: Path | None, limit: int | None, as_json: bool) -> None:
    """Check FOLDERS in the DeepFashion2 layout: what can't be used, how much there is of what, and what is there twice.

    Several folders, such as those of training and validation, are also compared: a photo, or nearly the same one, or photos of the
    same garments in two of them make figures too good. Ends with 1 if there is such a leak.

    \b
    Examples:
      python -m segmenter.check deepfashion2/train deepfashion2/validation
      python -m segmenter.check ../shared/data/flat/train --sheet .run/flat.png
    """  # fmt: skip
    report: dict[str, dict[str, Any]] = {}
    hashed = {}
    for folder in folders:
        try:
            entries, problems = scan(folder)
        except BadData as error:
            raise click.ClickException(str(error)) from error
        hashed[str(folder)] = entries[:limit]
        report[str(folder)] = summarize(entries, problems)
    found = duplicates(hashed)
    leaks = [one for one in found if one.leak]
    if sheet:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        annotated(hashed).save(sheet)
    if as_json:
        rows = [{"photos": one.photos, "reason": one.reason, "leak": one.leak} for one in found]
        print(json.dumps({"folders": report, "duplicates": rows}, indent=2))
    else:
        for name, summary in report.items():
            print(f"{name}: {summary['photos']} photos, {len(summary['problems'])} problems")
            for category, row in summary["categories"].items():
                print(
                    f"  {category:22} {row['garments']:6} garments, median {row['median_share']:.0%} of the photo"
                )
            for problem in summary["problems"]:
                print(f"  problem: {problem}", file=sys.stderr)
        for one in found:
            print(f"{'LEAK' if one.leak else 'twice'}: {one.reason}: {', '.join(one.photos)}")
        if sheet:
            print(f"annotations: {sheet}")
    sys.exit(1 if leaks else 0)


if __name__ == "__main__":
    main()
