"""The color service, wired."""

from __future__ import annotations

from dataclasses import dataclass

from color.events import Events
from color.service import ColorService
from color.settings import Settings
from color.storage.known_palettes import KnownPalettes
from color.storage.outfits import Outfits
from color.storage.palette_history import PaletteHistory
from photokit.blobs import BlobStore
from servicekit import topology
from servicekit.app import App, Rpc, StatefulPorts
from servicekit.consumer import Subscription
from servicekit.photostore import PhotoStore
from snsfashion.color.v1 import color_pb2, color_pb2_grpc


@dataclass(frozen=True, kw_only=True)
class ColorApp(App):
    """The color service, with the parts that tests and benchmarks look at."""

    outfits: Outfits
    palettes: KnownPalettes
    service: ColorService
    events: Events


def wire(ports: StatefulPorts[Settings]) -> ColorApp:
    """Put the service together. It is NOT_SERVING until the palettes are loaded."""
    photos = PhotoStore(ports.db)
    outfits = Outfits(photos)
    history = PaletteHistory(ports.db, photos)
    palettes = KnownPalettes(history)
    service = ColorService(outfits, palettes)
    events = Events(outfits, BlobStore(ports.settings.blob_url), palettes)
    return ColorApp(
        name="color",
        rpc=Rpc(
            color_pb2.DESCRIPTOR.services_by_name["ColorService"],
            color_pb2_grpc.add_ColorServiceServicer_to_server,
            service,
        ),
        subscriptions=(
            Subscription(topology.SEGMENTED, events.segmented),
            Subscription(topology.ERASED, events.erased),
        ),
        before_serving=(photos.prepare, history.prepare, palettes.load),
        background=(palettes.follow,),
        outfits=outfits,
        palettes=palettes,
        service=service,
        events=events,
    )
