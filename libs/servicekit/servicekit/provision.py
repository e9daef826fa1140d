"""Creates or updates the streams and consumers of `topology`. Run before any service starts; running it again changes nothing.

Usage: NATS_URL=nats://127.0.0.1:4222 python -m servicekit.provision [--replicas 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from servicekit import topology


async def provision(js: JetStreamContext, replicas: int = 1) -> None:
    """Creates what is missing and brings what exists up to date.

    `replicas`: copies of each stream, 1 on one machine and 3 in a cluster.
    """
    for stream in topology.STREAMS:
        config = api.StreamConfig(
            name=stream.name,
            subjects=list(stream.subjects),
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            discard=api.DiscardPolicy.OLD,
            max_age=stream.max_age.total_seconds() if stream.max_age else 0,
            max_bytes=stream.max_bytes,
            duplicate_window=topology.DUPLICATE_WINDOW.total_seconds(),
            num_replicas=replicas,
            allow_direct=True,
        )
        try:
            await js.stream_info(stream.name)
        except NotFoundError:
            await js.add_stream(config)
        else:
            await js.update_stream(config)
    for durable in topology.DURABLES:
        # add_consumer creates or updates; pull_subscribe would leave an existing durable as it is.
        await js.add_consumer(
            durable.stream,
            api.ConsumerConfig(
                durable_name=durable.service,
                filter_subjects=list(durable.subjects),
                ack_policy=api.AckPolicy.EXPLICIT,
                deliver_policy=api.DeliverPolicy.ALL,
                ack_wait=topology.ACK_WAIT.total_seconds(),
                max_deliver=-1,  # the consumer counts: max_deliver would lose the message silently
                max_ack_pending=1024,
            ),
        )


async def _main(url: str, replicas: int) -> None:
    async def on_error(error: Exception) -> None:
        print(f"{url}: {error!r}, trying again", file=sys.stderr)

    connection = await nats.connect(
        url, max_reconnect_attempts=3, reconnect_time_wait=0.5, connect_timeout=5, error_cb=on_error
    )
    try:
        await provision(connection.jetstream(), replicas)
    finally:
        await connection.close()
    print(f"{len(topology.STREAMS)} streams, {len(topology.DURABLES)} consumers are in place")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replicas", type=int, default=1, choices=(1, 3, 5))
    arguments = parser.parse_args()
    url = os.environ.get("NATS_URL")
    if not url:
        sys.exit("NATS_URL is not set, for example nats://127.0.0.1:4222")
    try:
        asyncio.run(_main(url, arguments.replicas))
    except (NatsError, OSError) as error:
        sys.exit(f"cannot provision {url}: {error}")


if __name__ == "__main__":
    main()
