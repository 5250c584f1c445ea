"""Whether the stack runs, and its values. A stack that is busy is waited for; only one that does not run is said not to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import config
import processes
import services
from console import Stop, say

# A machine that compiles or a stack that is under load answers late.
BUSY_SECONDS_MAX = 60
SAID_AFTER_SECONDS = 3

NOT_RUNNING = "The local stack does not run: start it with `make up`."


def is_running() -> bool:
    """Whether this stack is up, and all of it answers now."""
    return is_there() and not silent()


def is_there() -> bool:
    """Whether it was deployed, and every part of it is a running process."""
    return config.STACK_JSON_FILE.exists() and all(is_up(one) for one in services.USUAL)


def silent() -> list[services.Service]:
    """The parts that do not answer now."""
    return [one for one in services.USUAL if not processes.answers(one.ready_url)]


def is_up(service: services.Service) -> bool:
    """Whether the service is a process of ours, or may be the emulator of the user's."""
    if processes.recorded(service.name) is not None:
        return True
    return service.name == services.MINISTACK.name and processes.port_is_taken(config.MINISTACK_PORT)


def values(seconds_max: float = BUSY_SECONDS_MAX) -> dict[str, str]:
    """The stack's values, if it runs; waits for one that is busy."""
    wait_until_it_answers(seconds_max)
    return json.loads(config.STACK_JSON_FILE.read_text())


def wait_until_it_answers(
    seconds_max: float = BUSY_SECONDS_MAX,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Raises Stop if the stack does not run, is being started or stopped for longer, or answers nothing for so long."""
    began, said = now(), False
    while True:
        busy = starting_or_stopping()
        if busy is None and not is_there():
            raise Stop(NOT_RUNNING)
        waiting = silent()
        if busy is None and not waiting:
            return
        names = ", ".join(one.title for one in waiting)
        state = f"process {busy} is starting or stopping it" if busy is not None else f"{names} does not answer"
        if now() - began >= seconds_max and busy is not None:
            raise Stop(f"Process {busy} is still starting or stopping this stack: wait for it to end, then run the command again.")
        if now() - began >= seconds_max:
            raise Stop(
                f"The local stack is there, but {state} after {seconds_max:.0f} s: it is busy, or hangs. "
                f".local/logs says what it does; `make down up` restarts it."
            )
        if not said and now() - began >= SAID_AFTER_SECONDS:
            say(f"The local stack is busy ({state}): waiting for up to {seconds_max:.0f} s")
            said = True
        pause(0.25)


def starting_or_stopping() -> str | None:
    """The id of the process that starts or stops the stack now, if one does."""
    return processes.lock_holder(config.LOCAL_DIR / "lock")
