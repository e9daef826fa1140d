"""The look-book over HTTP: a shop, a Graph API look-alike, and a control for tests under /lookbook/."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aiohttp import web

from lookbook.serve import shop_pages
from lookbook.serve.graph_api import VERSION, Graph, GraphError
from lookbook.world.four_weeks import World
from lookbook.write.photos import Photo, encode

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """One world behind one address. The clock starts at the end of the world's last day."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = datetime.combine(world.end + timedelta(days=1), time(), UTC)
        self.base = ""
        self._posts = {p.id: p for p in world.posts}
        self._products = {p.id: p for p in world.products}
        self._graph = Graph(world, lambda: self.base, lambda: self.now)
        # One thread renders, so that the event loop stays live and the machine's other cores stay free.
        self._renderer = ThreadPoolExecutor(1, thread_name_prefix="render")

    def app(self) -> web.Application:
        """Return the routes."""
        app = web.Application(middlewares=[_graph_errors])
        graph = f"/graph/{VERSION}"
        app.add_routes(
            [
                web.get("/robots.txt", self._robots),
                web.get("/private/", self._private),
                web.get("/shop/feed.xml", self._feed),
                web.get("/shop/sitemap.xml", self._sitemap),
                web.get("/shop/products/{id}", self._product),
                web.get("/shop/images/{id}.jpg", self._product_photo),
                web.get(f"{graph}/ig_hashtag_search", self._hashtag_search),
                web.get(f"{graph}/{{id}}/recent_media", self._recent_media),
                web.get(f"{graph}/{{id}}/top_media", self._top_media),
                web.get(f"{graph}/{{id}}", self._media),
                web.get("/media/{post}/{n}.jpg", self._post_photo),
                web.put("/lookbook/clock", self._set_clock),
                web.get("/lookbook/truth", self._truth),
                web.get("/lookbook/world", self._world),
                web.delete("/lookbook/posts/{id}", self._delete),
            ]
        )
        app.on_cleanup.append(self._close)
        return app

    async def start(self, port: int = 0) -> web.AppRunner:
        """Listen on 127.0.0.1 (port 0: a free one) and learn the server's own address. The caller cleans up the runner."""
        runner = web.AppRunner(self.app(), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _close(self, _: web.Application) -> None:
        self._renderer.shutdown(wait=False, cancel_futures=True)

    async def _robots(self, _: web.Request) -> web.Response:
        return web.Response(text=shop_pages.ROBOTS)

    async def _private(self, _: web.Request) -> web.Response:
        return web.Response(text="Not for crawlers.")

    async def _feed(self, _: web.Request) -> web.Response:
        body = shop_pages.feed(self.base, self.world.products)
        return web.Response(body=body, content_type="application/xml", charset="utf-8")

    async def _sitemap(self, _: web.Request) -> web.Response:
        body = shop_pages.sitemap(self.base, self.world.products)
        return web.Response(body=body, content_type="application/xml", charset="utf-8")

    async def _product(self, request: web.Request) -> web.Response:
        product = self._products.get(request.match_info["id"])
        if product is None:
            raise web.HTTPNotFound
        return web.Response(text=shop_pages.page(self.base, product), content_type="text/html")

    async def _product_photo(self, request: web.Request) -> web.Response:
        product = self._products.get(request.match_info["id"])
        if product is None:
            raise web.HTTPNotFound
        return await self._send(product.photo)

    async def _post_photo(self, request: web.Request) -> web.Response:
        post = self._posts.get(request.match_info["post"])
        n = request.match_info["n"]
        if post is None or post.id in self._graph.deleted or post.posted_at > self.now:
            raise web.HTTPNotFound
        if not n.isdecimal() or int(n) >= len(post.photos):
            raise web.HTTPNotFound
        return await self._send(post.photos[int(n)])

    async def _send(self, photo: Photo) -> web.Response:
        loop = asyncio.get_running_loop()
        body, media_type = await loop.run_in_executor(self._renderer, encode, photo)
        return web.Response(body=body, content_type=media_type)

    async def _hashtag_search(self, request: web.Request) -> web.Response:
        return web.json_response(self._graph.hashtag_search(request.query))

    async def _recent_media(self, request: web.Request) -> web.Response:
        return web.json_response(self._graph.recent_media(request.match_info["id"], request.query))

    async def _top_media(self, request: web.Request) -> web.Response:
        return web.json_response(self._graph.top_media(request.match_info["id"], request.query))

    async def _media(self, request: web.Request) -> web.Response:
        return web.json_response(self._graph.media(request.match_info["id"], request.query))

    async def _set_clock(self, request: web.Request) -> web.Response:
        try:
            now = datetime.fromisoformat((await request.json())["now"])
        except (ValueError, KeyError, TypeError) as e:
            raise web.HTTPBadRequest(text='clock: send {"now": "2026-11-22T12:00:00+00:00"}') from e
        self.now = now if now.tzinfo else now.replace(tzinfo=UTC)
        return web.json_response({"now": self.now.isoformat()})

    async def _truth(self, _: web.Request) -> web.Response:
        return web.json_response(self.world.truth().to_json())

    async def _world(self, _: web.Request) -> web.Response:
        return web.json_response(
            [self._listed(p.image_id, p.day, p.photo) for p in self.world.photos]
        )

    def _listed(self, image_id: str, day: Any, photo: Photo) -> dict[str, Any]:
        spec = photo.spec
        return {
            "image_id": image_id,
            "day": day.isoformat() if day else None,
            "fashion": bool(spec and spec.fashion),
            "expected": photo.expected,
            "bad": photo.bad,
        }

    async def _delete(self, request: web.Request) -> web.Response:
        post = request.match_info["id"]
        if post not in self._posts:
            raise web.HTTPNotFound(text=f"no post {post}")
        self._graph.deleted.add(post)
        return web.Response(status=204)


@web.middleware
async def _graph_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except GraphError as e:
        return web.json_response(e.body, status=e.status)
