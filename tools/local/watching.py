"""`make watch`: the function as it is in the sources takes the deployed one's place in the running stack, anew at every change.

What runs is the deployed function with other code: routes, queues, streams and sagas reach it, with the deployed function's
environment. Its deployed code comes back when the watching ends, however it ends: a process of its own waits for that. Should
the stack be gone by then, `make up` does it.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import aws
import build
import config
from commands import tool_env
from console import Stop, say

LOOK_SECONDS = 0.5
# Which function has its watched code in the stack, and who watches.
MARK = config.RUN_DIR / "watched.json"


def code_of(binary: Path) -> str:
    """A deployment package of the binary, as the Lambda API takes it."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, binary.read_bytes())
    return base64.b64encode(package.getvalue()).decode()


def put_code(name: str, binary: Path) -> None:
    aws.request("lambda", "PUT", f"/2015-03-31/functions/{name}/code", {"ZipFile": code_of(binary)})


def sources(function: str) -> Iterator[Path]:
    """What the function is built from, dependencies outside of the workspace by their lock file."""
    yield from (config.ROOT / name for name in ("Cargo.toml", "Cargo.lock"))
    for folder in (config.ROOT / "shared", config.ROOT / "functions" / function):
        for path in folder.rglob("*"):
            if path.suffix in (".rs", ".toml"):
                yield path


def state_of(paths: Iterator[Path]) -> dict[Path, tuple[int, int]]:
    """When and how large each was written."""
    state = {}
    for path in paths:
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        state[path] = (found.st_mtime_ns, found.st_size)
    return state


def compile_function(function: str) -> Path | None:
    """The function's binary, built as `make up` builds it; None if it does not compile, which cargo says itself."""
    # The whole workspace is selected, so that dependencies are built with the features that they already have.
    command = ["cargo", "build", "--locked", "--quiet", "--workspace", "--bin", function]
    if subprocess.run(command, cwd=config.ROOT, env=tool_env(), stdin=subprocess.DEVNULL).returncode != 0:
        return None
    return Path(build.cargo_target_dir()) / "debug" / function


def is_watched(function: str) -> bool:
    """Whether `make watch` has this function in the stack."""
    mark = read_mark()
    return mark is not None and mark[0] == function


def read_mark() -> tuple[str, str, int] | None:
    """The function, its deployed name, and the process that watches."""
    try:
        mark = json.loads(MARK.read_text())
        return str(mark["function"]), str(mark["name"]), int(mark["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def watch(function: str, name: str, tail: Iterator[str]) -> None:
    """Puts the function's code into the stack at every change, and shows its log, until it is interrupted."""
    mark = read_mark()
    if mark is not None and is_alive(mark[2]):
        raise Stop(f"Process {mark[2]} watches {mark[0]} already: end it first.")
    give_back_what_was_left()
    config.RUN_DIR.mkdir(parents=True, exist_ok=True)
    MARK.write_text(json.dumps({"function": function, "name": name, "pid": os.getpid()}))
    guard = subprocess.Popen(
        [sys.executable, str(config.TOOLS_DIR / "stack.py"), "give-back"], stdin=subprocess.PIPE, start_new_session=True
    )
    assert guard.stdin is not None
    try:
        say(f"{function}: as it is in the sources, in place of the deployed one; Ctrl-C ends it.")
        built: dict[Path, tuple[int, int]] = {}
        while True:
            now = state_of(sources(function))
            if now != built:
                built = now
                began = time.monotonic()
                binary = compile_function(function)
                if binary is None:
                    say(f"{function}: does not compile; the code before it stays")
                else:
                    put_code(name, binary)
                    say(f"{function}: in the stack after {time.monotonic() - began:.1f} s")
            for line in tail:
                if not line:
                    break
                print(line, flush=True)
            time.sleep(LOOK_SECONDS)
    finally:
        guard.stdin.close()
        guard.wait()


def give_back_at_the_end() -> None:
    """Waits until the process that watches has ended, in whatever way, and gives the deployed code back."""
    sys.stdin.read()
    give_back_what_was_left()


def give_back_what_was_left() -> None:
    """Puts the deployed code of a function back that was watched."""
    mark = read_mark()
    if mark is None:
        return
    function, name, _ = mark
    try:
        put_code(name, config.LAMBDA_DIR / function / "bootstrap")
    except (OSError, aws.AwsError) as error:
        say(f"{function}: the stack does not take its deployed code back now ({error}); the next `make up` does it.")
        return
    MARK.unlink(missing_ok=True)
    say(f"{function}: the deployed one is back")
