"""Everything `make test` runs, in order, each part's own output shown; the first failure ends it. A table of minutes comes last.

A stack that runs already is used and left running; one that the tests had to start is stopped again, also after a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aws
import build
import config
import logs
import minutes
import running
import stack
from commands import tool_env
from console import Stop, say

END_TO_END = "holdfast-e2e"
# Faults strike for so many seconds at the end of all tests; with the rest before and after, the step takes twice that.
CHAOS_SECONDS = 40
CHAOS_SEED = 1
# How many times the usual number of cases the tests over generated cases have in `make test-deep`.
DEPTH = 100
STACK = [sys.executable, str(config.TOOLS_DIR / "stack.py")]
README = [sys.executable, str(config.TOOLS_DIR / "readme.py")]

TIMES = minutes.Times()


def run(title: str, command: Sequence[str], cwd: Path = config.ROOT, **environment: str) -> None:
    begin(title, command)
    with TIMES.suite(title):
        status = subprocess.run(command, cwd=cwd, env=tool_env(**environment), stdin=subprocess.DEVNULL).returncode
    end(title, status)


def run_rust_tests(*packages: str, **environment: str) -> None:
    """Runs Rust tests; the times of the single test programs are read off what cargo says."""
    title, command = "Rust tests", ["cargo", "test", "--locked", *packages]
    begin(title, command)
    if sys.stdout.isatty():
        environment |= {"CARGO_TERM_COLOR": "always"}
    requests: list[str] = []
    began = int(time.time() * 1000)
    with TIMES.suite(title) as suite:
        process = subprocess.Popen(
            command, cwd=config.ROOT, env=tool_env(**environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                suite.read(line)
                requests += logs.request_ids(line)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        status = process.wait()
    if status != 0:
        say_what_was_logged(requests, began)
    end(title, status)


def say_what_was_logged(requests: Sequence[str], since_milliseconds: int) -> None:
    """Functions' log lines of the requests whose answers failed tests have printed: the stack with its logs may be gone afterwards."""
    if not requests:
        return
    say("\nWhat functions logged of the requests above:")
    try:
        for line in logs.of_requests(aws.log_groups(), dict.fromkeys(requests), since_milliseconds):
            say(f"  {line}")
    except (aws.AwsError, OSError) as error:
        say(f"  cannot be read: {error}")


def begin(title: str, command: Sequence[str]) -> None:
    say(f"\n== {title}: {' '.join(command[:6])}{' ...' if len(command) > 6 else ''}")


def end(title: str, status: int) -> None:
    seconds = TIMES.last_seconds()
    if status != 0:
        TIMES.last_failed()
        raise Stop(f"{title}: failed (status {status}) after {seconds:.0f} s.")
    say(f"== {title}: passed, {seconds:.0f} s")


def without_stack() -> None:
    """What needs no running stack."""
    lint()
    around_the_code()
    run_rust_tests("--workspace", "--exclude", END_TO_END)


def deep() -> None:
    """The Rust tests that need no running stack, those over generated cases with many times the cases."""
    run_rust_tests("--workspace", "--exclude", END_TO_END, HOLDFAST_TEST_DEPTH=str(DEPTH))


def around_the_code() -> None:
    stack.install_tools()
    run("Local tools", [str(config.VENV_PYTHON), "-m", "unittest", "discover", "--start-directory", "tools/local/tests"])
    run("Sample catalogue", [sys.executable, "-m", "unittest", "discover", "--start-directory", "tools/catalogue"])
    run("Reference page", [sys.executable, "-m", "unittest", "discover", "--start-directory", "tools/reference"])
    run("Deployment", [str(config.VENV_PYTHON), "-m", "unittest", "discover", "--start-directory", "tools/deploy"])
    run("CDK app", ["npm", "test", "--silent"], cwd=config.CDK_DIR)
    run("CloudFormation templates", ["npm", "run", "--silent", "lint:template"], cwd=config.CDK_DIR)


def lint() -> None:
    run("Format", ["cargo", "fmt", "--all", "--check"])
    run("Compiled once", [sys.executable, str(config.TOOLS_DIR / "compiled_once.py")])
    run("Clippy", ["cargo", "clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"])


def end_to_end() -> None:
    run("Local stack", [*STACK, "up"])
    with policies_held(), nothing_private(), everything_heard():
        run_rust_tests("--package", END_TO_END)
    against_the_document()
    run("README", README)


@contextmanager
def everything_heard() -> Iterator[None]:
    """Afterwards every fact that the ledger got meanwhile must have been heard on the bus, and search must read what the ledger says."""
    note = config.RUN_DIR / "heard.json"
    program = [*STACK, "exec", "--", f"{build.cargo_target_dir()}/debug/chaos"]
    run("Listening on the bus", [*program, "--listen", str(note)])
    yield
    run("Bus and search against the ledger", [*program, "--heard", str(note)])


@contextmanager
def policies_held() -> Iterator[None]:
    """Afterwards AWS would have allowed every call that functions made meanwhile, and no role has a right that none needed."""
    config.RECORDED_CALLS_FILE.unlink(missing_ok=True)
    yield
    run("Roles against calls", [str(config.VENV_PYTHON), str(config.TOOLS_DIR / "policy_check.py")])


@contextmanager
def nothing_private() -> Iterator[None]:
    """Afterwards, nothing that was written meanwhile may have an address or a name of a guest, or a card's number, in it."""
    note = config.RUN_DIR / "private.json"
    program = [sys.executable, str(config.TOOLS_DIR / "private.py")]
    run("Listening for what is private", [*program, "--listen", str(note)])
    yield
    run("Nothing private was written", [*program, "--check", str(note)])


def against_the_document() -> None:
    """The running API's answers to what the document allows and forbids, with a fixed seed."""
    run("API against its document", [sys.executable, str(config.TOOLS_DIR / "document_check.py")])


def everything() -> None:
    """All Rust tests in one run, the end-to-end ones included: one selection of packages, compiled once. Then chaos, briefly, a
    restore to a point in time, which nobody may use the stack beside, and last what a newcomer pastes, on the stack that all of this has used."""
    was_running = running.is_running()
    lint()
    around_the_code()
    try:
        run("Local stack", [*STACK, "up"])
        with policies_held(), nothing_private(), everything_heard():
            run_rust_tests("--workspace")
        against_the_document()
        run("Chaos", [*STACK, "chaos", "--seconds", str(CHAOS_SECONDS), "--seed", str(CHAOS_SEED)])
        run("Restore drill", [*STACK, "restore-drill"])
        run("README", README)
    finally:
        if not was_running or os.environ.get("CI") == "true":
            subprocess.run([*STACK, "down"], check=False)


def main(arguments: list[str]) -> int:
    suites = {"everything": everything, "without-stack": without_stack, "lint": lint, "end-to-end": end_to_end, "deep": deep}
    started = time.monotonic()
    try:
        suites[arguments[0] if arguments else "everything"]()
    except Stop as stop:
        say(TIMES.table())
        if stop.hint:
            say(stop.hint)
        say(f"\n{stop}")
        return 1
    except KeyboardInterrupt:
        say(TIMES.table())
        return 130
    say(TIMES.table())
    say(f"\nAll passed after {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
