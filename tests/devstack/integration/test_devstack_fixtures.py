"""Servers that tests start end with them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil

TESTS = """\
import sys
import time

import psutil


def test_that_does_not_end(nats_url, mongodb_uri):
    servers = psutil.Process().children(recursive=True)
    print("servers", *(server.pid for server in servers), file=sys.__stderr__, flush=True)
    time.sleep(60)
"""


def test_no_server_is_left_when_pytest_is_killed(tmp_path: Path) -> None:
    (tmp_path / "test_endless.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "devstack.fixtures", "--rootdir"]
    with subprocess.Popen(
        [*command, str(tmp_path), str(tmp_path)], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as run:
        assert run.stderr is not None
        line = next(line for line in run.stderr if line.startswith("servers"))
        servers = [psutil.Process(int(pid)) for pid in line.split()[1:]]
        names = {server.name() for server in servers}
        run.send_signal(signal.SIGKILL)
    assert names == {"nats-server", "secantusd-py"}
    _, left = psutil.wait_procs(servers, timeout=10)
    assert left == []
