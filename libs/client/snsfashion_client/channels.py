"""How channels to the services behave: deadlines, retries, sizes."""

from __future__ import annotations

import json

# A photo of 20 MB and the rest of its message.
_MAX_MESSAGE_BYTES = 24 * 2**20
_DEADLINE = "30s"
# gRFC A6. A replica that stops answers UNAVAILABLE; another one takes over within a second.
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {"name": [{}], "timeout": _DEADLINE, "retryPolicy": _RETRY},
        # Without a request_id, a repeated StartCrawl would start a second crawl.
        {
            "name": [{"service": "snsfashion.crawler.v1.CrawlerService", "method": "StartCrawl"}],
            "timeout": _DEADLINE,
        },
    ],
}


def target(address: str) -> str:
    """Return what gRPC connects to for host:port, so that all addresses of the host are used."""
    return f"dns:///{address}"


def options() -> list[tuple[str, str | int]]:
    """Return the options of a channel to a service."""
    return [
        ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
        ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.enable_http_proxy", 0),
        # By default it may take two minutes until a service that is back is found.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 2000),
    ]
