"""Background processes of the stack: started in a session of their own, remembered by process id, ended by that id.

A process id alone may belong to somebody else by now (after a reboot, say), so the id is kept with the process's start
time as the kernel tells it, and only a process that matches both is ever signalled.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import config
from console import Stop, say, wait_until

# How often a stop that takes long says so.
STILL_STOPPING_SECONDS = 5


@dataclass(frozen=True)
class Recorded:
    pid: int
    start_ticks: str
    version: str

    def is_alive(self) -> bool:
        return start_ticks_of(self.pid) == self.start_ticks


def start_ticks_of(pid: int) -> str | None:
    """The start time of a running process in kernel ticks, or None when there is none (a zombie counts as none).

    Without /proc (macOS) the start time is asked of `ps`.
    """
    if not Path("/proc/self/stat").exists():
        asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)
        state, _, started = asked.stdout.strip().partition(" ")
        return started.strip() or None if asked.returncode == 0 and not state.startswith("Z") else None
    try:
        # The command's name may hold spaces and brackets: count fields after its closing bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def record_file(name: str) -> Path:
    return config.RUN_DIR / f"{name}.json"


def recorded(name: str) -> Recorded | None:
    """The recorded process, if it still runs; a stale record is removed on the way, with what its process left running."""
    path = record_file(name)
    try:
        content = json.loads(path.read_text())
        one = Recorded(int(content["pid"]), str(content["startTicks"]), str(content["version"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        path.unlink()
        return None
    if one.is_alive():
        return one
    end_children(one)
    path.unlink(missing_ok=True)
    return None


def lock_holder(path: Path) -> str | None:
    """What the process has written that holds the lock of this file; None if none does."""
    try:
        with path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip() or "?"
    except FileNotFoundError:
        pass
    return None


def unsaved_mark(name: str) -> Path:
    """Is there from the time a process has its state loaded to its clean stop: found before a start, it tells of state that was
    not saved."""
    return config.RUN_DIR / f"{name}.unsaved"


def start(name: str, command: list[str], env: dict[str, str], version: str) -> Recorded:
    """Starts `command` with exactly `env`, its output appended to the log of that name; `version` is kept in the record."""
    config.RUN_DIR.mkdir(parents=True, exist_ok=True)
    config.LOG_DIR.mkdir(parents=True, exist_ok=True)
    with log_file(name).open("ab") as log:
        process = subprocess.Popen(
            command, env=env, cwd=config.ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    one = Recorded(process.pid, start_ticks_of(process.pid) or "", version)
    record_file(name).write_text(json.dumps({"pid": one.pid, "startTicks": one.start_ticks, "version": version}))
    return one


def stop(name: str, progress: Callable[[], str] | None = None) -> str:
    """SIGTERM, then whatever is left of the process's own group (Lambda workers). Says how it went.

    With `progress` the process is waited for however long it takes, and every few seconds what that says is shown: killed, it
    would lose what it has not saved. Without, it is killed when its time is over.
    """
    one = recorded(name)
    if one is None:
        return "not running"
    signal_quietly(one.pid, signal.SIGTERM)
    began = time.monotonic()
    while not wait_until(lambda: reaped(one), config.STOP_SECONDS_MAX if progress is None else STILL_STOPPING_SECONDS):
        if progress is None:
            kill(name)
            return f"did not stop within {config.STOP_SECONDS_MAX} s, killed"
        say(f"      after {time.monotonic() - began:3.0f} s: {progress()}")
    end_children(one)
    record_file(name).unlink(missing_ok=True)
    unsaved_mark(name).unlink(missing_ok=True)
    return "stopped"


def kill(name: str) -> None:
    """Ends a process whose data is given up."""
    one = recorded(name)
    if one is not None:
        signal_quietly(one.pid, signal.SIGKILL)
        wait_until(lambda: reaped(one), 5)
        end_children(one)
        record_file(name).unlink(missing_ok=True)


def end_children(one: Recorded) -> None:
    """Ends, by their ids, what the process started and left."""
    for pid in children_of(one):
        signal_quietly(pid, signal.SIGKILL)


def children_of(one: Recorded) -> list[int]:
    """Ids of what the process started (Lambda workers): members of its group that run from .local, itself left out."""
    return [
        pid
        for pid, group, command in running_processes()
        if group == one.pid and pid != one.pid and str(config.LOCAL_DIR) in command
    ]


def environment_of(pid: int) -> dict[str, str]:
    """What the process was started with; empty where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def running_processes() -> Iterator[tuple[int, int, str]]:
    """Id, process group and command line of every process."""
    if Path("/proc/self/stat").exists():
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            yield int(folder.name), int(fields[2]), command
        return
    for line in subprocess.run(["ps", "-axo", "pid=,pgid=,args="], capture_output=True, text=True).stdout.splitlines():
        pid, group, command = line.split(None, 2)
        yield int(pid), int(group), command


def reaped(one: Recorded) -> bool:
    try:
        os.waitpid(one.pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return not one.is_alive()


def signal_quietly(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def log_file(name: str) -> Path:
    return config.LOG_DIR / f"{name}.log"


def log_tail(name: str, lines: int = 15) -> str:
    try:
        return "\n".join(log_file(name).read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def port_is_taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ensure_ports_free(ports: dict[int, str]) -> None:
    for port, owner in ports.items():
        if port_is_taken(port):
            raise Stop(
                f"Port {port} ({owner}) is taken by a process that this stack did not start: "
                f"end it (`ss -ltnp 'sport = :{port}'` or `lsof -i :{port}` names it) and run the command again."
            )


def answers(url: str, seconds_max: float = 2) -> bool:
    """Whether the URL answers with a success within the time."""
    try:
        with urllib.request.urlopen(url, timeout=seconds_max) as answer:
            return answer.status < 400
    except (OSError, urllib.error.URLError):
        return False
