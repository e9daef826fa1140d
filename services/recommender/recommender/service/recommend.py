"""Recommend and RecommendBatch."""

from __future__ import annotations

from collections.abc import AsyncIterator

from recommender import messages, requests
from recommender.core import filters, profile
from recommender.core.catalog import Catalog
from recommender.core.profile import Feedback, Learned
from recommender.core.ranking import Key
from recommender.core.recommend import Plan, Recommended, recommend, without_last_act
from recommender.core.score import HOUR_S, Person
from recommender.core.shortlist import Shortlist
from recommender.core.trend_table import NO_TRENDS
from recommender.core.why.reasons import Asked, reasons
from recommender.service.parts import Context, Parts, shown
from servicekit.errors import InvalidArgument
from servicekit.validation import check
from snsfashion.recommender.v1 import recommender_pb2


class RecommendCalls:
    """The RPCs that recommend outfits to people."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Recommend(
        self, request: recommender_pb2.RecommendRequest, context: Context
    ) -> recommender_pb2.RecommendResponse:
        """Recommend outfits to a person."""
        return await self._recommend(request)

    async def RecommendBatch(
        self, request: recommender_pb2.RecommendBatchRequest, context: Context
    ) -> AsyncIterator[recommender_pb2.RecommendBatchResponse]:
        """Recommend outfits to many people, one after the other; a bad request gets its error in its place."""
        for index, one in enumerate(request.requests):
            answer = recommender_pb2.RecommendBatchResponse(index=index)
            try:
                check(one)
                answer.response.CopyFrom(await self._recommend(one))
            except InvalidArgument as error:
                answer.error = str(error)
            yield answer

    async def _recommend(
        self, request: recommender_pb2.RecommendRequest
    ) -> recommender_pb2.RecommendResponse:
        parts = self._parts
        catalog = parts.replica.catalog
        query = requests.query(request, parts.clock(), catalog.families)
        # One after the other: both are nearly always in memory, and tasks would take longer than what they do.
        person = await self._person(request, query, catalog)
        trends = await parts.trends.table(query.as_of)
        shortlist = await parts.shelf.get(
            catalog,
            Key.of(query.weights, person, query.southern),
            trends or NO_TRENDS,
            query.as_of.timestamp(),
            parts.board.promotions,
        )
        plan = Plan(
            query.k,
            query.as_of.timestamp(),
            exploration=query.exploration,
            answer_id=query.recommendation_id,
        )
        found = recommend(catalog, shortlist, person, query.filters, plan, without_last_act(person))
        answer = _answer(catalog, query, person, shortlist, found)
        answer.degraded = trends is None
        for recommendation in answer.recommendations:
            await parts.add_url(recommendation.outfit)
        return answer

    async def _person(
        self, request: recommender_pb2.RecommendRequest, query: requests.Query, catalog: Catalog
    ) -> Person:
        hour = query.as_of.timestamp() // HOUR_S * HOUR_S
        declared = query.preferences
        if not query.user_id:
            learned = _guest(request.guest, catalog, query.as_of.timestamp())
            return Person(frozenset(declared.styles), declared.personal_color, learned)
        known = await self._parts.people.get(query.user_id)
        return Person(
            frozenset(declared.styles or known.styles),
            declared.personal_color or known.personal_color,
            known.learned(hour),
        )


def _guest(guest: recommender_pb2.Guest, catalog: Catalog, now: float) -> Learned:
    """Return what a visit teaches."""
    events = []
    for number, one in enumerate(guest.interactions):
        row = catalog.row(one.image_id)
        if row is not None:
            message = messages.parse(catalog.payloads[row])
            # In the order in which they happened.
            at = now - (len(guest.interactions) - number)
            worn = messages.worn(message)
            events.append(Feedback(f"{number:03}", one.image_id, one.kind, message.style, at, worn))
    return profile.learn(events, now)


def _answer(
    catalog: Catalog,
    query: requests.Query,
    person: Person,
    shortlist: Shortlist,
    found: Recommended,
) -> recommender_pb2.RecommendResponse:
    asked = Asked(
        person,
        shortlist.ranking.moment,
        shortlist.ranking.common,
        query.as_of.timestamp(),
        query.filters,
        found.passed.relaxed,
    )
    state, currencies = _state(catalog, query, found)
    answer = recommender_pb2.RecommendResponse(
        state=state,
        relaxed=found.passed.relaxed,
        candidates=found.candidates,
        recommendation_id=query.recommendation_id,
        weights_id=query.weights.id,
        personal_color_state=_color_state(catalog, person, found),
        currencies=currencies,
    )
    for place, (row, values) in enumerate(zip(found.rows, found.parts.tolist(), strict=True), 1):
        payload = catalog.payloads[row]
        one = answer.recommendations.add(
            position=place, explored=row in found.explored, pinned=row in found.pinned
        )
        messages.parse_into(one.outfit, payload)
        messages.say(one, values, reasons(shown(payload), asked, values))
    return answer


def _state(
    catalog: Catalog, query: requests.Query, found: Recommended
) -> tuple[recommender_pb2.RecommendState.ValueType, list[str]]:
    if found.candidates:
        if found.passed.relaxed:
            return recommender_pb2.RECOMMEND_STATE_RELAXED, []
        return recommender_pb2.RECOMMEND_STATE_OK, []
    if not catalog.has_offers:
        return recommender_pb2.RECOMMEND_STATE_NO_CATALOG, []
    if query.filters.max_price_micros:
        currencies = filters.find_currencies(catalog)
        if query.filters.currency not in currencies:
            return recommender_pb2.RECOMMEND_STATE_OTHER_CURRENCY, currencies
    return recommender_pb2.RECOMMEND_STATE_NOTHING_ALLOWED, []


def _color_state(
    catalog: Catalog, person: Person, found: Recommended
) -> recommender_pb2.PersonalColorState.ValueType:
    if not person.personal_color:
        return recommender_pb2.PERSONAL_COLOR_STATE_NOT_DECLARED
    suits = catalog.columns.suits
    # Nearly always something in the answer does, and the catalog need not be searched.
    for some in (found.rows, found.passed.mask):
        if ((suits[some] >> person.personal_color) & 1).any():
            return recommender_pb2.PERSONAL_COLOR_STATE_SUITED
    return recommender_pb2.PERSONAL_COLOR_STATE_NOTHING_SUITS
