"""Every rule of every request and event accepts a value at its limit and refuses one beyond it.

The rules are found by walking the descriptors, so that a new one is tested as it is written. A kind of rule that this
file does not know fails a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servicekit.errors import InvalidArgument
from servicekit.validation import check
from snsfashion.classifier.v1 import classifier_pb2
from snsfashion.color.v1 import color_pb2
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.events.v1 import events_pb2
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.segmenter.v1 import segmenter_pb2
from snsfashion.trends.v1 import trends_pb2

CONTRACTS = (
    classifier_pb2,
    color_pb2,
    crawler_pb2,
    events_pb2,
    recommender_pb2,
    segmenter_pb2,
    trends_pb2,
)
NOW = Timestamp(seconds=1_764_000_000)
IMAGE = fashion_pb2.ImageRef(image_id="a:b:0", sha256=bytes(32))
PROVENANCE = fashion_pb2.Provenance(
    site="a", post="b", kind=fashion_pb2.SOURCE_KIND_SHOP, posted_at=NOW
)
PHOTO_EVENT: dict[str, Any] = {"event_id": "1", "image": IMAGE, "provenance": PROVENANCE}

FEEDBACK = recommender_pb2.RecordFeedbackRequest(
    event_id="1", user_id="kim", image_id="a:b:0", kind=recommender_pb2.FEEDBACK_KIND_LIKED
)
INTERACTION = recommender_pb2.Interaction(
    image_id="a:b:0", kind=recommender_pb2.FEEDBACK_KIND_LIKED
)
OWN_GARMENT = recommender_pb2.OwnGarment(category=fashion_pb2.CATEGORY_SKIRT, color_family="red")
PROMOTION = recommender_pb2.Promotion(
    promotion_id="1", image_ids=["a:b:0"], boost=0.5, position=1, ends_at=NOW
)

# What a message must hold at least. A message that is not here may be empty.
VALID: dict[str, Message] = {
    message.DESCRIPTOR.full_name: message
    for message in (
        IMAGE,
        PROVENANCE,
        NOW,
        color_pb2.ExtractColorsRequest(garments=[fashion_pb2.Garment()]),
        color_pb2.NameColorRequest(hex="1f2a52"),
        color_pb2.PutPaletteRequest(palette_version="acme-2027"),
        color_pb2.PreviewPaletteRequest(palette_version="acme-2027"),
        color_pb2.ActivatePaletteRequest(palette_version="acme-2027"),
        crawler_pb2.InstagramSource(hashtags=["ootd"]),
        crawler_pb2.ShopSource(url="https://shop.example/"),
        crawler_pb2.FolderSource(path="/photos"),
        crawler_pb2.StartCrawlRequest(folder=crawler_pb2.FolderSource(path="/photos")),
        crawler_pb2.GetCrawlRequest(crawl_id="1"),
        crawler_pb2.CancelCrawlRequest(crawl_id="1"),
        crawler_pb2.PostRef(site="a", post="b"),
        crawler_pb2.ErasePostsRequest(author_handle="kim", author_site="a"),
        crawler_pb2.GetFateRequest(image_id="a:b:0"),
        recommender_pb2.RecommendRequest(user_id="kim"),
        recommender_pb2.Filters(currency="EUR"),
        FEEDBACK,
        recommender_pb2.PutProfileRequest(user_id="kim"),
        recommender_pb2.GetProfileRequest(user_id="kim"),
        recommender_pb2.ErasePersonRequest(user_id="kim"),
        recommender_pb2.GetOutfitRequest(image_id="a:b:0"),
        recommender_pb2.GetPhotoRequest(image_id="a:b:0"),
        INTERACTION,
        recommender_pb2.RecommendBatchRequest(
            requests=[recommender_pb2.RecommendRequest(user_id="kim")]
        ),
        recommender_pb2.SimilarOutfitsRequest(image_id="a:b:0"),
        OWN_GARMENT,
        recommender_pb2.CompleteOutfitRequest(garments=[OWN_GARMENT]),
        recommender_pb2.RecordFeedbackBatchRequest(events=[FEEDBACK]),
        PROMOTION,
        recommender_pb2.PutPromotionRequest(promotion=PROMOTION),
        recommender_pb2.DeletePromotionRequest(promotion_id="1"),
        trends_pb2.GetTrendsRequest(dimension=trends_pb2.DIMENSION_ITEM),
        trends_pb2.GetTrendSeriesRequest(
            dimension=trends_pb2.DIMENSION_ITEM, first_day=NOW, last_day=NOW
        ),
        trends_pb2.GetTrendEvidenceRequest(dimension=trends_pb2.DIMENSION_ITEM),
        trends_pb2.GetCoWornRequest(dimension=trends_pb2.DIMENSION_ITEM),
        trends_pb2.GetEvidencePhotoRequest(token="a"),
        trends_pb2.GetCatalogGapsRequest(dimension=trends_pb2.DIMENSION_ITEM),
        events_pb2.ImageCrawled(**PHOTO_EVENT),
        events_pb2.ImageClassified(**PHOTO_EVENT),
        events_pb2.GarmentsSegmented(**PHOTO_EVENT),
        events_pb2.OutfitDescribed(**PHOTO_EVENT),
        events_pb2.PostErased(event_id="1", site="a", post="b"),
        events_pb2.DeadLetter(event_id="1"),
    )
}

# Rules written as expressions, by id: values of the field that they accept and refuse. Rules of messages are tested below.
EXPRESSIONS: dict[str, tuple[list[str], list[str]]] = {
    "site.form": (["", "a", "7", "shop.example-2", "a" * 64], ["A", "a:b", ".a", "-a", "a" * 65]),
    "site.reserved": (["instagram.com"], ["instagram"]),
    "currency.form": (["", "EUR", "KRW"], ["euro", "EURO", "EU", "EUR\n", " EUR", "ＥUR"]),
    "hex.form": (
        ["#1F2a52", "000000"],
        ["", "red", "#12345", "#1234567", "##123456", "12 456", "#12345g", "#123456\n"],
    ),
    "palette_version.form": (["a", "A.b_c-9", "v" * 64], ["", "a b", "v" * 65, "ä", "v\n"]),
}


def requests() -> list[Descriptor]:
    """Return all requests and events, by name."""
    found = {
        method.input_type.full_name: method.input_type
        for contract in CONTRACTS
        for service in contract.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    found |= {
        message.full_name: message
        for name, message in events_pb2.DESCRIPTOR.message_types_by_name.items()
    }
    return [found[name] for name in sorted(found)]


def valid(descriptor: Descriptor | None) -> Any:
    """Return a new message that breaks no rule."""
    assert descriptor is not None
    message = GetMessageClass(descriptor)()
    if descriptor.full_name in VALID:
        message.CopyFrom(VALID[descriptor.full_name])
    return message


def stated(descriptor: Descriptor | FieldDescriptor, kind: str) -> Any:
    """Return the rules that the options of a field or a message state."""
    extension = descriptor_pool.Default().FindExtensionByName(f"buf.validate.{kind}")
    options: Any = descriptor.GetOptions()
    return options.Extensions[extension]


@dataclass(frozen=True)
class Rule:
    """A rule, and the path from a request to its field. `item`: it applies to each item of a repeated field."""

    request: Descriptor
    way: tuple[FieldDescriptor, ...]
    name: str
    limit: Any
    item: bool = False

    def __str__(self) -> str:
        return f"{self.request.name}.{self.path}-{self.limit if self.name == 'cel' else self.name}"

    @property
    def field(self) -> FieldDescriptor:
        """The field that it is about."""
        return self.way[-1]

    @property
    def path(self) -> str:
        """The path of the field as in errors, with the first item of repeated fields."""
        parts = [field.name + "[0]" * field.is_repeated for field in self.way[:-1]]
        return ".".join([*parts, self.field.name + "[0]" * self.item])

    def request_with(self, value: Any) -> Any:
        """Return a request that is valid except for this field, which has `value`; None leaves it out."""
        request = message = valid(self.request)
        for field in self.way[:-1]:
            inner = getattr(message, field.name)
            if field.is_repeated:
                if not inner:
                    inner.add().CopyFrom(valid(field.message_type))
                message = inner[0]
            else:
                if not message.HasField(field.name):
                    inner.CopyFrom(valid(field.message_type))
                message = inner
        name = self.field.name
        message.ClearField(name)
        if value is None:
            return request
        if self.field.is_repeated:
            getattr(message, name).extend([value] if self.item else value)
        elif self.field.message_type:
            getattr(message, name).CopyFrom(value)
        else:
            setattr(message, name, value)
        return request


def rules(
    request: Descriptor, message: Descriptor | None = None, way: tuple[FieldDescriptor, ...] = ()
) -> Iterator[Rule]:
    """Yield the rules of the fields of a request, those of nested messages too."""
    for field in (message or request).fields:
        here = (*way, field)
        yield from listed(request, here, stated(field, "field"), False)
        if field.message_type and is_checked(field):
            yield from rules(request, field.message_type, here)


def is_checked(field: FieldDescriptor) -> bool:
    """Return whether the messages in a field are checked with it: ours, unless they are checked one by one."""
    assert field.message_type is not None
    ours = bool(field.message_type.file.package.startswith("snsfashion."))
    return ours and not stated(field, "field").repeated.items.ignore


def listed(
    request: Descriptor, way: tuple[FieldDescriptor, ...], of: Any, item: bool
) -> Iterator[Rule]:
    """Yield the rules that one buf.validate.FieldRules states."""
    for option, value in of.ListFields():
        if option.name == "cel":
            yield from (Rule(request, way, "cel", cel.id, item) for cel in value)
        elif option.name == "ignore":
            continue
        elif option.name == "required":
            yield Rule(request, way, "required", value, item)
        else:
            for limit, number in value.ListFields():
                if limit.name == "items":
                    yield from listed(request, way, number, True)
                else:
                    yield Rule(request, way, f"{option.name}.{limit.name}", number, item)


RULES = [rule for request in requests() for rule in rules(request)]
# Characters of 1 to 4 bytes in UTF-8.
CHARACTERS = st.sampled_from("aZ0-é가😀")


def text_of_bytes(size: int) -> st.SearchStrategy[str]:
    """Return texts of exactly `size` bytes in UTF-8."""
    return st.text(CHARACTERS, max_size=size // 4).map(
        lambda text: text + "x" * (size - len(text.encode()))
    )


def numbers_of(field: FieldDescriptor) -> list[int]:
    """Return the numbers of an enum's values but 0, or [] where the field is not an enum."""
    return [n for n in field.enum_type.values_by_number if n] if field.enum_type else []


