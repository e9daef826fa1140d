"""Child processes of a run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack.processes import Process, StartFailed, free_port, memory_mb, port_open


def python(name: str, code: str, log: Path, **settings: object) -> Process:
    process = Process(name, [sys.executable, "-c", code], log / f"{name}.log", lambda: False)
    for key, value in settings.items():
        setattr(process, key, value)
    return process


def test_a_process_that_ends_at_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    code = "import sys; print('cannot start: NATS_URL: is not set'); sys.exit(2)"
    process = python("trends", code, tmp_path)
    process.spawn()
    with pytest.raises(StartFailed, match=r"trends ended with status 2(.|\n)*NATS_URL: is not set"):
        process.wait_ready()


def test_a_process_that_is_never_ready_is_named(tmp_path: Path) -> None:
    process = python("slow", "import time; time.sleep(60)", tmp_path, start_timeout_s=0.1)
    process.spawn()
    try:
        with pytest.raises(StartFailed, match="slow was not ready after"):
            process.wait_ready()
    finally:
        process.stop()
    assert not psutil.pid_exists(process.pid)


def test_a_killed_process_is_named_with_its_signal(tmp_path: Path) -> None:
    process = python("color", "import time; time.sleep(60)", tmp_path)
    process.spawn()
    process.kill()
    with pytest.raises(StartFailed, match="color ended with signal SIGKILL"):
        process.check()


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(60)"
    )
    process = python("deaf", code, tmp_path)
    process.ready = lambda: "up" in process.tail()
    process.spawn()
    process.wait_ready()
    process.stop(grace_s=0.2)
    assert not psutil.pid_exists(process.pid)


def test_children_end_when_the_runner_is_killed(tmp_path: Path) -> None:
    runner = (
        "from pathlib import Path; from devstack.processes import Process; import sys, time;"
        f"p = Process('child', [sys.executable, '-c', 'import time; time.sleep(60)'], Path({str(tmp_path)!r}) / 'log', bool);"
        "p.spawn(); print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", runner], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    child.wait(timeout=10)


def test_a_free_port_is_free_and_a_taken_one_is_seen() -> None:
    assert not port_open(free_port())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert port_open(taken.getsockname()[1])


def test_memory_of_this_process_is_counted() -> None:
    assert memory_mb() > 10
