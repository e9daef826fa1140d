"""The hashtag part of Instagram's Graph API, as documented, over a world: a function of request and clock.

Documentation: developers.facebook.com/docs/instagram-platform, "IG Hashtag Search", "Recent Media", "Top Media" and
"IG Media". No author anywhere: `username` can't be asked for on these edges.
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from lookbook.world.four_weeks import World
from lookbook.world.posts import Post

VERSION = "v23.0"
TOKEN = "look-book"
"""The only access token that is accepted."""

MAX_HASHTAGS = 30
"""Unique hashtags a user may query in a rolling 7 days."""

MAX_PAGE = 50
RECENT = timedelta(hours=24)
_TOP = 9
_MEDIA_FIELDS = frozenset(
    {
        "id",
        "caption",
        "children",
        "comments_count",
        "like_count",
        "media_type",
        "media_url",
        "permalink",
        "timestamp",
    }
)
_CHILD_FIELDS = frozenset({"id", "media_type", "media_url"})

Json = dict[str, Any]


class GraphError(Exception):
    """A refusal, as the API words it: HTTP status, code, subcode, type and message."""

    def __init__(self, status: int, code: int, kind: str, message: str, subcode: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {
            "error": {
                "message": message,
                "type": kind,
                "code": code,
                **({"error_subcode": subcode} if subcode else {}),
                "fbtrace_id": "lookbook",
            }
        }


def hashtag_id(tag: str) -> str:
    """Return the static id of a hashtag."""
    return f"1784{zlib.crc32(tag.encode()):013d}"


@dataclass
class Graph:
    """The API over one world. `now` is the look-book's clock; `base` the server's address."""

    world: World
    base: Callable[[], str]
    now: Callable[[], datetime]
    deleted: set[str] = field(default_factory=set)
    _queries: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tags = {t for p in self.world.posts for t in p.hashtags}
        self._tags = {hashtag_id(t): t for t in tags}
        self._posts = {p.id: p for p in self.world.posts}

    def hashtag_search(self, query: Mapping[str, str]) -> Json:
        """Answer `GET /ig_hashtag_search?user_id&q`: the id of a hashtag. A user may ask for 30 different ones in 7 days."""
        self._authorize(query)
        user, tag = _need(query, "user_id"), _need(query, "q").lstrip("#").lower()
        if hashtag_id(tag) not in self._tags:
            raise GraphError(
                400, 24, "OAuthException", "The requested resource does not exist", 2207024
            )
        now = self.now()
        recent = {
            t: at for t, at in self._queries.get(user, {}).items() if now - at < timedelta(days=7)
        }
        if tag not in recent and len(recent) >= MAX_HASHTAGS:
            raise GraphError(
                400,
                18,
                "OAuthException",
                "You have reached the limit of 30 unique hashtags in 7 days",
                2207034,
            )
        recent.setdefault(tag, now)
        self._queries[user] = recent
        return {"data": [{"id": hashtag_id(tag)}]}

    def recent_media(self, tag_id: str, query: Mapping[str, str]) -> Json:
        """Answer `GET /{hashtag-id}/recent_media`: the last 24 hours before the clock, in no order, paged."""
        tag = self._hashtag(tag_id, query)
        now = self.now()
        return self._page(tag_id, "recent_media", self._with(tag, now - RECENT, now), query)

    def top_media(self, tag_id: str, query: Mapping[str, str]) -> Json:
        """Answer `GET /{hashtag-id}/top_media`: a handful of all that was posted before the clock."""
        tag = self._hashtag(tag_id, query)
        now = self.now()
        return self._page(
            tag_id, "top_media", self._with(tag, now - timedelta(days=10_000), now)[:_TOP], query
        )

    def media(self, media_id: str, query: Mapping[str, str]) -> Json:
        """Answer `GET /{media-id}`: a post that still exists."""
        self._authorize(query)
        post = self._posts.get(media_id)
        if post is None or post.id in self.deleted or post.posted_at > self.now():
            raise GraphError(
                400, 100, "GraphMethodException",
                f"Unsupported get request. Object with ID '{media_id}' does not exist, cannot be loaded due to "
                "missing permissions, or does not support this operation", 33,
            )  # fmt: skip
        return self._node(post, _fields(query))

    def _authorize(self, query: Mapping[str, str]) -> None:
        if query.get("access_token") != TOKEN:
            raise GraphError(
                400, 190, "OAuthException", "Invalid OAuth access token - Cannot parse access token"
            )

    def _hashtag(self, tag_id: str, query: Mapping[str, str]) -> str:
        self._authorize(query)
        _need(query, "user_id")
        if tag_id not in self._tags:
            raise GraphError(
                400,
                100,
                "GraphMethodException",
                f"Unsupported get request: no hashtag {tag_id}",
                33,
            )
        return self._tags[tag_id]

    def _with(self, tag: str, after: datetime, before: datetime) -> list[Post]:
        """Return posts with a hashtag in (after, before], shuffled the same way every time."""
        found = [
            p
            for p in self.world.posts
            if tag in p.hashtags and after < p.posted_at <= before and p.id not in self.deleted
        ]
        return sorted(found, key=lambda p: _place(p.id))

    def _page(self, tag_id: str, edge: str, posts: list[Post], query: Mapping[str, str]) -> Json:
        names = _fields(query)
        size = _limit(query)
        start = 0
        if after := query.get("after"):
            # The cursor names the last post seen, so a post that vanishes between two pages hides no other.
            seen = _place(_cursor(after))
            start = sum(_place(p.id) <= seen for p in posts)
        shown = posts[start : start + size]
        body: Json = {"data": [self._node(p, names) for p in shown]}
        if shown:
            last = base64.urlsafe_b64encode(shown[-1].id.encode()).decode()
            body["paging"] = {"cursors": {"after": last}}
            if start + size < len(posts):
                rest = urlencode({**query, "after": last})
                body["paging"]["next"] = f"{self.base()}/graph/{VERSION}/{tag_id}/{edge}?{rest}"
        return body

    def _node(self, post: Post, names: Mapping[str, tuple[str, ...]]) -> Json:
        album = len(post.photos) > 1
        full: Json = {
            "id": post.id,
            "caption": post.caption,
            "comments_count": zlib.crc32(post.id.encode()) % 40,
            "like_count": zlib.crc32(post.id.encode()) % 900,
            "media_type": "CAROUSEL_ALBUM" if album else "IMAGE",
            "permalink": f"{self.base()}/p/{post.id}/",
            "timestamp": post.posted_at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }
        if album:
            inner = names.get("children") or ("id",)
            children = [
                {
                    "id": f"{post.id}{n}",
                    "media_type": "IMAGE",
                    "media_url": self._media_url(post, n),
                }
                for n in range(len(post.photos))
            ]
            full["children"] = {"data": [{k: c[k] for k in inner} for c in children]}
        else:
            full["media_url"] = self._media_url(post, 0)
        return {k: full[k] for k in ("id", *names) if k in full}

    def _media_url(self, post: Post, n: int) -> str:
        return f"{self.base()}/media/{post.id}/{n}.jpg"


def _place(post: str) -> bytes:
    """Return the key that says where a post stands in the shuffled order."""
    return hashlib.blake2b(post.encode(), digest_size=8).digest()


def _need(query: Mapping[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise GraphError(400, 100, "OAuthException", f"(#100) The parameter {name} is required.")
    return value


def _limit(query: Mapping[str, str]) -> int:
    try:
        return max(1, min(MAX_PAGE, int(query.get("limit", "25"))))
    except ValueError as e:
        raise GraphError(400, 100, "OAuthException", "(#100) Param limit must be an integer") from e


def _cursor(after: str) -> str:
    try:
        return base64.urlsafe_b64decode(after.encode()).decode()
    except ValueError as e:
        raise GraphError(
            400, 100, "OAuthException", "(#100) Invalid cursor in parameter after"
        ) from e


def _fields(query: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Parse `id,children{id,media_url}` into {"id": (), "children": ("id", "media_url")}; refuse what is not documented."""
    out: dict[str, tuple[str, ...]] = {}
    for name in _split(query.get("fields", "id")):
        name, _, inner = name.partition("{")
        children = tuple(f for f in inner.rstrip("}").split(",") if f)
        if name not in _MEDIA_FIELDS or not set(children) <= _CHILD_FIELDS:
            raise GraphError(
                400,
                100,
                "OAuthException",
                f"(#100) Tried accessing nonexisting field ({name}) on node type (IGMedia)",
            )
        out[name] = children
    return out


def _split(text: str) -> list[str]:
    """Split at commas outside braces."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "{") - (c == "}")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [p.strip() for p in [*parts, text[start:]] if p.strip()]
