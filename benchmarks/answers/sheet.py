"""A contact sheet of what ten persons are shown, with the sentences as a customer reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.answers import judge
from benchmarks.answers.ask import Answer
from fashion.words import CATEGORIES
from lookbook.draw.render import render
from lookbook.world.four_weeks import World

_MARK = "<!-- What follows is drawn: python -m benchmarks.answers --sheet docs -->"
_PERSONS = 10
_SHOWN = 6
_WIDTH, _HEIGHT, _GAP, _LINE = 150, 210, 10, 24


def write(world: World, answers: Sequence[Answer], folder: Path) -> None:
    """Write answers.jpg, a row of photos a person, and answers.md, the sentences below them.

    What a reader wrote above the mark in answers.md stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "answers.md"
    above = page.read_text(encoding="utf-8").partition(_MARK)[0] if page.exists() else ""
    chosen = answers[:: max(1, len(answers) // _PERSONS)][:_PERSONS]
    _draw(world, chosen).save(folder / "answers.jpg", quality=80, optimize=True)
    page.write_text(f"{above}{_MARK}\n\n{_page(world, chosen)}", encoding="utf-8")


def _draw(world: World, answers: Sequence[Answer]) -> Image.Image:
    products = judge.Truth(world).products
    row = _LINE + _HEIGHT + _GAP
    sheet = Image.new("RGB", (_SHOWN * (_WIDTH + _GAP) + _GAP, len(answers) * row + _GAP), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=14)
    for number, answer in enumerate(answers):
        top = number * row + _GAP
        draw.text((_GAP, top), f"{number + 1}. {answer.kind.words}", "black", font)
        for place, one in enumerate(answer.recommendations[:_SHOWN]):
            spec = products[one.outfit.image.image_id].photo.spec
            assert spec is not None
            photo = Image.fromarray(render(spec).image)
            photo.thumbnail((_WIDTH, _HEIGHT))
            sheet.paste(photo, (_GAP + place * (_WIDTH + _GAP), top + _LINE))
    return sheet


def _page(world: World, answers: Sequence[Answer]) -> str:
    risers = ", ".join(f"{color} {CATEGORIES[item].plural}" for item, color in world.risers)
    lines = [
        f"World {world.seed} of the look-book, whose people wear ever more {risers}.",
        "",
        "![Ten rows of outfits](answers.jpg)",
        "",
    ]
    for number, answer in enumerate(answers, 1):
        lines += [f"## {number}. {answer.kind.words.capitalize()}", ""]
        for place, one in enumerate(answer.recommendations[:_SHOWN], 1):
            said = " · ".join(reason.text for reason in one.reasons) or "(nothing is said)"
            explored = " *(explored)*" if one.explored else ""
            lines.append(f"{place}. {one.outfit.product.title}{explored}: {said}")
        lines.append("")
    return "\n".join(lines)
