"""`make lock-python`: writes the lock files of tools/local, in which every Python package has its version and the hashes of its files.

What a lock file has stays as it is as long as the wishes (the files that end in .txt) allow it; `--upgrade` takes the newest instead.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import build
from commands import tool_env
from console import Stop, say

# The oldest Python that the project takes: what newer ones need less of is marked so.
PYTHON = "3.11"


def compile_lock(uv: Path, lock: Path, *words: str) -> None:
    command = [
        str(uv), "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", PYTHON, "--generate-hashes", "--no-header",
        "--no-annotate", *words, "--output-file", str(lock), str(lock.with_suffix(".txt")),
    ]
    done = subprocess.run(command, env=tool_env(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Stop(f"{lock.name} cannot be written: {done.stderr.strip()}")
    say(f"{lock.name}: {sum('==' in line for line in lock.read_text().splitlines())} packages")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="lock.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest version of what is not wished in one version")
    more = ["--upgrade"] if parser.parse_args(arguments).upgrade else []
    try:
        uv = build.install_audit_tools() / "uv"
        compile_lock(uv, build.LOCK, *more)
        # What it needs is among the wheels.
        compile_lock(uv, build.SOURCE_LOCK, "--no-deps", *more)
        compile_lock(uv, build.AUDIT_LOCK, *more)
    except Stop as stop:
        say(str(stop))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
