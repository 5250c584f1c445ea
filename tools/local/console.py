"""What the user sees: one line a step with its time, and one line when something has to be done by hand."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop(Exception):
    """Ends the command with one clear line saying what to do. `hint` is shown before it: a log's last lines, say."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class _Line:
    """Whether the step's title stands on the current line, waiting for its outcome."""

    title_is_open = False


def say(text: str) -> None:
    if _Line.title_is_open:
        print(file=sys.stderr)
        _Line.title_is_open = False
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Prints `title  outcome  1.2 s` on one line; the block calls the yielded function with the outcome."""
    outcome = ["done"]
    started = time.monotonic()
    print(f"  {title:<30}", end="", file=sys.stderr, flush=True)
    _Line.title_is_open = True
    try:
        yield outcome.append
    except BaseException:
        outcome.append("failed")
        raise
    finally:
        if not _Line.title_is_open:
            print(f"  {title:<30}", end="", file=sys.stderr)
        _Line.title_is_open = False
        say(f"{outcome[-1]:<42} {time.monotonic() - started:6.1f} s")


@contextmanager
def heartbeat(what: str, every_seconds: float = 5) -> Iterator[None]:
    """Says every few seconds that the block is still at work, and for how long."""
    started, ended = time.monotonic(), threading.Event()

    def beat() -> None:
        while not ended.wait(every_seconds):
            say(f"      after {time.monotonic() - started:3.0f} s: {what}")

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def counted(number: int, noun: str) -> str:
    """`1 booking`, `2 bookings`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def wait_until(ready: Callable[[], bool], seconds_max: float, interval_seconds: float = 0.05) -> bool:
    """Polls `ready` until it says yes or the time is up."""
    deadline = time.monotonic() + seconds_max
    while True:
        if ready():
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval_seconds)