def item_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Return valid items of a repeated field."""
    if field.message_type:
        return st.just(valid(field.message_type))
    if field.enum_type:
        return st.sampled_from(numbers_of(field))
    return text_of_bytes(8)


def items(rule: Rule, size: int) -> st.SearchStrategy[list[Any]]:
    """Return lists of `size` valid items; different ones if the enum has enough."""
    if numbers := numbers_of(rule.field):
        return st.permutations((numbers * size)[:size])
    return item_of(rule.field).map(lambda item: [item] * size)


def zero_of(rule: Rule) -> Any:
    """Return the values that a required field must not have."""
    return None if rule.field.message_type or rule.field.is_repeated else rule.field.default_value


def given_of(rule: Rule) -> Any:
    """Return a valid value of a required field."""
    if rule.field.message_type:
        return valid(rule.field.message_type)
    if rule.field.enum_type:
        return 1
    return "x" if rule.field.type == FieldDescriptor.TYPE_STRING else b"x" * 32


def moved(moment: Timestamp, nanoseconds: int) -> Timestamp:
    """Return a time a little later or earlier."""
    seconds, nanos = divmod(moment.seconds * 10**9 + moment.nanos + nanoseconds, 10**9)
    return Timestamp(seconds=seconds, nanos=nanos)


Values = st.SearchStrategy[Any]
# For each kind of rule: values that are just accepted and just refused.
KINDS: dict[str, Callable[[Rule], tuple[Values, Values]]] = {
    "cel": lambda rule: (
        st.sampled_from(EXPRESSIONS[rule.limit][0]),
        st.sampled_from(EXPRESSIONS[rule.limit][1]),
    ),
    "required": lambda rule: (st.just(given_of(rule)), st.just(zero_of(rule))),
    "string.min_bytes": lambda rule: (
        text_of_bytes(rule.limit),
        text_of_bytes(rule.limit - 1),
    ),
    "string.max_bytes": lambda rule: (
        text_of_bytes(rule.limit),
        text_of_bytes(rule.limit + 1),
    ),
    "string.max_len": lambda rule: (
        st.text(CHARACTERS, min_size=rule.limit, max_size=rule.limit),
        st.text(CHARACTERS, min_size=rule.limit + 1, max_size=rule.limit + 1),
    ),
    "string.not_contains": lambda rule: (
        text_of_bytes(8),
        st.tuples(text_of_bytes(4), text_of_bytes(4)).map(rule.limit.join),
    ),
    "bytes.len": lambda rule: (
        st.binary(min_size=rule.limit, max_size=rule.limit),
        st.sampled_from([bytes(rule.limit - 1), bytes(rule.limit + 1), b""]),
    ),
    "uint32.lte": lambda rule: (
        st.integers(0, rule.limit) | st.just(rule.limit),
        st.integers(rule.limit + 1, 2**32 - 1) | st.just(rule.limit + 1),
    ),
    "int64.gte": lambda rule: (
        st.integers(rule.limit, 2**63 - 1) | st.just(rule.limit),
        st.integers(-(2**63), rule.limit - 1) | st.just(rule.limit - 1),
    ),
    "float.gte": lambda rule: (
        # Some have a highest value too.
        st.floats(rule.limit, rule.limit + 0.5, width=32) | st.just(rule.limit),
        st.floats(-1024, rule.limit, exclude_max=True, width=32),
    ),
    "float.lte": lambda rule: (
        st.floats(0, rule.limit, width=32) | st.just(rule.limit),
        st.floats(rule.limit, 1024, exclude_min=True, width=32),
    ),
    "float.finite": lambda rule: (
        st.floats(0, 1024),
        st.sampled_from([math.nan, math.inf, -math.inf]),
    ),
    "enum.defined_only": lambda rule: (
        st.sampled_from(numbers_of(rule.field)),
        st.sampled_from([-1, max(numbers_of(rule.field)) + 1, 2**31 - 1]),
    ),
    "enum.not_in": lambda rule: (item_of(rule.field), st.sampled_from(list(rule.limit))),
    "repeated.min_items": lambda rule: (items(rule, rule.limit), items(rule, rule.limit - 1)),
    "repeated.max_items": lambda rule: (items(rule, rule.limit), items(rule, rule.limit + 1)),
    "repeated.unique": lambda rule: (
        items(rule, 2),
        item_of(rule.field).map(lambda item: [item, item]),
    ),
    "timestamp.gte": lambda rule: (st.just(rule.limit), st.just(moved(rule.limit, -1))),
    "timestamp.lt": lambda rule: (st.just(moved(rule.limit, -1)), st.just(rule.limit)),
    "timestamp.lte": lambda rule: (st.just(rule.limit), st.just(moved(rule.limit, 1))),
}


@pytest.mark.parametrize("rule", RULES, ids=str)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_rule_accepts_its_limit_and_refuses_what_is_beyond(
    rule: Rule, data: st.DataObject
) -> None:
    accepted, refused = KINDS[rule.name](rule)
    check(rule.request_with(data.draw(accepted)))
    with pytest.raises(InvalidArgument) as error:
        check(rule.request_with(data.draw(refused)))
    assert error.value.field == rule.path
    assert error.value.description


@pytest.mark.parametrize("request_", requests(), ids=lambda request: request.name)
def test_a_request_with_its_required_fields_is_accepted(request_: Descriptor) -> None:
    check(valid(request_))


def test_all_expressions_are_tried() -> None:
    assert {rule.limit for rule in RULES if rule.name == "cel"} == set(EXPRESSIONS)


def recommend(**filters: Any) -> Message:
    """Return a request with these filters."""
    return recommender_pb2.RecommendRequest(
        user_id="kim", filters=recommender_pb2.Filters(**filters)
    )


def promoted(**fields: Any) -> Message:
    """Return a request for a promotion."""
    promotion = recommender_pb2.Promotion(promotion_id="1", ends_at=NOW, **fields)
    return recommender_pb2.PutPromotionRequest(promotion=promotion)


ITEM = trends_pb2.DIMENSION_ITEM
MESSAGE_RULES: list[tuple[str, Message]] = [
    ("posts", crawler_pb2.ErasePostsRequest()),
    ("author_site", crawler_pb2.ErasePostsRequest(author_handle="kim")),
    ("filters.currency", recommend(max_price_micros=1)),
    ("filters.currency", recommend(max_price_cents=1)),
    (
        "filters.max_price_minor",
        recommend(max_price_minor=1, max_price_micros=1, currency="EUR"),
    ),
    ("user_id", recommender_pb2.RecommendRequest()),
    ("promotion.boost", promoted(image_ids=["a:b:0"])),
    ("promotion.image_ids", promoted(position=1)),
    ("first_day", trends_pb2.GetTrendSeriesRequest(dimension=ITEM, last_day=NOW)),
    ("last_day", trends_pb2.GetTrendSeriesRequest(dimension=ITEM, first_day=NOW)),
]


@pytest.mark.parametrize(("field", "request_"), MESSAGE_RULES, ids=range(len(MESSAGE_RULES)))
def test_a_rule_of_a_whole_message_names_the_field_it_is_about(
    field: str, request_: Message
) -> None:
    with pytest.raises(InvalidArgument) as error:
        check(request_)
    assert error.value.field == field


def test_all_rules_of_whole_messages_are_tried_and_name_a_field() -> None:
    found = {
        (message.full_name, rule.id)
        for contract in (*CONTRACTS, fashion_pb2)
        for message in contract.DESCRIPTOR.message_types_by_name.values()
        for rule in stated(message, "message").cel
    }
    for name, field in found:
        assert field in descriptor_pool.Default().FindMessageTypeByName(name).fields_by_name
    assert {field for _, field in found} == {name.split(".")[-1] for name, _ in MESSAGE_RULES}


def test_a_source_is_required() -> None:
    with pytest.raises(InvalidArgument) as error:
        check(crawler_pb2.StartCrawlRequest())
    assert error.value.field == "source"


def test_deprecated_fields_still_count() -> None:
    request = trends_pb2.GetTrendSeriesRequest(dimension=trends_pb2.DIMENSION_ITEM, to=NOW)
    getattr(request, "from").CopyFrom(NOW)
    check(request)
    check(recommend(max_price_cents=1, currency="KRW"))


def test_an_error_names_the_place_in_a_list() -> None:
    post = crawler_pb2.PostRef(site="a", post="b")
    posts = [post, post, post, crawler_pb2.PostRef(site="a:b", post="c")]
    with pytest.raises(InvalidArgument) as error:
        check(crawler_pb2.ErasePostsRequest(posts=posts))
    assert error.value.field == "posts[3].site"
    assert str(error.value).startswith("posts[3].site: ")


@given(seconds=st.integers(-(2**63), 2**63 - 1), nanos=st.integers(-(2**31), 2**31 - 1))
@example(seconds=0, nanos=-1)
@example(seconds=-1, nanos=10**9)
@example(seconds=221_845_392_000, nanos=-1)
def test_an_invalid_time_is_an_invalid_argument(seconds: int, nanos: int) -> None:
    time = Timestamp(seconds=seconds, nanos=nanos)
    request = trends_pb2.GetTrendSeriesRequest(dimension=ITEM, first_day=time, last_day=time)
    # Nanoseconds out of their range still add up.
    refused = not 0 <= seconds * 10**9 + nanos < 221_845_392_000 * 10**9
    with pytest.raises(InvalidArgument, match=r"^first_day: ") if refused else nullcontext():
        check(request)
