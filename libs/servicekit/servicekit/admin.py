"""`snsfashion-admin`: commands of operators and analysts, which work beside the running services.

A service lists its commands in its pyproject.toml, in the entry point group `snsfashion.admin`. The command has those of
the services that are installed.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial, wraps
from importlib.metadata import entry_points
from typing import Any, ParamSpec

import click
import nats
import nats.errors
import structlog
from pymongo.errors import PyMongoError

from servicekit import mongo
from servicekit.app import Publish
from servicekit.consumer import publish
from servicekit.errors import InvalidArgument, NotFound, StartError, hide_password
from servicekit.migration import Migrated, Old, Progress, migrate
from servicekit.provision import command as provision

P = ParamSpec("P")

MONGODB_URI = click.option(
    "--mongodb-uri",
    envvar="MONGODB_URI",
    required=True,
    show_envvar=True,
    help="mongodb://... of the database.",
)
NATS_URL = click.option(
    "--nats-url",
    envvar="NATS_URL",
    required=True,
    show_envvar=True,
    help="nats://host:port of the broker.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


class Services(click.Group):
    """The commands of each installed service, imported when they are used."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands and of the services that have commands."""
        names = {entry.name for entry in entry_points(group="snsfashion.admin")}
        return sorted({*super().list_commands(context), *names})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command, or the group of a service's commands."""
        for entry in entry_points(group="snsfashion.admin", name=name):
            command: click.Command = entry.load()
            return command
        return super().get_command(context, name)


@click.group(
    cls=Services,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n  snsfashion-admin provision\n  snsfashion-admin color palette list\n"
    "  snsfashion-admin trends export --step week --out weeks.csv",
)
@click.version_option(package_name="snsfashion-servicekit")
def main() -> None:
    """Work on the database and the broker of a deployment.

    MONGODB_URI and NATS_URL name them; `source .run/environment` sets both to those of a local run.
    """
    # A command prints its own results. The info logs of the parts that it uses are for services.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


main.add_command(provision)


def asynchronous(command: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Turn a coroutine function into a click callback that shows errors of the input, the database and the broker clearly."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(command(*args, **kwargs))
        except (InvalidArgument, NotFound, StartError) as error:
            raise click.ClickException(str(error)) from error
        except PyMongoError as error:
            raise click.ClickException(f"the database at MONGODB_URI failed: {error}") from error
        except KeyboardInterrupt:
            click.echo("stopped; run the same command again to continue", err=True)
            raise SystemExit(130) from None

    return run


@asynccontextmanager
async def open_database(uri: str, service: str) -> AsyncIterator[mongo.Database]:
    """Open a service's own database, and close it at the end. Raise StartError if no server answers."""
    client = await mongo.connect(uri, timeout_s=10)
    try:
        yield mongo.database(client, service)
    finally:
        await client.close()


def migration(
    service: str,
    old: Old,
    move: Callable[[mongo.Database, Old, Progress], Awaitable[Migrated]] = migrate,
) -> click.Command:
    """Return the command `migrate` of a service, which moves what version 0.1 stored as `old` says.

    `move` is for a service that has to move more than photos and tombstones.
    """

    @click.command(
        "migrate",
        epilog=f"\b\nExample:\n  snsfashion-admin {service} migrate --mongodb-uri mongodb://127.0.0.1:27017",
    )
    @MONGODB_URI
    @asynchronous
    async def command(mongodb_uri: str) -> None:
        """Move what version 0.1 stored into the collections of this one. Stop the service first."""
        async with open_database(mongodb_uri, service) as db:
            total = 0
            for name in (old.photos, old.tombstones):
                total += await db[name].estimated_document_count()
            with click.progressbar(length=total, label="documents", file=sys.stderr) as bar:
                moved = await move(db, old, bar.update)
        click.echo(f"{moved.photos} photos and {moved.tombstones} tombstones moved")

    return command


@asynccontextmanager
async def open_broker(url: str) -> AsyncIterator[Publish]:
    """Connect to the broker. Yield a function that publishes an event and waits until the broker has stored it."""
    try:
        connection = await nats.connect(url, name="snsfashion-admin", connect_timeout=5)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise click.ClickException(
            f"no broker at {hide_password(url)} (NATS_URL): {error!r}"
        ) from error
    try:
        yield partial(publish, connection.jetstream(timeout=10))
    except (nats.errors.Error, TimeoutError) as error:
        raise click.ClickException(
            f"the broker at {hide_password(url)} does not accept events: {error!r}; run the same command again to continue"
        ) from error
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
