"""Settings of the color service."""

from __future__ import annotations

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service reads; the color service has nothing of its own."""
