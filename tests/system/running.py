"""The whole system as end-to-end and chaos tests see it: photos in, counts out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from PIL import Image

from devstack import settle
from devstack.stack import Stack
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit, sample_scene
from snsfashion.crawler.v1 import crawler_pb2, crawler_pb2_grpc
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.recommender.v1 import recommender_pb2, recommender_pb2_grpc
from snsfashion.segmenter.v1 import segmenter_pb2_grpc
from snsfashion.trends.v1 import trends_pb2, trends_pb2_grpc

DIMENSIONS = ("DIMENSION_ITEM", "DIMENSION_COLOR", "DIMENSION_ITEM_COLOR", "DIMENSION_STYLE")


def write_photos(folder: Path, note: str, outfits: int = 14, scenes: int = 2) -> None:
    """Write look-book photos as JPEG files, half of the outfits in a shop's folder.

    `note` goes into a JPEG comment: the bytes, and so the SHA-256, differ from note to note, the pixels don't.
    """
    specs = [sample_outfit(seed, "run") for seed in range(outfits)]
    specs += [sample_scene(seed, "run") for seed in range(scenes)]
    for number, spec in enumerate(specs):
        place = folder / "casual" if number % 2 else folder
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(render(spec).image).save(
            place / f"{number:03}.jpg", quality=90, comment=note.encode()
        )


class System:
    """A running stack and its RPCs."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def _channel(self, service: str) -> grpc.Channel:
        # A killed service is back at the same address: don't wait long before looking again.
        options = [("grpc.max_reconnect_backoff_ms", 500)]
        return grpc.insecure_channel(self.stack.addresses[service], options)

    @cached_property
    def crawler(self) -> crawler_pb2_grpc.CrawlerServiceStub:
        return crawler_pb2_grpc.CrawlerServiceStub(self._channel("crawler"))

    @cached_property
    def segmenter(self) -> segmenter_pb2_grpc.SegmenterServiceStub:
        return segmenter_pb2_grpc.SegmenterServiceStub(self._channel("segmenter"))

    @cached_property
    def trends(self) -> trends_pb2_grpc.TrendsServiceStub:
        return trends_pb2_grpc.TrendsServiceStub(self._channel("trends"))

    @cached_property
    def recommender(self) -> recommender_pb2_grpc.RecommenderServiceStub:
        return recommender_pb2_grpc.RecommenderServiceStub(self._channel("recommender"))

    def crawl(self, folder: Path, site: str, request_id: str = "") -> str:
        """Start a crawl of a folder and return its id."""
        source = crawler_pb2.FolderSource(path=str(folder), site=site)
        request = crawler_pb2.StartCrawlRequest(folder=source, request_id=request_id or site)
        return str(self.crawler.StartCrawl(request, timeout=30).crawl.crawl_id)

    def crawl_state(self, crawl_id: str) -> crawler_pb2.Crawl:
        """Return the crawl as it is now."""
        request = crawler_pb2.GetCrawlRequest(crawl_id=crawl_id)
        return self.crawler.GetCrawl(request, timeout=30, wait_for_ready=True).crawl

    def finish(
        self, crawl_id: str, watch: Callable[[dict[str, int]], None] = lambda _: None
    ) -> None:
        """Block until the crawl is over and everything of it is counted."""

        def look(counts: dict[str, int]) -> None:
            watch(counts)
            self.stack.check()

        running = (crawler_pb2.CRAWL_STATE_QUEUED, crawler_pb2.CRAWL_STATE_RUNNING)
        for _ in settle.ticks(120):
            look(settle.fates(self.crawler, crawl_id))
            if self.crawl_state(crawl_id).state not in running:
                break
        settle.wait(self.crawler, self.trends, self.stack.nats_url, watch=look)

    @staticmethod
    def image_ids(folder: Path) -> list[str]:
        """Return the ids that the crawler gives to the files of a folder, without the site."""
        return sorted(f"{path.relative_to(folder)}:0" for path in folder.rglob("*.jpg"))

    def counts(self, crawl_id: str, site: str, image_ids: Sequence[str]) -> Mapping[str, Any]:
        """Return everything that can be counted about one site, with the site's name taken out."""
        answers = {
            f"{kind} {name}": self._trends(kind, name, site)
            for kind, name in itertools.product(("SOCIAL", "SHOP"), DIMENSIONS)
            if (kind, name) != ("SOCIAL", "DIMENSION_STYLE")  # only shops state styles
        }
        return {
            "fates": settle.fates(self.crawler, crawl_id),
            "trends": answers,
            "catalog": [self._outfit(f"{site}:{image_id}") for image_id in image_ids],
        }

    def _trends(self, kind: str, dimension: str, site: str) -> Any:
        request = trends_pb2.GetTrendsRequest(
            dimension=trends_pb2.Dimension.Value(dimension),
            filter=trends_pb2.Filter(
                kind=fashion_pb2.SourceKind.Value(f"SOURCE_KIND_{kind}"), site=site
            ),
            page_size=100,
        )
        try:
            found = self.trends.GetTrends(request, timeout=10, wait_for_ready=True)
        except grpc.RpcError as error:
            # Where no photo is from, or none any more, is not even known as a site.
            if not str(error.details()).startswith("filter.site: no photo"):
                raise
            return {"basis": {}}
        answer = MessageToDict(found)
        for when in ("asOf", "snapshotAge"):
            answer["basis"].pop(when, None)
        return answer

    def _outfit(self, image_id: str) -> Any:
        request = recommender_pb2.GetOutfitRequest(image_id=image_id)
        try:
            outfit = self.recommender.GetOutfit(request, timeout=10, wait_for_ready=True).outfit
        except grpc.RpcError as error:
            return error.code().name
        return [MessageToDict(garment) for garment in outfit.garments]
