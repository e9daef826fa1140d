"""Each light service, installed alone from this repository into a new environment, starts and serves.

The installation takes minutes and downloads packages, so `make installs` runs it and `make check` does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.processes import Process, free_port
from devstack.stack import serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif("INSTALLS" not in os.environ, reason="takes minutes: make installs"),
]

ROOT = Path(__file__).parents[3]
OFFLINE = {
    "torch",
    "torchvision",
    "openvino",
    "tensorflow",
    "tensorflow-cpu",
    "scikit-learn",
    "matplotlib",
}
"""What only networks, training and evaluation need."""
PIXELS = {"pillow", "pycocotools"}
"""What only those need that touch photos or masks."""
NEED_PIXELS = {"color", "crawler"}
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
LIGHT = [service for service in SERVICES if not (ROOT / "models" / service).is_dir()]


@pytest.mark.parametrize("service", LIGHT)
def test_a_service_installed_alone_serves_and_brings_nothing_that_it_does_not_need(
    service: str, nats_url: str, mongodb_uri: str, tmp_path: Path
) -> None:
    python = install(service, tmp_path / "venv")
    found = distributions(python)
    print(f"{service}: {len(found)} distributions")
    assert not found & (OFFLINE if service in NEED_PIXELS else OFFLINE | PIXELS)
    assert found & {f"snsfashion-{name}" for name in SERVICES} == {f"snsfashion-{service}"}

    port = free_port()
    process = Process(
        service,
        [str(python), "-P", "-m", service],
        tmp_path / f"{service}.log",
        lambda: serving(f"127.0.0.1:{port}"),
        {
            "NATS_URL": nats_url,
            "MONGODB_URI": mongodb_uri,
            "BLOB_URL": (tmp_path / "blobs").as_uri(),
            "GRPC_PORT": str(port),
            "METRICS_PORT": str(free_port()),
            "TRENDS_ADDRESS": f"127.0.0.1:{free_port()}",
            "PYTHONPATH": "",
        },
    )
    process.spawn()
    try:
        process.wait_ready()
    finally:
        process.stop()


def install(service: str, folder: Path) -> Path:
    """Install a service, as its image does, into a new environment; return the path of its Python."""
    listing = subprocess.run(
        [sys.executable, ROOT / "deploy" / "images" / "requirements.py", service],
        capture_output=True,
        text=True,
        check=True,
    )
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["-c", "constraints.txt", *listing.stdout.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return python


def distributions(python: Path) -> set[str]:
    """Return the names of what is installed, in lower case."""
    done = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {one["name"].lower() for one in json.loads(done.stdout)}
