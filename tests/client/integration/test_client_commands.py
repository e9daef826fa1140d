"""Every RPC has a command: each is run against a server that takes every RPC, as a person and as a program would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from client.rpcs import RPCS, AnyService, serve_any

from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2
from snsfashion.trends.v1 import trends_pb2
from snsfashion_client.cli import main

SERVICES = ("crawler", "classifier", "segmenter", "color", "trends", "recommender")
COMMANDS: dict[str, str] = {
    "StartCrawl": "crawl shop https://shop.example/feed.xml",
    "GetCrawl": "crawl show c1",
    "ListCrawls": "crawl list",
    "CancelCrawl": "crawl cancel c1",
    "ErasePosts": "erase instagram:18023 --yes",
    "GetFate": "fate instagram:18023:0",
    "CountFates": "fates",
    "Classify": "classify FILE",
    "Segment": "garments FILE",
    "NameColor": "color 1f2852",
    "GetPalette": "palette download",
    "PutPalette": "palette put FILE --version acme",
    "ListPalettes": "palette list",
    "PreviewPalette": "palette preview --version acme",
    "ActivatePalette": "palette activate acme",
    "GetTrends": "trends --falling --site instagram --hashtag #ootd --baseline last-year",
    "GetTrendSeries": "series --item skirt --pattern striped --from 2026-11-01 --to 2026-11-22",
    "GetTrendEvidence": "evidence --item skirt --color red --kind social",
    "GetCoWorn": "co-worn --color red",
    "GetCatalogGaps": "gaps --unsold --shop shop.example --examples 2",
    "Recommend": "recommend kim --not-color red --gender female --weight trend=1 --exploration 0",
    "RecommendBatch": "recommend-batch FILE --style casual",
    "SimilarOutfits": "similar shop:p1:0",
    "CompleteOutfit": "complete --own red:skirt --style casual",
    "RecordFeedback": "feedback add kim shop:p1:0 dislike-undone",
    "RecordFeedbackBatch": "feedback load EVENTS",
    "PutProfile": "profile put kim --style street",
    "GetProfile": "profile show kim",
    "ErasePerson": "profile erase kim --yes",
    "GetOutfit": "outfit shop:p1:0",
    "GetPhoto": "photo shop:p1:0 --out OUT",
    "PutPromotion": "promotion put coats --item skirt --boost 0.5 --until 2026-12-31",
    "ListPromotions": "promotion list",
    "DeletePromotion": "promotion delete coats",
    "ListDisagreements": "disagreements",
}
WITHOUT_COMMAND = {
    "ExtractColors": "`garments` calls it with what Segment found",
    "GetEvidencePhoto": "`evidence --save` and `gaps --save` call it for each photo",
}
WITHOUT_JSON = {"GetPalette", "GetPhoto", "RecommendBatch"}
"""Their commands write a file or lines of JSON anyway."""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnyService]:
    with serve_any() as (service, address):
        for name in SERVICES:
            monkeypatch.setenv(f"{name.upper()}_ADDRESS", address)
        yield service


def run(command: str, folder: Path) -> Result:
    (folder / "FILE").write_text("kim\n")
    (folder / "EVENTS").write_text('{"event_id": "1", "user_id": "kim"}\n')
    words = [
        str(folder / word) if word in ("FILE", "EVENTS", "OUT") else word
        for word in command.split()
    ]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_every_rpc_has_a_command() -> None:
    assert set(COMMANDS) | set(WITHOUT_COMMAND) == set(RPCS)


@pytest.mark.parametrize("rpc", sorted(set(COMMANDS) - {"RecordFeedbackBatch"}))
def test_a_command_calls_its_rpc_and_an_empty_answer_can_be_shown(
    rpc: str, served: AnyService, tmp_path: Path
) -> None:
    result = run(COMMANDS[rpc], tmp_path)
    assert result.exit_code == 0, result.output
    assert rpc in [name for name, _ in served.calls]
    if rpc not in WITHOUT_JSON:
        json.loads(run(f"{COMMANDS[rpc]} --json", tmp_path).output)


def test_what_is_asked_on_the_command_line_is_sent(served: AnyService, tmp_path: Path) -> None:
    run(COMMANDS["GetTrends"], tmp_path)
    run(COMMANDS["Recommend"], tmp_path)
    asked = dict(served.calls)
    trends, recommend = asked["GetTrends"], asked["Recommend"]
    assert isinstance(trends, trends_pb2.GetTrendsRequest)
    assert trends.order == trends_pb2.ORDER_FALL
    assert trends.baseline == trends_pb2.BASELINE_LAST_YEAR
    assert (trends.filter.site, trends.filter.hashtag) == ("instagram", "ootd")
    assert isinstance(recommend, recommender_pb2.RecommendRequest)
    assert list(recommend.filters.exclude_color_families) == ["red"]
    assert recommend.weights == recommender_pb2.Weights(trend=1)
    assert recommend.HasField("exploration")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("trends --order raise", "did you mean rise?"),
        ("trends --as-of yesterday", "is not a day such as 2026-11-22"),
        ("series --from 2026-11-01 --to 2026-11-02", "give an item"),
        ("recommend kim --max-price 39,90", "must be an amount"),
        ("recommend kim --gender woman", "unknown gender"),
        ("recommend kim --weight trend", "write for example trend=0.5"),
        ("recommend kim --weight trnd=1", "there are trend, style"),
        ("complete", "give either an IMAGE_ID or --own"),
        ("complete --own skirt", "write for example red:skirt"),
        ("erase instagram --yes", "write posts as site:post"),
        ("erase --author kim --yes", "both --author and --site"),
        ("feedback add kim shop:p1:0 like", "did you mean liked?"),
    ],
)
def test_a_typo_gets_an_answer_that_helps(
    command: str, says: str, served: AnyService, tmp_path: Path
) -> None:
    result = run(command, tmp_path)
    assert result.exit_code == 2
    assert says in result.output
    assert not served.calls


def test_photos_behind_a_number_are_saved(tmp_path: Path) -> None:
    photo = trends_pb2.ShownPhoto(
        image=fashion_pb2.ImageRef(image_id="instagram:1/2:0", media_type="image/png"), token="t"
    )
    hidden = trends_pb2.ShownPhoto(image=fashion_pb2.ImageRef(image_id="instagram:3:0"))
    service = AnyService()
    service.answers = {
        "GetTrendEvidence": trends_pb2.GetTrendEvidenceResponse(
            evidence=[trends_pb2.Evidence(photo=photo), trends_pb2.Evidence(photo=hidden)]
        ),
        "GetEvidencePhoto": trends_pb2.GetEvidencePhotoResponse(
            photo=b"png", media_type="image/png"
        ),
    }
    with serve_any(service) as (_, address):
        words = ["evidence", "--item", "skirt", "--save", str(tmp_path / "photos")]
        done = CliRunner().invoke(main, words, env={"TRENDS_ADDRESS": address})
    assert done.exit_code == 0, done.output
    [file] = (tmp_path / "photos").iterdir()
    assert (file.name, file.read_bytes()) == ("instagram_1_2_0.png", b"png")
    assert "1 photo can't be looked at" in done.output


def test_erasing_asks_first(served: AnyService, tmp_path: Path) -> None:
    assert run("profile erase kim", tmp_path).exit_code == 1
    assert run("erase instagram:18023", tmp_path).exit_code == 1
    assert not served.calls


def test_lines_of_feedback_that_are_no_events_are_told(served: AnyService, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text('{"event": 1}\n\nnot json\n')
    result = run(f"feedback load {tmp_path / 'bad'} --json", tmp_path)
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert [one["line"] for one in told["refused"]] == [1, 3]
    assert not served.calls
