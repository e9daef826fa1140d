"""The `snsfashion` command against real gRPC servers and a real broker."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from click.testing import CliRunner, Result
from nats.js import JetStreamContext

from recommender.app import wire
from recommender.settings import Settings
from servicekit import consumer, mongo, topology
from servicekit.app import StatefulPorts
from servicekit.events import Publication, timestamp
from servicekit.rpc import RpcServer
from snsfashion.color.v1 import color_pb2, color_pb2_grpc
from snsfashion.crawler.v1 import crawler_pb2, crawler_pb2_grpc
from snsfashion.events.v1.events_pb2 import DeadLetter, ImageCrawled, OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc
from snsfashion_client import Addresses, Client, dead_letters
from snsfashion_client.cli import main

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(*arguments: str, **environment: str) -> Result:
    wide = {"COLUMNS": "200", **environment}
    return CliRunner().invoke(main, arguments, env=wide, prog_name="snsfashion")


@contextmanager
def serve(register: Any, servicer: object) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    register(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.fixture
def nowhere() -> str:
    """Return an address where nothing listens."""
    with serve(lambda *_: None, object()) as address:
        return address


# -- trends and colors


class Trends(trends_pb2_grpc.TrendsServiceServicer):
    """Answers with one rising row, and UNAVAILABLE the first `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.requests: list[trends_pb2.GetTrendsRequest] = []

    def GetTrends(
        self, request: trends_pb2.GetTrendsRequest, context: Any
    ) -> trends_pb2.GetTrendsResponse:
        self.requests.append(request)
        if len(self.requests) <= self.failures:
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        return trends_pb2.GetTrendsResponse(
            trends=[
                trends_pb2.Trend(
                    value=trends_pb2.Value(category=fashion_pb2.CATEGORY_SKIRT, color_family="red"),
                    count=29,
                    share=0.4,
                    share_low=0.3,
                    share_high=0.51,
                    baseline_share=0.08,
                    rising=True,
                    comparable=True,
                    series=[0.1, 0.4],
                )
            ],
            basis=trends_pb2.Basis(
                as_of=timestamp(NOW),
                support=72,
                contributors=trends_pb2.CONTRIBUTOR_KIND_PHOTOS,
                withheld=3,
                dated=True,
            ),
        )

    def GetTrendSeries(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def GetTrendEvidence(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def GetCoWorn(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def GetEvidencePhoto(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def GetCatalogGaps(self, request: Any, context: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
def trends() -> Iterator[tuple[Trends, str]]:
    service = Trends()
    with serve(trends_pb2_grpc.add_TrendsServiceServicer_to_server, service) as address:
        yield service, address


def test_trends_are_a_table_for_people(trends: tuple[Trends, str]) -> None:
    result = run("trends", "--rising", TRENDS_ADDRESS=trends[1])
    assert result.exit_code == 0
    for words in ("red skirt", "40.0%", "30% to 51%", "8.0%", "rising", "3 rows are withheld"):
        assert words in result.output
    request = trends[0].requests[0]
    assert request.order == trends_pb2.ORDER_RISE
    assert (request.dimension, request.window_days) == (trends_pb2.DIMENSION_ITEM_COLOR, 7)


def test_trends_are_json_for_programs(trends: tuple[Trends, str]) -> None:
    result = run(
        "trends", "--dimension", "item", "--days", "28", "--json", TRENDS_ADDRESS=trends[1]
    )
    answer = json.loads(result.output)
    assert answer["trends"][0]["value"]["color_family"] == "red"
    assert answer["basis"]["withheld"] == 3
    assert trends[0].requests[0].window_days == 28


def test_a_local_run_in_the_current_folder_is_found(
    trends: tuple[Trends, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "services.json").write_text(json.dumps({"trends": trends[1]}))
    monkeypatch.chdir(tmp_path)
    assert "red skirt" in run("trends").output


def test_a_service_that_is_not_there_is_named_with_what_to_do(nowhere: str) -> None:
    result = run("trends", TRENDS_ADDRESS=nowhere)
    assert result.exit_code == 1
    assert f"the trends service at {nowhere} does not answer: is it running?" in result.output
    assert "set TRENDS_ADDRESS if it is at another address" in result.output


def test_a_call_is_repeated_while_its_service_restarts() -> None:
    service = Trends(failures=2)
    with serve(trends_pb2_grpc.add_TrendsServiceServicer_to_server, service) as address:
        assert "red skirt" in run("trends", TRENDS_ADDRESS=address).output
    assert len(service.requests) == 3


class Color(color_pb2_grpc.ColorServiceServicer):
    """Knows navy."""

    def NameColor(self, request: color_pb2.NameColorRequest, context: Any) -> Any:
        if request.hex != "#1f2852":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "hex: must be a hex value")
        return color_pb2.NameColorResponse(
            color=fashion_pb2.Color(
                rgb=0x1F2852, name="dark navy", family="navy", family_ko="네이비", confidence=0.9
            ),
            distance=1.5,
        )

    def GetPalette(self, request: color_pb2.GetPaletteRequest, context: Any) -> Any:
        version = request.palette_version or "acme"
        return color_pb2.GetPaletteResponse(csv=f"name,rgb\r\n{version},1\n")

    def PreviewPalette(self, request: color_pb2.PreviewPaletteRequest, context: Any) -> Any:
        return color_pb2.PreviewPaletteResponse(
            stored_outfits=20,
            outfits=min(request.max_outfits, 20),
            garments=30,
            changed_garments=4,
            moves=[
                color_pb2.FamilyMove(
                    family_before="navy", family_after="blue", garments=4, example_rgb=[0x1F2852]
                )
            ],
            lost_families=["navy"],
        )

    def ActivatePalette(self, request: color_pb2.ActivatePaletteRequest, context: Any) -> Any:
        if request.palette_version not in ("acme", "xkcd"):
            context.abort(
                grpc.StatusCode.NOT_FOUND, "there is no palette 'acm'; there are: acme, xkcd"
            )
        info = color_pb2.PaletteInfo(palette_version=request.palette_version, newest=True)
        return color_pb2.ActivatePaletteResponse(palette=info, previous_version="acme")

    def ExtractColors(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def PutPalette(self, request: color_pb2.PutPaletteRequest, context: Any) -> Any:
        if "rgb" not in request.csv:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "csv: line 1: the header lacks rgb")
        info = color_pb2.PaletteInfo(
            palette_version=request.palette_version,
            colors=request.csv.count("\n") - 1,
            families=1,
            newest=not request.keep_inactive,
        )
        return color_pb2.PutPaletteResponse(palette=info)

    def ListPalettes(self, request: Any, context: Any) -> Any:
        return color_pb2.ListPalettesResponse(
            palettes=[
                color_pb2.PaletteInfo(palette_version="tried", colors=12, families=8),
                color_pb2.PaletteInfo(
                    palette_version="xkcd", colors=900, families=27, generation=5
                ),
                color_pb2.PaletteInfo(palette_version="acme", colors=3, families=2, newest=True),
            ]
        )


def test_palettes_are_listed_and_the_one_that_names_is_marked() -> None:
    with serve(color_pb2_grpc.add_ColorServiceServicer_to_server, Color()) as address:
        lines = run("palette", "list", COLOR_ADDRESS=address).output.splitlines()
        document = json.loads(run("palette", "list", "--json", COLOR_ADDRESS=address).output)
    assert [line.split() for line in lines[1:]] == [
        ["tried", "12", "8", "never", "active"],
        ["xkcd", "900", "27", "active", "before"],
        ["acme", "3", "2", "active"],
    ]
    assert [p["newest"] for p in document["palettes"]] == [False, False, True]


def test_a_palette_is_put_from_a_file_and_a_bad_one_refused(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("name,rgb,family\nash,808080,grey\n")
    bad.write_text("name\n")
    with serve(color_pb2_grpc.add_ColorServiceServicer_to_server, Color()) as address:
        put = run("palette", "put", str(good), "--version", "acme", COLOR_ADDRESS=address)
        refused = run("palette", "put", str(bad), "--version", "acme", COLOR_ADDRESS=address)
        args = ("palette", "put", str(good), "--version", "acme", "--inactive")
        kept = run(*args, COLOR_ADDRESS=address)
    assert "acme: 1 colors, 1 families, active." in put.output
    assert "never active" in kept.output
    assert refused.exit_code == 1
    assert "line 1: the header lacks rgb" in refused.output


def test_a_palette_is_tried_activated_and_downloaded(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("name,rgb,family\n")
    with serve(color_pb2_grpc.add_ColorServiceServicer_to_server, Color()) as address:
        tried = run("palette", "preview", str(file), "--outfits", "5", COLOR_ADDRESS=address)
        neither = run("palette", "preview", COLOR_ADDRESS=address)
        activated = run("palette", "activate", "xkcd", COLOR_ADDRESS=address)
        again = run("palette", "activate", "acme", COLOR_ADDRESS=address)
        typo = run("palette", "activate", "acm", COLOR_ADDRESS=address)
        shown = run("palette", "download", COLOR_ADDRESS=address)
        run("palette", "download", "xkcd", "--out", str(file), COLOR_ADDRESS=address)
    assert "4 of 30 garments would get another family (5 of 20 outfits looked at)" in tried.output
    assert "4  navy -> blue" in tried.output
    assert "families that are gone: navy" in tried.output
    assert neither.exit_code == 2
    assert "To take it back: snsfashion palette activate acme" in activated.output
    assert "acme was active already" in again.output
    assert "there are: acme, xkcd" in typo.output
    assert shown.output_bytes == b"name,rgb\r\nacme,1\n"
    assert file.read_bytes() == b"name,rgb\r\nxkcd,1\n"


def test_a_color_is_named_and_a_bad_one_refused() -> None:
    with serve(color_pb2_grpc.add_ColorServiceServicer_to_server, Color()) as address:
        result = run("color", "#1f2852", COLOR_ADDRESS=address)
        assert "dark navy" in result.output
        assert "navy 네이비" in result.output
        bad = run("color", "blueish", COLOR_ADDRESS=address)
    assert bad.exit_code == 1
    assert "hex: must be a hex value" in bad.output


# -- crawls


class Crawler(crawler_pb2_grpc.CrawlerServiceServicer):
    """A crawl that has ended at the second call, and whose one photo has its fate at the third."""

    def __init__(self, state: crawler_pb2.CrawlState.ValueType) -> None:
        self.state = state
        self.started: list[crawler_pb2.StartCrawlRequest] = []
        self.looks = 0

    def StartCrawl(self, request: crawler_pb2.StartCrawlRequest, context: Any) -> Any:
        self.started.append(request)
        if request.max_photos == 13:
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        return crawler_pb2.StartCrawlResponse(
            crawl=crawler_pb2.Crawl(crawl_id="c1", state=crawler_pb2.CRAWL_STATE_QUEUED)
        )

    def GetCrawl(self, request: crawler_pb2.GetCrawlRequest, context: Any) -> Any:
        self.looks += 1
        ended = self.looks > 1
        return crawler_pb2.GetCrawlResponse(
            crawl=crawler_pb2.Crawl(
                crawl_id=request.crawl_id,
                state=self.state if ended else crawler_pb2.CRAWL_STATE_RUNNING,
                seen=2,
                stored=1,
                skipped={"empty": 1},
                error="no feed [at] this address",
            )
        )

    def CountFates(self, request: crawler_pb2.CountFatesRequest, context: Any) -> Any:
        fate = crawler_pb2.FATE_DESCRIBED if self.looks > 2 else crawler_pb2.FATE_WAITING
        return crawler_pb2.CountFatesResponse(
            counts=[crawler_pb2.FateCount(fate=fate, photos=1)], total=1
        )

    def GetFate(self, request: crawler_pb2.GetFateRequest, context: Any) -> Any:
        return crawler_pb2.GetFateResponse(
            record=crawler_pb2.FateRecord(
                image_id=request.image_id,
                fate=crawler_pb2.FATE_DEAD,
                reason="mask [3] doesn't fit",
                updated_at=timestamp(NOW),
            )
        )

    def ListCrawls(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def CancelCrawl(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    def ErasePosts(self, request: Any, context: Any) -> Any:
        raise NotImplementedError


@contextmanager
def serve_crawler(
    state: crawler_pb2.CrawlState.ValueType = crawler_pb2.CRAWL_STATE_FINISHED,
) -> Iterator[tuple[Crawler, str]]:
    service = Crawler(state)
    with serve(crawler_pb2_grpc.add_CrawlerServiceServicer_to_server, service) as address:
        yield service, address


def test_waiting_for_a_crawl_ends_when_every_photo_has_its_fate() -> None:
    with serve_crawler() as (service, address):
        result = run(
            "crawl", "instagram", "#ootd", "오오티디", "--wait", "--json", CRAWLER_ADDRESS=address
        )
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["crawl"]["state"] == "CRAWL_STATE_FINISHED"
    assert answer["fates"]["counts"] == [{"fate": "FATE_DESCRIBED", "photos": "1"}]
    assert service.looks == 3
    assert list(service.started[0].instagram.hashtags) == ["ootd", "오오티디"]
    assert service.started[0].request_id


def test_a_crawl_that_nobody_waits_for_says_where_to_look() -> None:
    with serve_crawler() as (service, address):
        result = run("crawl", "folder", "photos", CRAWLER_ADDRESS=address)
    assert "snsfashion fates --crawl c1" in result.output
    assert Path(service.started[0].folder.path).is_absolute()


def test_a_failed_crawl_is_an_error_with_its_reason() -> None:
    with serve_crawler(crawler_pb2.CRAWL_STATE_FAILED) as (_, address):
        result = run("crawl", "shop", "http://shop.example", "--wait", CRAWLER_ADDRESS=address)
    assert result.exit_code == 1
    assert "the crawl failed: no feed [at] this address" in result.output
    assert "1 empty" in result.output


def test_starting_a_crawl_is_never_repeated() -> None:
    with serve_crawler() as (service, address):
        run("crawl", "shop", "http://shop.example", "--max-photos", "13", CRAWLER_ADDRESS=address)
        assert len(service.started) == 1


def test_fates_are_counted_and_one_is_explained() -> None:
    with serve_crawler() as (_, address):
        one = run("fate", "shop:p1:0", CRAWLER_ADDRESS=address)
        counted = run("fates", CRAWLER_ADDRESS=address)
    assert "dead: given up; see `snsfashion dead list`" in one.output
    assert "mask [3] doesn't fit" in one.output
    assert "waiting" in counted.output


# -- recommendations, from the real service


@pytest.fixture
async def recommender(mongodb_uri: str, blob_url: str, nowhere: str) -> AsyncIterator[str]:
    """Serve the recommender with one outfit and without trends, and yield its address."""
    client = mongo.open_client(mongodb_uri, timeout_s=10)
    db = client[f"test_{uuid.uuid4().hex}"]
    settings = Settings(
        nats_url="nats://unused",
        mongodb_uri=mongodb_uri,
        blob_url=blob_url,
        trends_address=nowhere,
    )

    async def publish(publication: Publication[Any]) -> None:
        raise AssertionError("the recommender publishes nothing")

    app = wire(StatefulPorts(settings=settings, publish=publish, db=db, clock=lambda: NOW))
    await app.prepare()
    await app.events.described([_outfit()])
    server = RpcServer("127.0.0.1", 0)
    server.add(app.rpc.register, app.rpc.servicer, app.rpc.name)
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0)
        await app.close()
        await client.drop_database(db.name)
        await client.close()


def _outfit() -> OutfitDescribed:
    return OutfitDescribed(
        event_id="e",
        image=fashion_pb2.ImageRef(image_id="shop:p1:0", sha256=bytes(32), key="photos/p1"),
        provenance=fashion_pb2.Provenance(
            site="shop",
            post="p1",
            kind=fashion_pb2.SOURCE_KIND_SHOP,
            style=fashion_pb2.STYLE_CASUAL,
            posted_at=timestamp(NOW),
            product=fashion_pb2.Product(
                product_id="p1",
                title="Navy [slim] suit",
                available=True,
                price_micros=129_900_000,
                currency="EUR",
            ),
        ),
        generations=fashion_pb2.Generations(provenance=1, classifier=1, segmenter=1, color=1),
        garments=[
            fashion_pb2.Garment(
                category=fashion_pb2.CATEGORY_LONG_SLEEVE_TOP,
                colors=[fashion_pb2.Color(rgb=0x1F2852, family="navy", share=1)],
            )
        ],
    )


async def test_recommendations_come_with_reasons(recommender: str) -> None:
    arguments = ("recommend", "kim", "--style", "casual", "--personal-color", "winter-deep")
    result = await asyncio.to_thread(run, *arguments, RECOMMENDER_ADDRESS=recommender)
    assert result.exit_code == 0
    assert "Navy [slim] suit" in result.output
    assert "129.90 EUR" in result.output
    assert "Trends are out of reach" in result.output
    as_json = await asyncio.to_thread(run, *arguments, "--json", RECOMMENDER_ADDRESS=recommender)
    [one] = json.loads(as_json.output)["recommendations"]
    # Its color suits too, but that is no reason for it where there is no other outfit.
    assert "REASON_CODE_STYLE" in {reason["code"] for reason in one["reasons"]}


async def test_a_typo_in_a_style_gets_a_suggestion(recommender: str) -> None:
    result = await asyncio.to_thread(
        run, "recommend", "kim", "--style", "casul", RECOMMENDER_ADDRESS=recommender
    )
    assert result.exit_code == 2
    assert "unknown style 'casul'; did you mean casual?" in result.output


async def test_python_callers_use_words_too(recommender: str) -> None:
    def ask() -> list[str]:
        with Client(Addresses(recommender=recommender)) as client:
            answer = client.recommend("kim", styles=["casual"], items=["long sleeve top"], k=1)
        return [one.outfit.image.image_id for one in answer.recommendations]

    assert await asyncio.to_thread(ask) == ["shop:p1:0"]


# -- dead letters, from a real broker


@pytest.fixture
async def js(nats_url: str) -> AsyncIterator[JetStreamContext]:
    connection = await nats.connect(nats_url)
    yield connection.jetstream()
    await connection.close()


@pytest.fixture
async def letter(js: JetStreamContext) -> AsyncIterator[DeadLetter]:
    """Put a dead letter of a new service into the stream. Remove it and its retries after the test."""
    body = ImageCrawled(event_id="c1", image=fashion_pb2.ImageRef(image_id="shop:p1:0"))
    service = f"service-{uuid.uuid4().hex}"
    one = DeadLetter(
        event_id=uuid.uuid4().hex,
        service=service,
        subject=topology.CRAWLED,
        stream=topology.PIPELINE,
        stream_sequence=7,
        deliveries=8,
        reason="the photo [7] is damaged",
        body=body.SerializeToString(),
        image_id="shop:p1:0",
        dead_at=timestamp(NOW),
        headers={"Nats-Msg-Id": "c1", "traceparent": "00-aa-bb-01", "Nats-Expected-Stream": "X"},
    )
    await consumer.publish(js, Publication(topology.dead_subject(service), one))
    before = (await js.stream_info(topology.PIPELINE)).state.last_seq
    yield one
    sequence = (await js.get_last_msg(topology.DEADLETTERS, topology.dead_subject(service))).seq
    await js.delete_msg(topology.DEADLETTERS, sequence or 0)
    for number in range(before + 1, (await js.stream_info(topology.PIPELINE)).state.last_seq + 1):
        await js.delete_msg(topology.PIPELINE, number)


async def _number(letter: DeadLetter, nats_url: str) -> str:
    arguments = ("dead", "list", "--service", letter.service, "--json")
    listed = json.loads((await asyncio.to_thread(run, *arguments, NATS_URL=nats_url)).output)
    assert [entry["event_id"] for entry in listed] == [letter.event_id]
    return str(listed[0]["number"])


async def test_dead_letters_are_listed_and_shown(letter: DeadLetter, nats_url: str) -> None:
    listed = await asyncio.to_thread(run, "dead", "list", NATS_URL=nats_url)
    assert "the photo [7] is damaged" in listed.output
    number = await _number(letter, nats_url)
    shown = await asyncio.to_thread(run, "dead", "show", number, NATS_URL=nats_url)
    assert "on delivery 8" in shown.output
    assert "sns.image.crawled.v1, PIPELINE 7" in shown.output


async def test_a_retry_sends_the_same_message_under_a_new_id_and_only_once(
    letter: DeadLetter, nats_url: str, js: JetStreamContext
) -> None:
    number = await _number(letter, nats_url)
    first = await asyncio.to_thread(run, "dead", "retry", number, NATS_URL=nats_url)
    assert first.output == f"{number}: sent again\n"
    sent = await js.get_last_msg(topology.PIPELINE, topology.CRAWLED)
    assert sent.data == letter.body
    headers = sent.headers or {}
    assert headers["Nats-Msg-Id"] == f"c1:retry:{letter.event_id}"
    assert headers["Sns-Retry-Of"] == letter.event_id
    assert headers["traceparent"] == "00-aa-bb-01"
    again = await asyncio.to_thread(
        run, "dead", "retry", "--all", "--service", letter.service, NATS_URL=nats_url
    )
    assert again.output == f"{number}: not sent: it was sent again less than two minutes ago\n"
    assert (await js.get_last_msg(topology.PIPELINE, topology.CRAWLED)).seq == sent.seq


async def test_a_dead_letter_that_is_not_there_is_an_error(nats_url: str) -> None:
    result = await asyncio.to_thread(run, "dead", "show", "999999", NATS_URL=nats_url)
    assert result.exit_code == 1
    assert "there is no dead letter 999999; see `snsfashion dead list`" in result.output


def test_a_broker_that_is_not_there_is_named(nowhere: str) -> None:
    result = run("dead", "list", NATS_URL=f"nats://{nowhere}")
    assert result.exit_code == 1
    assert f"NATS does not answer at nats://{nowhere}: is it running?" in result.output


def test_the_client_and_the_services_use_the_same_stream_subject_and_header() -> None:
    assert dead_letters.STREAM == topology.DEADLETTERS
    assert dead_letters.RETRY_HEADER == consumer.RETRY_HEADER
    assert topology.DEAD == dead_letters.SUBJECT
