"""The same fact has the same id, a real update never has an old one, and the greater tuple wins."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from servicekit import events, topology
from servicekit.errors import InvalidMessage
from servicekit.events import PhotoEvent
from snsfashion.events.v1.events_pb2 import DeadLetter, ImageCrawled, PostErased
from snsfashion.fashion.v1.fashion_pb2 import SOURCE_KIND_SOCIAL, Generations, ImageRef

generations = st.builds(
    Generations, **{name: st.integers(0, 3) for name in Generations.DESCRIPTOR.fields_by_name}
)


def image(**changes: object) -> ImageRef:
    """Return the reference of a photo."""
    return ImageRef(**{"image_id": "site:post:0", "sha256": b"\1" * 32, **changes})  # type: ignore[arg-type]


def crawled() -> ImageCrawled:
    """Return a complete event."""
    event = ImageCrawled(event_id="e", image=image(), generations=Generations(provenance=1))
    event.provenance.site, event.provenance.post = "site", "post"
    event.provenance.kind = SOURCE_KIND_SOCIAL
    event.provenance.posted_at.FromSeconds(1)
    return event


@given(generations, generations)
def test_ids_are_equal_exactly_when_the_facts_are(a: Generations, b: Generations) -> None:
    first = events.photo_event_id(topology.DESCRIBED, image(), a)
    second = events.photo_event_id(topology.DESCRIBED, image(), b)
    assert (first == second) == (events.order(a) == events.order(b))


def test_subject_photo_and_bytes_are_part_of_the_id() -> None:
    made = Generations(provenance=1)
    ids = {
        events.photo_event_id(subject, photo, made)
        for subject in (topology.FASHION, topology.REJECTED)
        for photo in (image(), image(image_id="site:post:1"), image(sha256=b"\2" * 32))
    }
    assert len(ids) == 6


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_no_two_lists_of_parts_collide(a: list[str], b: list[str]) -> None:
    assert (events.event_id("s", *a) == events.event_id("s", *b)) == (a == b)


def test_an_id_is_the_same_in_every_release() -> None:
    """Stored data and replays depend on it."""
    made = events.event_id("sns.post.erased.v1", "site", b"post", 7)
    assert made == "b082d610a1ba5ed1c607f4f22368782c4b61ba8e3c94a0f1ffc6987bf1ffd3d0"


def test_the_order_is_provenance_then_classifier_then_segmenter_then_color() -> None:
    made = Generations(provenance=1, classifier=2, segmenter=3, color=4)
    assert events.order(made) == (1, 2, 3, 4)
    assert events.order(Generations(provenance=2)) > events.order(made)


@pytest.mark.parametrize("subject", topology.subjects_of(topology.PIPELINE))
def test_a_photo_event_survives_decoding(subject: topology.Subject[PhotoEvent]) -> None:
    body = crawled().SerializeToString()
    decoded = events.decode(subject, body)
    assert type(decoded) is subject.message
    assert events.image_id_of(subject, body) == "site:post:0"


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("event_id", "event_id: value is required"),
        ("image.image_id", "image.image_id: "),
        ("image.sha256", "image.sha256: "),
        ("provenance.site", "provenance.site: "),
        ("provenance.post", "provenance.post: "),
        ("provenance.kind", "provenance.kind: "),
        ("provenance.posted_at", "provenance.posted_at: "),
    ],
)
def test_an_event_that_lacks_something_is_refused_by_name(field: str, says: str) -> None:
    event = crawled()
    *path, name = field.split(".")
    owner: Message = getattr(event, path[0]) if path else event
    owner.ClearField(name)
    with pytest.raises(InvalidMessage, match=says):
        events.decode(topology.CRAWLED, event.SerializeToString())


def test_an_erasure_names_its_post() -> None:
    whole = PostErased(event_id="e", site="site", post="post")
    assert events.decode(topology.ERASED, whole.SerializeToString()) == whole
    with pytest.raises(InvalidMessage, match="site: value is required"):
        events.decode(topology.ERASED, PostErased(event_id="e").SerializeToString())


def test_dead_letters_of_any_service_are_decoded() -> None:
    letter = DeadLetter(event_id="e", service="color")
    assert events.decode("sns.dead.color.v1", letter.SerializeToString()) == letter


def test_an_unknown_subject_is_refused() -> None:
    with pytest.raises(InvalidMessage, match="no event is declared"):
        events.decode("sns.other.v1", b"")


@given(
    st.sampled_from([*topology.SUBJECTS, "sns.dead.color.v1", "sns.other.v1"]),
    st.binary(max_size=60),
)
def test_arbitrary_bytes_never_crash(subject: str, body: bytes) -> None:
    assert isinstance(events.image_id_of(subject, body), str)
    with suppress(InvalidMessage):
        assert events.decode(subject, body).event_id


def test_a_moment_keeps_its_instant_in_any_time_zone() -> None:
    seoul = datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=9)))
    assert events.timestamp(seoul).ToDatetime(UTC) == datetime(2026, 11, 22, tzinfo=UTC)


def test_only_a_greater_tuple_supersedes() -> None:
    assert events.supersedes((1, 1, 1, 1), None)
    assert events.supersedes((1, 2, 0, 0), (1, 1, 9, 9))
    assert not events.supersedes((1, 1, 1, 1), (1, 1, 1, 1))
    assert not events.supersedes((1, 1, 9, 9), (1, 2, 0, 0))
