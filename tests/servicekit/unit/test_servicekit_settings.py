"""The environment is read once, and errors name what is missing or wrong."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from photokit.blobs import BlobSettings
from servicekit.settings import ServiceSettings, load

NEEDED = {
    "NATS_URL": "nats://127.0.0.1:4222",
    "MONGODB_URI": "mongodb://127.0.0.1",
    "BLOB_URL": "file:///tmp/blobs",
}


class Settings(ServiceSettings, BlobSettings):
    """Settings with one field of their own."""

    model_dir: str
    batch: int = Field(8, ge=1)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set everything that is required, and nothing else."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {**NEEDED, "MODEL_DIR": "models/x"}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_variables_are_the_names_in_capitals(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BATCH", "3")
    environment.setenv("GRPC_PORT", "0")
    settings = load(Settings)
    assert (settings.model_dir, settings.batch, settings.grpc_port) == ("models/x", 3, 0)
    assert settings.nats_url == NEEDED["NATS_URL"]


@pytest.mark.parametrize("name", [*NEEDED, "MODEL_DIR"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_variable_fails_the_start_and_is_named(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str | None,
) -> None:
    environment.delenv(name) if value is None else environment.setenv(name, value)
    with pytest.raises(SystemExit) as raised:
        load(Settings)
    assert raised.value.code == 2
    assert f"  {name}: is not set" in capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("name", "value"), [("GRPC_PORT", "70000"), ("BATCH", "many"), ("LOG_LEVEL", "LOUD")]
)
def test_a_wrong_value_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SystemExit):
        load(Settings)
    errors = capsys.readouterr().err
    assert f"  {name}: " in errors
    assert "Traceback" not in errors


def test_everything_that_is_wrong_is_named_at_once(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NEEDED:
        environment.delenv(name)
    with pytest.raises(SystemExit):
        load(Settings)
    errors = capsys.readouterr().err
    assert all(name in errors for name in NEEDED)


def test_settings_do_not_change(environment: pytest.MonkeyPatch) -> None:
    settings = load(Settings)
    with pytest.raises(ValidationError):
        settings.batch = 9  # type: ignore[misc]
