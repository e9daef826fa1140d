"""The `snsfashion` command, of which the other modules have the subcommands."""

from __future__ import annotations

import click

from snsfashion_client.cli.catalog import complete, disagreements, outfit, photo, similar
from snsfashion_client.cli.color import color
from snsfashion_client.cli.crawl import crawl, erase
from snsfashion_client.cli.dead import dead
from snsfashion_client.cli.fate import fate, fates
from snsfashion_client.cli.gaps import gaps
from snsfashion_client.cli.look import classify, garments
from snsfashion_client.cli.palette import palette
from snsfashion_client.cli.people import feedback, profile
from snsfashion_client.cli.promotion import promotion
from snsfashion_client.cli.recommend import recommend, recommend_batch
from snsfashion_client.cli.series import co_worn, evidence, series
from snsfashion_client.cli.trends import trends


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="snsfashion-client")
def main() -> None:
    """Use the snsfashion services.

    Their addresses come from CRAWLER_ADDRESS, TRENDS_ADDRESS and so on (host:port), and NATS_URL.
    In the folder of a local run (`make run`) nothing needs to be set.

    \b
    Examples:
      snsfashion trends --rising
      snsfashion recommend kim --style casual --personal-color winter-deep
      snsfashion crawl shop https://shop.example/feed.xml --wait
      snsfashion fates
    """


for command in (
    *(trends, series, co_worn, evidence, gaps),
    *(recommend, recommend_batch, similar, complete, outfit, photo),
    *(profile, feedback, promotion, disagreements),
    *(crawl, erase, fate, fates, dead),
    *(classify, garments, color, palette),
):
    main.add_command(command)
