"""The broker and the database, as real processes."""

from __future__ import annotations

import shutil
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from devstack.processes import Process, StartFailed, free_port

NATS_CONFIG = """\
host: 127.0.0.1
port: {port}
http: 127.0.0.1:{monitor}
server_name: local
max_payload: 8MB
jetstream {{
  store_dir: "{folder}"
  max_file_store: 32GB
  # An acknowledged message has reached the disk; the default may lose two minutes of them in a power cut.
  sync_interval: always
}}
"""


def nats_server(folder: Path) -> tuple[Process, str]:
    """Return a NATS server with JetStream that keeps its state in `folder`, and its URL."""
    port, monitor = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    config.write_text(
        NATS_CONFIG.format(port=port, monitor=monitor, folder=(folder / "nats").resolve())
    )
    process = Process(
        "nats-server",
        [_beside_python("nats-server"), "--config", str(config)],
        folder / "log" / "nats.log",
        lambda: _http_ok(f"http://127.0.0.1:{monitor}/healthz"),
    )
    return process, f"nats://127.0.0.1:{port}"


def mongo_server(folder: Path) -> tuple[Process, str]:
    """Return a MongoDB-compatible server (SecantusDB) that keeps its state in `folder`, and its URI."""
    port = free_port()
    storage = folder / "mongo"
    storage.mkdir(parents=True, exist_ok=True)
    command = [_beside_python("secantusd-py"), "--host", "127.0.0.1", "--port", str(port)]
    process = Process(
        "secantusdb",
        [*command, "--storage-path", str(storage.resolve()), "--log-level", "WARNING"],
        folder / "log" / "mongo.log",
        lambda: _mongo_ok(port),
    )
    # journal: an acknowledged write survives a kill.
    return process, f"mongodb://127.0.0.1:{port}/?journal=true"


def _beside_python(name: str) -> str:
    """Return the path of a program that a package installed beside the interpreter."""
    program = Path(sys.executable).parent / name
    found = str(program) if program.exists() else shutil.which(name)
    if not found:
        raise StartFailed(f"{name} is not installed; run `make setup`")
    return found


def _http_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # loopback only
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _mongo_ok(port: int) -> bool:
    client: MongoClient[dict[str, object]] = MongoClient(
        "127.0.0.1", port, serverSelectionTimeoutMS=500
    )
    try:
        client.admin.command("ping")
    except PyMongoError:
        return False
    finally:
        client.close()
    return True
