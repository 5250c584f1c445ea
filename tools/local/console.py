"""What the user sees: one line a step with its time, and one line when something has to be done by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import contextmanager

HEARTBEAT_SECONDS = 15


class Stop(Exception):
    """Ends the command with one clear line saying what to do. `hint` goes below it, for a log's last lines."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str):
    """Prints `title ... detail (1.2 s)`; the block calls the yielded function with the detail."""
    detail: list[str] = []
    started = time.monotonic()
    print(f"  {title:<34}", end="", file=sys.stderr, flush=True)
    try:
        yield detail.append
    except BaseException:
        say("failed")
        raise
    note = detail[-1] if detail else "done"
    say(f"{note:<44} {time.monotonic() - started:6.1f} s")


def wait_until(ready: Callable[[], bool], seconds_max: float, interval_seconds: float = 0.05) -> bool:
    """Polls `ready` until it says yes or the time is up."""
    deadline = time.monotonic() + seconds_max
    while True:
        if ready():
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval_seconds)
