"""Create or update the streams and consumers of `topology`. Run it before any service starts; repeating it changes nothing.

`snsfashion-admin provision`, or `python -m servicekit.provision` in an image.
"""

from __future__ import annotations

import asyncio

import click
import nats
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from servicekit import topology
from servicekit.errors import hide_password


async def provision(js: JetStreamContext, replicas: int = 1) -> None:
    """Create what is missing and bring what exists up to date.

    `replicas`: copies of each stream, 1 on one machine and 3 in a cluster.
    """
    for stream in topology.STREAMS:
        config = api.StreamConfig(
            name=stream,
            subjects=list(topology.subjects_of(stream)),
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
            await js.stream_info(stream)
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


async def _provision(url: str, replicas: int) -> None:
    async def on_error(error: Exception) -> None:
        click.echo(f"{hide_password(url)}: {error!r}; trying again", err=True)

    connection = await nats.connect(
        url, max_reconnect_attempts=3, reconnect_time_wait=0.5, connect_timeout=5, error_cb=on_error
    )
    try:
        await provision(connection.jetstream(), replicas)
    finally:
        await connection.close()


@click.command(
    "provision",
    epilog="\b\nExamples:\n  snsfashion-admin provision --nats-url nats://127.0.0.1:4222\n"
    "  snsfashion-admin provision --replicas 3",
)
@click.option(
    "--nats-url",
    envvar="NATS_URL",
    required=True,
    show_envvar=True,
    help="nats://host:port of the broker.",
)
@click.option(
    "--replicas",
    type=click.Choice(["1", "3", "5"]),
    default="1",
    show_default=True,
    help="Copies of each stream: 1 on one machine, 3 in a cluster.",
)
def command(nats_url: str, replicas: str) -> None:
    """Create or update the streams and consumers. Run it before any service starts; repeating it changes nothing."""
    try:
        asyncio.run(_provision(nats_url, int(replicas)))
    except (NatsError, OSError) as error:
        raise click.ClickException(
            f"cannot provision {hide_password(nats_url)}: {error}"
        ) from error
    click.echo(f"{len(topology.STREAMS)} streams, {len(topology.DURABLES)} consumers are in place")


if __name__ == "__main__":
    command()
