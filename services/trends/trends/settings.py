"""Settings of the trends service."""

from __future__ import annotations

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service reads; the trends service has nothing of its own."""
