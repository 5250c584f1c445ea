"""Runs other programs: output into a log, a sign of life while it takes long, the end of the log when it fails."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import config
from console import Stop, say

HEARTBEAT_SECONDS = 15


def run_logged(
    command: Sequence[str],
    log_name: str,
    *,
    what: str,
    env: dict[str, str] | None = None,
    cwd: Path = config.ROOT,
    shown: Callable[[str], str | None] = str.strip,
) -> None:
    """Runs `command`; every 15 seconds says how long it has run, and what `shown` made of a line last. Raises Stop if it fails."""
    config.LOG_DIR.mkdir(parents=True, exist_ok=True)
    log_path = config.LOG_DIR / f"{log_name}.log"
    last_line = ""
    started = time.monotonic()
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            say(f"      after {time.monotonic() - started:3.0f} s: {last_line[:90]}")

    with log_path.open("w") as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace",
        )
        threading.Thread(target=beat, daemon=True).start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                last_line = shown(line) or last_line
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            ended.set()
    if status != 0:
        tail = "\n".join(log_path.read_text().splitlines()[-25:])
        raise Stop(f"{what} failed (status {status}): see {log_path.relative_to(config.ROOT)}.", tail)


def tool_env(**more: str) -> dict[str, str]:
    """The caller's environment without anything of a real AWS account, with the project's own tools first in PATH."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env["PATH"] = os.pathsep.join([str(config.VENV_DIR / "bin"), env.get("PATH", "")])
    return env | more
