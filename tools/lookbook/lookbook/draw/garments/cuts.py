"""The cuts of the 13 categories: which pieces a garment on a body is drawn from."""

from lookbook.draw.body import Body
from lookbook.draw.garments.bottoms import (
    SKIRT_FLARE,
    SKIRT_LENGTH,
    hanging,
    skirt,
    skirt_hem,
    skirt_side,
    trousers,
)
from lookbook.draw.garments.outerwear import outerwear
from lookbook.draw.garments.pieces import Piece, Stroke
from lookbook.draw.garments.sleeves import sleeves
from lookbook.draw.garments.torso import (
    SLEEVED,
    cloth_side,
    collar,
    hem_line,
    hem_seam,
    neck_strokes,
    placket,
    torso,
)
from lookbook.draw.outline import smooth
from lookbook.spec.photo import GarmentSpec

TOPS = frozenset({1, 2, 5, 6})


OUTERWEAR = frozenset({3, 4})


BOTTOMS = frozenset({7, 8, 9})


DRESSES = frozenset({10, 11, 12, 13})


def pieces(g: GarmentSpec, body: Body) -> list[Piece]:
    """Return the parts of a garment on a body, in drawing order within a layer."""
    if g.category in OUTERWEAR:
        return outerwear(g, body) + sleeves(g, body, 0.07)
    if g.category in DRESSES:
        return _dress(g, body) + (sleeves(g, body, 0.03) if g.category in SLEEVED else [])
    if g.category in TOPS:
        return _top(g, body) + (sleeves(g, body, 0.025) if g.category in SLEEVED else [])
    return [skirt(g, body)] if g.category == 9 else [trousers(g, body)]


def _top(g: GarmentSpec, body: Body) -> list[Piece]:
    hem_y = {"cropped": 1.36, "boxy": 2.05, "tucked": 1.72}.get(g.cut, 2.2) + 0.45 * (
        g.length - 0.5
    )
    roomy = 0.12 * g.fit
    ys = [y for y in (0.66, 0.95, 1.3, 1.6, 1.9, 2.2, 2.5) if y < hem_y - 0.1] + [hem_y]
    side = smooth([(cloth_side(body, g.fit, y, roomy), y) for y in ys], 4)
    shape = torso(g, body, side, hem_line(side[-1, 0], hem_y))
    strokes = [hem_seam(side[-1, 0], hem_y), *neck_strokes(g, body)]
    if g.neckline == "collar":
        strokes += placket(body, 0.34, hem_y)
    out = [Piece("body", shape, offset=1, strokes=strokes)]
    return out + collar(g, body)


def _dress(g: GarmentSpec, body: Body) -> list[Piece]:
    hem = skirt_hem(g.cut if g.cut in SKIRT_LENGTH else "midi", g.length, body)
    flare = SKIRT_FLARE.get(g.cut, 0.16) + 0.06 * g.fit
    roomy = 0.06 * g.fit
    upper = [(cloth_side(body, g.fit * 0.6, y, roomy), y) for y in (0.72, 0.95, 1.3)]
    lower = skirt_side(body, 1.55, hem, flare)
    if g.fit > 0.62:
        w = cloth_side(body, g.fit, 1.55, roomy)
        lower = [(max(w, lower[0][0]), 1.55)] + [(max(x, w), y) for x, y in lower[1:]]
    side = smooth(upper + lower, 5)
    x = side[-1, 0]
    shape = torso(g, body, side, hem_line(x, hem, 0.09))
    strokes = [hem_seam(x, hem), *neck_strokes(g, body), *hanging(g, x, 1.9, hem)]
    if g.fit < 0.62:
        strokes.append(Stroke(smooth([(-0.8, 1.52), (0, 1.57), (0.8, 1.52)]), 0.03, 0.3))
    if g.neckline == "collar":
        strokes += placket(body, 0.34, min(hem, 3.4))
    pleats = 0.1 if g.cut == "pleated" else 0.0
    return [Piece("body", shape, offset=1, strokes=strokes, pleats=pleats), *collar(g, body)]
