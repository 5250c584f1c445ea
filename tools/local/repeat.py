"""Runs one test many times beside programs that keep the processors busy: what relies on time, order or load fails sooner.

`make test-repeat PACKAGE=holdfast-usecases TEST=notices TIMES=50` runs the Rust tests whose names contain `notices`,
`make test-repeat TEST=tools/local/tests/test_shim.py` the Python tests of a file. A package's tests are built once.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import config
from commands import tool_env
from console import Stop, say

LOG_LINES_SHOWN = 40
# Ends by itself should this program be killed.
HOG = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"


@dataclass(frozen=True)
class Command:
    """One program of the test: a Rust package has several test binaries."""

    words: list[str]
    cwd: Path


@dataclass(frozen=True)
class Run:
    passed: bool
    seconds: float


@contextmanager
def hogs(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keeps `count` processors busy for as long as the block runs."""
    running = [subprocess.Popen([sys.executable, "-c", HOG, str(os.getpid())], start_new_session=True) for _ in range(count)]
    try:
        yield running
    finally:
        for one in running:
            one.kill()
            one.wait()


def commands_of(package: str, test: str) -> list[Command]:
    if not package:
        if not test.endswith(".py"):
            raise Stop("Name a Rust PACKAGE with a TEST of it, or as TEST a Python file of tests.")
        if not (config.ROOT / test).is_file():
            raise Stop(f"TEST={test} is no file.")
        folder, _, name = test.rpartition("/")
        return [Command([str(config.VENV_PYTHON), "-m", "unittest", "discover", "--start-directory", folder or ".", "--pattern", name], config.ROOT)]
    # The whole workspace is selected, as `make test` does: dependencies keep the features they are built with.
    build = ["cargo", "test", "--locked", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"]
    built = subprocess.run(build, cwd=config.ROOT, env=tool_env(), stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise Stop("The tests do not build.")
    commands = [command for command in binaries(built.stdout, package, test) if has_tests(command)]
    if not commands:
        raise Stop(f"No test of {package} has {test!r} in its name.")
    return commands


def binaries(messages: str, package: str, test: str) -> list[Command]:
    """The package's test binaries among cargo's messages, each to be run in the package's folder, as cargo does."""
    found = []
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") != "compiler-artifact" or not message["profile"]["test"] or not message.get("executable"):
            continue
        manifest = Path(message["manifest_path"])
        if tomllib.loads(manifest.read_text())["package"]["name"] == package:
            found.append(Command([message["executable"], *([test] if test else [])], manifest.parent))
    return found


def has_tests(command: Command) -> bool:
    listed = subprocess.run([*command.words, "--list"], cwd=command.cwd, env=tool_env(), stdout=subprocess.PIPE, text=True)
    return any(line.endswith(": test") for line in listed.stdout.splitlines())


def run_once(commands: Sequence[Command], log: Path, seconds_max: float) -> Run:
    """Runs every command; the first that fails or takes too long ends the run. The log has their output."""
    started = time.monotonic()
    passed = True
    with log.open("wb") as output:
        for command in commands:
            process = subprocess.Popen(
                command.words, cwd=command.cwd, env=tool_env(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )
            try:
                passed = process.wait(seconds_max) == 0
            except subprocess.TimeoutExpired:
                output.write(f"\nnot done within {seconds_max:.0f} s\n".encode())
                passed = False
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if not passed:
                break
    return Run(passed, time.monotonic() - started)


def summary(runs: Sequence[Run], hog_count: int) -> str:
    seconds = sorted(run.seconds for run in runs)
    passed = sum(run.passed for run in runs)
    beside = f"beside {hog_count} busy program{'' if hog_count == 1 else 's'}"
    times = f"{seconds[0]:.1f} to {seconds[-1]:.1f} s, median {statistics.median(seconds):.1f} s"
    return f"{len(runs)} runs {beside}: {passed} passed, {len(runs) - passed} failed; {times}"


def repeat(arguments: argparse.Namespace) -> int:
    commands = commands_of(arguments.package, arguments.test)
    config.LOG_DIR.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    with hogs(arguments.hogs):
        for number in range(1, arguments.times + 1):
            log = config.LOG_DIR / f"repeat-{number}.log"
            run = run_once(commands, log, arguments.seconds)
            runs.append(run)
            if run.passed:
                log.unlink()
                continue
            say("\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]))
            say(f"== run {number}: failed after {run.seconds:.1f} s, see {log.relative_to(config.ROOT)}")
    say(f"{' '.join(word for word in (arguments.package, arguments.test) if word)}: {summary(runs, arguments.hogs)}")
    return 0 if all(run.passed for run in runs) else 1


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="repeat.py", description=__doc__)
    parser.add_argument("--package", default="", help="the Rust package of the test")
    parser.add_argument("--test", default="", help="a part of the Rust tests' names, or a Python file of tests")
    parser.add_argument("--times", type=int, default=50, help="how many runs")
    parser.add_argument("--hogs", type=int, default=os.cpu_count() or 1, help="how many busy programs beside it")
    parser.add_argument("--seconds", type=float, default=900, help="the most seconds that one program of a run may take")
    try:
        return repeat(parser.parse_args(words))
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
