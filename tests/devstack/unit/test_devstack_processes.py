"""Child processes of a run."""

from __future__ import annotations

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


def run_and_kill(code: str, folder: Path) -> list[psutil.Process]:
    """Run code that prints process ids in one line and goes on; SIGKILL it; return what it had started."""
    command = [sys.executable, "-c", f"folder = {str(folder)!r}\n{code}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    assert children
    return children


DEAF = """
import sys, time
from pathlib import Path
from devstack.processes import Process
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
process = Process("child", [sys.executable, "-c", child], Path(folder) / "log", lambda: "up" in process.tail())
process.spawn()
process.wait_ready()
print(process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_a_child_ends_with_a_killed_runner_even_if_it_ignores_sigterm(tmp_path: Path) -> None:
    (child,) = run_and_kill(DEAF, tmp_path)
    child.wait(timeout=10)


FORKLESS = """
import os, sys
from pathlib import Path
from devstack.processes import Process
os.register_at_fork(after_in_child=os.abort)
child = "import time; print('up', flush=True); time.sleep(60)"
process = Process("child", [sys.executable, "-c", child], Path(sys.argv[1]) / "log", lambda: "up" in process.tail())
process.spawn()
process.wait_ready()
process.stop(grace_s=0.2)
"""


@pytest.mark.slow
def test_what_runs_after_a_fork_can_not_abort_a_child(tmp_path: Path) -> None:
    """As gRPC's handlers of forks do in a process that has called it."""
    command = [sys.executable, "-c", FORKLESS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    process = Process("absent", [str(tmp_path / "absent")], tmp_path / "log", lambda: False)
    process.spawn()
    with pytest.raises(StartFailed, match="absent can't be started"):
        process.wait_ready()


def test_a_free_port_is_free_and_a_taken_one_is_seen() -> None:
    assert not port_open(free_port())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert port_open(taken.getsockname()[1])


def test_memory_of_this_process_is_counted() -> None:
    assert memory_mb() > 10
