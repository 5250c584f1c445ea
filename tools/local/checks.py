"""Everything `make test` runs, in order, each part's own output shown; the first failure ends it.

A stack that runs already is used and left running; one that the tests had to start is stopped again, also after a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import config
import stack
from commands import tool_env
from console import Stop, say

END_TO_END = "holdfast-e2e"
# Faults strike for so many seconds at the end of all tests; with the rest before and after, the step takes twice that.
CHAOS_SECONDS = 40
CHAOS_SEED = 1
STACK = [sys.executable, str(config.TOOLS_DIR / "stack.py")]


def run(title: str, command: Sequence[str], cwd: Path = config.ROOT) -> None:
    say(f"\n== {title}: {' '.join(command[:6])}{' ...' if len(command) > 6 else ''}")
    started = time.monotonic()
    status = subprocess.run(command, cwd=cwd, env=tool_env(), stdin=subprocess.DEVNULL).returncode
    if status != 0:
        raise Stop(f"{title}: failed (status {status}) after {time.monotonic() - started:.0f} s.")
    say(f"== {title}: passed, {time.monotonic() - started:.0f} s")


def without_stack() -> None:
    """What needs no running stack."""
    lint()
    around_the_code()
    run("Rust tests", ["cargo", "test", "--locked", "--workspace", "--exclude", END_TO_END])


def around_the_code() -> None:
    stack.install_tools()
    run("Local tools", [str(config.VENV_PYTHON), "-m", "unittest", "discover", "--start-directory", "tools/local/tests"])
    run("Sample catalogue", [sys.executable, "-m", "unittest", "discover", "--start-directory", "tools/catalogue"])
    run("CDK app", ["npm", "test", "--silent"], cwd=config.CDK_DIR)
    run("CloudFormation templates", ["npm", "run", "--silent", "lint:template"], cwd=config.CDK_DIR)


def lint() -> None:
    run("Format", ["cargo", "fmt", "--all", "--check"])
    run("Clippy", ["cargo", "clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"])


def end_to_end() -> None:
    run("Local stack", [*STACK, "up"])
    run("End to end", ["cargo", "test", "--locked", "--package", END_TO_END])


def everything() -> None:
    """All Rust tests in one run, the end-to-end ones included: one selection of packages, compiled once. Then chaos, briefly."""
    was_running = config.STACK_JSON_FILE.exists() and stack.is_running()
    lint()
    around_the_code()
    try:
        run("Local stack", [*STACK, "up"])
        run("Rust tests", ["cargo", "test", "--locked", "--workspace"])
        run("Chaos", [*STACK, "chaos", "--seconds", str(CHAOS_SECONDS), "--seed", str(CHAOS_SEED)])
    finally:
        if not was_running or os.environ.get("CI") == "true":
            subprocess.run([*STACK, "down"], check=False)


def main(arguments: list[str]) -> int:
    suites = {"everything": everything, "without-stack": without_stack, "lint": lint, "end-to-end": end_to_end}
    started = time.monotonic()
    try:
        suites[arguments[0] if arguments else "everything"]()
    except Stop as stop:
        if stop.hint:
            say(stop.hint)
        say(f"\n{stop}")
        return 1
    except KeyboardInterrupt:
        return 130
    say(f"\nAll passed after {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
