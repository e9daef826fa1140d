"""Ask for outfits as the back end of a shop would, and report what the customer saw.

Start `make run` in one terminal. Then, in another one in the same folder:

    .venv/bin/python examples/recommend.py kim --style casual --personal-color winter-deep

Anywhere else, set RECOMMENDER_ADDRESS=host:port.
"""

from __future__ import annotations

import uuid

import click
import grpc

from snsfashion.recommender.v1 import recommender_pb2
from snsfashion_client import AddressMissing, Client, UnknownName


@click.command()
@click.argument("user")
@click.option("--style", "styles", multiple=True, help="A style that the customer likes.")
@click.option("--personal-color", default="", help="Such as winter or winter-deep.")
@click.option("--k", default=3, show_default=True, help="How many outfits.")
def main(user: str, styles: tuple[str, ...], personal_color: str, k: int) -> None:
    """Print outfits for USER, a pseudonymous id of your own."""
    try:
        with Client() as client:
            answer = client.recommend(user, styles=styles, personal_color=personal_color, k=k)
            for one in answer.recommendations:
                show(one)
                report(client, user, one.outfit.image.image_id, recommender_pb2.FEEDBACK_KIND_SHOWN)
    except (AddressMissing, UnknownName) as error:
        raise click.ClickException(str(error)) from error
    except grpc.RpcError as error:
        raise click.ClickException(f"{error.code().name}: {error.details()}") from error
    if answer.state == recommender_pb2.RECOMMEND_STATE_NO_CATALOG:
        click.echo("There is no outfit to recommend yet.")
    if answer.degraded:
        click.echo("Trends are out of reach; they count for nothing in this answer.")


def show(one: recommender_pb2.Recommendation) -> None:
    """Print one outfit: a page would show its photo, by `photo_url` or by the GetPhoto call."""
    outfit = one.outfit
    click.echo(f"{one.score:.2f}  {outfit.product.title or outfit.image.image_id}")
    for reason in one.reasons:
        click.echo(f"      {reason.text}")


def report(
    client: Client, user: str, image_id: str, kind: recommender_pb2.FeedbackKind.ValueType
) -> None:
    """Tell what the customer did; call it again with CLICKED, LIKED or BOUGHT when that happens.

    The event id makes a retry safe: the same id counts once.
    """
    request = recommender_pb2.RecordFeedbackRequest(
        event_id=uuid.uuid4().hex, user_id=user, image_id=image_id, kind=kind
    )
    client.recommender.RecordFeedback(request)


if __name__ == "__main__":
    main()
