"""The addresses of the services: given by the caller, from the environment, or from a local run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

LOCAL_RUN = Path(".run") / "services.json"
"""The file that `make run` writes, and removes when it stops."""


class AddressMissing(Exception):
    """The address of a service is unknown. The text says what to do."""


@dataclass(frozen=True)
class Addresses:
    """host:port of each service, and the URL of the broker; "" if unknown."""

    crawler: str = ""
    classifier: str = ""
    segmenter: str = ""
    color: str = ""
    trends: str = ""
    recommender: str = ""
    nats_url: str = ""

    @classmethod
    def find(
        cls, environment: Mapping[str, str] = os.environ, folder: Path | None = None
    ) -> Addresses:
        """Return CRAWLER_ADDRESS, ..., NATS_URL of `environment`; for those not set, the addresses of a local run in `folder`.

        `folder`: None means the current folder. Raise AddressMissing if the local run's file can't be read.
        """
        file = (folder or Path.cwd()) / LOCAL_RUN
        local: Mapping[str, str] = {}
        if file.exists():
            try:
                local = json.loads(file.read_text())
            except (OSError, ValueError) as error:
                raise AddressMissing(f"{file} can't be read: {error}") from error
        names = [field.name for field in fields(cls)]
        return cls(
            **{name: environment.get(variable(name)) or local.get(name, "") for name in names}
        )

    def of(self, service: str) -> str:
        """Return the address of `service`, such as "color" or "nats_url". Raise AddressMissing if it is unknown."""
        address: str = getattr(self, service)
        if not address:
            name = variable(service)
            example = "nats://127.0.0.1:4222" if service == "nats_url" else "127.0.0.1:50051"
            raise AddressMissing(
                f"the address of {'NATS' if service == 'nats_url' else f'the {service} service'} is unknown: "
                f"set {name}, for example {name}={example}, "
                f"or run this in the folder of a local run (`make run`), which has {LOCAL_RUN}"
            )
        return address


def variable(service: str) -> str:
    """Return the name of the environment variable with a service's address."""
    return "NATS_URL" if service == "nats_url" else f"{service.upper()}_ADDRESS"
