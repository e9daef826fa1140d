"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from snsfashion.recommender.v1.recommender_pb2 import Filters
from snsfashion_client import messages

F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType):  # type: ignore[type-arg]  # not generic at run time
    """A day, such as 2026-11-22, as the aware time of its noon (UTC)."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the time; fail with an example if it is not a day."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(hour=12, tzinfo=UTC)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-11-22", param, ctx)


DAY = Day()


SAVE = click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to save the photos in.",
)


def which_photos(command: F) -> F:
    """Add --kind, --site and --hashtag to a command of trends."""
    for option in (
        click.option("--hashtag", default="", help="Only posts with this hashtag."),
        click.option("--site", default="", help="Only this site, such as instagram."),
        click.option(
            "--kind",
            default="",
            help="social or shop; by default social, and shop for styles.",
        ),
    ):
        command = option(command)
    return command


def one_value(command: F) -> F:
    """Add --item, --color, --pattern and --style to a command about one value of trends."""
    for option in (
        click.option("--style", default="", help="A style, such as casual; only by itself."),
        click.option("--pattern", default="", help="A pattern, such as striped."),
        click.option("--color", default="", help="A color family, such as red."),
        click.option("--item", default="", help="An item, such as skirt or long-sleeve-top."),
    ):
        command = option(command)
    return command


def catalog_filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that narrow the catalog; the command gets `filters`, a message or None."""

    @wraps(command)
    def filtered(**given: Any) -> Any:
        chosen = {name: given.pop(name) for name in _NARROWS}
        wanted = {name: value for name, value in chosen.items() if value}
        try:
            found: Filters | None = messages.filters(**wanted) if wanted else None
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        return command(filters=found, **given)

    for option in reversed(_FILTER_OPTIONS):
        filtered = option(filtered)
    return filtered


def _many(flag: str, name: str, text: str) -> Any:
    return click.option(flag, name, multiple=True, help=f"{text}; can be repeated.")


_FILTER_OPTIONS = (
    _many("--item", "items", "Only outfits with this item, such as skirt"),
    _many("--color", "colors", "Only outfits with this color family"),
    _many("--not-item", "exclude_items", "No outfits with this item"),
    _many("--not-color", "exclude_colors", "No outfits with this color family"),
    click.option("--season", default="", help="The shop's season."),
    click.option("--max-price", default="", help='The highest price, such as "39.90".'),
    click.option("--currency", default="", help="Of the highest price, such as EUR."),
    _many("--gender", "genders", "For female, male or unisex"),
    _many("--age-group", "age_groups", "For adult, kids, toddler, infant or newborn"),
    _many("--size", "sizes", "In this size"),
    _many("--brand", "brands", "Of this brand"),
    _many("--not-brand", "exclude_brands", "Not of this brand"),
    _many("--not-outfit", "exclude_outfits", "Not this outfit, by its image id"),
    click.option("--include-bought", is_flag=True, help="Also what the person has bought."),
)
_NARROWS = (
    "items", "colors", "exclude_items", "exclude_colors", "season", "max_price", "currency", "genders", "age_groups",
    "sizes", "brands", "exclude_brands", "exclude_outfits", "include_bought",
)  # fmt: skip
