"""The six styles: each a distribution of outfits, colors and patterns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """Relative weights. `outfits`: top+bottom, outerwear+top+bottom, dress, outerwear+dress."""

    outfits: tuple[float, float, float, float]
    tops: dict[int, float]
    outerwear: dict[int, float]
    bottoms: dict[int, float]
    dresses: dict[int, float]
    colors: dict[str, float]
    patterns: dict[str, float]
    fit: tuple[float, float]
    shoes: tuple[str, ...]


_ALL = {"plain": 0.6, "striped": 0.16, "checked": 0.12, "dotted": 0.12}

STYLE: dict[str, Style] = {
    "casual": Style(
        (0.48, 0.22, 0.23, 0.07),
        {1: 4, 2: 3, 5: 2, 6: 1},
        {3: 2, 4: 3},
        {7: 3, 8: 5, 9: 2},
        {10: 3, 11: 1, 12: 2, 13: 1},
        {
            "white": 4,
            "denim": 5,
            "grey": 3,
            "navy": 3,
            "red": 2,
            "blue": 3,
            "light blue": 2,
            "yellow": 2,
            "khaki": 2,
            "green": 2,
            "orange": 1,
            "mint": 1,
            "pink": 1,
            "black": 2,
        },
        {"plain": 0.55, "striped": 0.25, "checked": 0.15, "dotted": 0.05},
        (0.3, 0.8),
        ("sneaker", "sneaker", "sandal", "loafer"),
    ),
    "feminine": Style(
        (0.35, 0.12, 0.43, 0.1),
        {1: 3, 2: 2, 5: 2, 6: 3},
        {3: 2, 4: 2},
        {7: 1, 8: 1.5, 9: 6},
        {10: 3, 11: 2, 12: 3, 13: 3},
        {
            "pink": 5,
            "lavender": 4,
            "ivory": 3,
            "white": 3,
            "coral": 3,
            "hot pink": 2,
            "light blue": 3,
            "mint": 3,
            "red": 2,
            "purple": 2,
            "beige": 2,
            "yellow": 1,
            "burgundy": 1,
        },
        {"plain": 0.55, "striped": 0.08, "checked": 0.07, "dotted": 0.3},
        (0.1, 0.6),
        ("heel", "heel", "sandal", "loafer"),
    ),
    "minimal": Style(
        (0.43, 0.27, 0.23, 0.07),
        {1: 3, 2: 4, 5: 2, 6: 2},
        {3: 1, 4: 3},
        {7: 1, 8: 5, 9: 3},
        {10: 2, 11: 3, 12: 2, 13: 2},
        {
            "black": 5,
            "white": 5,
            "beige": 4,
            "grey": 4,
            "ivory": 4,
            "camel": 3,
            "charcoal": 3,
            "navy": 2,
            "khaki": 1,
        },
        {"plain": 0.9, "striped": 0.08, "checked": 0.01, "dotted": 0.01},
        (0.3, 0.8),
        ("loafer", "sneaker", "heel", "boot"),
    ),
    "modern": Style(
        (0.33, 0.35, 0.23, 0.09),
        {1: 3, 2: 4, 5: 1.5, 6: 2},
        {3: 2, 4: 4},
        {7: 1, 8: 5, 9: 3},
        {10: 2, 11: 2, 12: 3, 13: 2},
        {
            "black": 4,
            "white": 3,
            "navy": 4,
            "charcoal": 3,
            "blue": 3,
            "teal": 3,
            "burgundy": 3,
            "grey": 2,
            "camel": 2,
            "purple": 2,
            "green": 2,
            "red": 1,
        },
        {"plain": 0.72, "striped": 0.14, "checked": 0.12, "dotted": 0.02},
        (0.1, 0.55),
        ("heel", "loafer", "boot"),
    ),
    "street": Style(
        (0.44, 0.33, 0.15, 0.08),
        {1: 4, 2: 4, 5: 2.5, 6: 1.5},
        {3: 3, 4: 4},
        {7: 4, 8: 5, 9: 1.5},
        {10: 3, 11: 1, 12: 2, 13: 1},
        {
            "black": 5,
            "charcoal": 3,
            "orange": 3,
            "olive": 3,
            "red": 2,
            "yellow": 2,
            "purple": 2,
            "hot pink": 2,
            "green": 2,
            "white": 3,
            "denim": 3,
            "blue": 2,
            "grey": 2,
        },
        {"plain": 0.66, "striped": 0.14, "checked": 0.17, "dotted": 0.03},
        (0.55, 1.0),
        ("sneaker", "sneaker", "boot"),
    ),
    "vintage": Style(
        (0.38, 0.27, 0.25, 0.1),
        {1: 3, 2: 4, 5: 2, 6: 1},
        {3: 2, 4: 3},
        {7: 1.5, 8: 4, 9: 4},
        {10: 3, 11: 3, 12: 2, 13: 1},
        {
            "mustard": 5,
            "brown": 4,
            "burgundy": 4,
            "olive": 4,
            "camel": 3,
            "teal": 2,
            "orange": 2,
            "ivory": 3,
            "denim": 2,
            "green": 2,
            "khaki": 2,
            "beige": 2,
            "coral": 1,
        },
        {"plain": 0.38, "striped": 0.14, "checked": 0.28, "dotted": 0.2},
        (0.2, 0.7),
        ("loafer", "boot", "heel"),
    ),
}
