"""Child processes: started with a log file, watched, and never left running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

POLL_S = 0.05


class StartFailed(Exception):
    """A process that did not come up; the text says which, why, and how its log ends."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_open(port: int) -> bool:
    """Tell whether somebody listens on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Process:
    """One child process. `ready` says, by asking it, whether it can be used."""

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    start_timeout_s: float = 120.0
    _child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises StartFailed if the process was never started."""
        if self._child is None:
            raise StartFailed(f"{self.name} was not started")
        return self._child.pid

    def spawn(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the runner alone and the runner stops it in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                tied(self.command),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait until it is ready. Raise StartFailed with the tail of its log if it ends or takes too long."""
        deadline = time.monotonic() + self.start_timeout_s
        while True:
            self.check()
            if self.ready():
                return
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"{self.name} was not ready after {self.start_timeout_s:.0f} s{self.tail()}"
                )
            time.sleep(POLL_S)

    def check(self) -> None:
        """Raise StartFailed if it has ended."""
        if self._child is None or self._child.poll() is not None:
            status = (
                "never started" if self._child is None else f"ended with {_status(self._child)}"
            )
            raise StartFailed(f"{self.name} {status}{self.tail()}")

    def kill(self) -> None:
        """Send SIGKILL: what a crash, the OOM killer or a lost node does."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def terminate(self) -> None:
        """Send SIGTERM; see `stop`."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()

    def stop(self, grace_s: float = 15.0) -> None:
        """Send SIGTERM, then SIGKILL to it and its children after the grace."""
        if self._child is None:
            return
        children = _children(self._child.pid)
        self.terminate()
        try:
            self._child.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        for child in children:
            if child.is_running():
                child.kill()

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of the log, for a person."""
        text = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return f"\n--- the end of {self.log}\n" + "\n".join(text[-lines:])


def start_all(processes: Sequence[Process]) -> None:
    """Start several at once and wait for all."""
    for process in processes:
        process.spawn()
    for process in processes:
        process.wait_ready()


def stop_all(processes: Sequence[Process]) -> None:
    """Stop several at once."""
    for process in processes:
        process.terminate()
    for process in processes:
        process.stop()


def memory_mb() -> float:
    """Return the megabytes of this process and all below it; a page that several share counts once (PSS)."""
    total = 0
    for process in (psutil.Process(), *_children(os.getpid())):
        try:
            info = process.memory_full_info()
            total += getattr(info, "pss", info.uss)  # PSS is Linux's
        except psutil.Error:
            continue
    return total / 1e6


def _children(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _status(child: subprocess.Popen[bytes]) -> str:
    code = child.returncode
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"


def tied(command: Sequence[str]) -> list[str]:
    """Return the command with which `command` ends as soon as this process does, however that ends; the same without Linux.

    The kernel sends SIGKILL: the database answers SIGTERM by closing down, which takes it seconds and can hang, and
    all that is started here keeps its data through a SIGKILL. It counts as the end if the thread that starts the
    child ends: start children from the main thread.

    It is a program in between, not a `preexec_fn`: that forks, and after gRPC has started its handlers of forks can abort the child.
    """
    if sys.platform != "linux":
        return list(command)
    program = str(Path(__file__).with_name("tied.py"))
    return [sys.executable, "-I", "-S", program, str(os.getpid()), *command]
