"""What each kind of person is answered in one world, and what is true of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.answers import judge, services
from benchmarks.answers.people import Kind, kinds
from lookbook.spec.colors import NAMES
from lookbook.world.four_weeks import World
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.recommender.v1.recommender_pb2 import Filters, RecommendRequest, Weights

PLACES = 10
# With the weight of trend alone nothing is explored: the question is what the order puts first.
_TREND_ONLY = {"weights": Weights(trend=1), "exploration": 0.0}


@dataclass
class Found:
    """Counts over one or more worlds."""

    counts: Counter[str] = field(default_factory=Counter)
    """Places, sentences and outfits: `riser_places` of `riser_room`, and so on."""
    untrue: list[str] = field(default_factory=list)
    """What was false, in words."""

    def add(self, other: Found) -> None:
        """Add what was found in another world."""
        self.counts.update(other.counts)
        self.untrue += other.untrue

    def share(self, part: str, whole: str) -> float:
        """Return one count as a part of another; 0 if there is none."""
        return self.counts[part] / max(1, self.counts[whole])


@dataclass(frozen=True)
class Answer:
    """What one kind of person was answered, by default."""

    kind: Kind
    recommendations: Sequence[recommender_pb2.Recommendation]


async def ask(
    world: World, mongodb_uri: str, tick: Callable[[], object]
) -> tuple[Found, list[Answer]]:
    """Ask as each kind of person: by default, by trend alone, and with a color family left out."""
    true, found, answers = judge.Truth(world), Found(), []
    async with services.recommender_of(world, mongodb_uri) as stub:
        for number, kind in enumerate(kinds()):
            plain = await stub.Recommend(_request(kind))
            _judge(true, kind, plain.recommendations, found)
            answers.append(Answer(kind, list(plain.recommendations)))
            by_trend = await stub.Recommend(_request(kind, **_TREND_ONLY))
            _count_risers(true, by_trend.recommendations, "trend_only", found)
            # Every family in turn: 35 kinds ask for each of the 28 at least once.
            family = NAMES[number % len(NAMES)]
            without = await stub.Recommend(
                _request(kind, filters=Filters(exclude_color_families=[family]))
            )
            _judge_excluded(true, family, without.recommendations, found)
            tick()
    return found, answers


def _request(kind: Kind, **more: object) -> RecommendRequest:
    return RecommendRequest(
        user_id=kind.user_id,
        k=PLACES,
        preferences=kind.preferences,
        recommendation_id=kind.user_id,
        **more,  # type: ignore[arg-type]
    )


def _judge(
    true: judge.Truth,
    kind: Kind,
    places: Sequence[recommender_pb2.Recommendation],
    found: Found,
) -> None:
    _count_risers(true, places, "riser", found)
    for one in places:
        image_id = one.outfit.image.image_id
        found.counts["places"] += 1
        found.counts["without_reason"] += not one.reasons
        if kind.style:
            # What rises may be in another style.
            place = "riser" if true.shows_riser(image_id) else "style"
            found.counts[f"{place}_with_style_room"] += 1
            found.counts[f"{place}_in_style"] += one.outfit.style == kind.style
        for reason in one.reasons:
            if judge.is_about_trend(reason):
                found.counts["trend_sentences"] += 1
                _note(found, "false_trend_sentences", reason, true.false_trend(image_id, reason))
            elif reason.code == recommender_pb2.REASON_CODE_PERSONAL_COLOR:
                found.counts["color_sentences"] += 1
                wrong = true.false_color(image_id, reason)
                _note(found, "opposite_undertone_sentences", reason, wrong)


def _note(found: Found, name: str, reason: recommender_pb2.Reason, wrong: str) -> None:
    if wrong:
        found.counts[name] += 1
        found.untrue.append(f"{reason.text} [{wrong}]")


def _count_risers(
    true: judge.Truth,
    places: Sequence[recommender_pb2.Recommendation],
    name: str,
    found: Found,
) -> None:
    """Count the places that show a true riser, and those that could: no more than there are such outfits."""
    found.counts[f"{name}_room"] += min(PLACES, true.with_riser)
    found.counts[f"{name}_places"] += sum(
        true.shows_riser(one.outfit.image.image_id) for one in places
    )


def _judge_excluded(
    true: judge.Truth,
    family: str,
    places: Sequence[recommender_pb2.Recommendation],
    found: Found,
) -> None:
    for one in places:
        found.counts["places_without"] += 1
        if true.shows_excluded(one.outfit.image.image_id, family):
            found.counts["excluded_shown"] += 1
            found.untrue.append(f"{one.outfit.product.title} [though {family} is left out]")
