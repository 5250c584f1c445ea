"""`make audit`: what is known against the packages that the project is built from. It asks advisory databases on the network.

Every part ends as passed, failed or not checked. A database that cannot be reached is said so and is no pass: the command ends
with 1 if something was found, with 2 if something could not be checked.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import build
import config
from commands import run_logged, tool_env
from console import Stop, say

CARGO_DENY_VERSION = "0.20.2"
CARGO_DENY_DIR = config.LOCAL_DIR / "cargo-deny"

PASSED, FAILED, NOT_CHECKED = "passed", "FAILED", "NOT CHECKED"
# How the tools say that they could not get their database. All else that goes wrong is a finding, or a fault to be looked at.
UNREACHABLE = {
    "cargo-deny": ("failed to fetch advisory database", "failed to load advisory database", "failed to open advisory database"),
    "npm": ("audit endpoint returned an error", "ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ENOAUDIT"),
    "pip-audit": ("ConnectionError", "ServiceError", "Could not connect", "Max retries exceeded", "HTTPError"),
}


def outcome(tool: str, status: int, output: str) -> tuple[str, str]:
    """The state of a part, and one line on why. A tool that found something and lost its database has failed."""
    if status == 0:
        return PASSED, ""
    for sign in UNREACHABLE[tool]:
        if sign in output:
            return NOT_CHECKED, f"the advisory database cannot be fetched ({sign}); nothing is known about advisories"
    return FAILED, "see above"


def ask(tool: str, command: Sequence[str], cwd: Path = config.ROOT) -> tuple[str, str]:
    ran = subprocess.run(command, cwd=cwd, env=tool_env(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    output = ran.stdout + ran.stderr
    say(output.rstrip())
    return outcome(tool, ran.returncode, output)


def cargo_deny() -> str:
    """The path of cargo-deny in our version; built from source once, which takes some minutes."""
    installed = CARGO_DENY_DIR / "bin" / "cargo-deny"
    if not installed.exists() or CARGO_DENY_VERSION not in subprocess.run([installed, "--version"], capture_output=True, text=True).stdout:
        say(f"Installing cargo-deny {CARGO_DENY_VERSION} into .local/cargo-deny; the first time takes some minutes")
        run_logged(
            ["cargo", "install", "--locked", "--version", CARGO_DENY_VERSION, "--root", str(CARGO_DENY_DIR), "cargo-deny"],
            "cargo-deny", what="cargo install cargo-deny",
        )
    return str(installed)


def rust_rules() -> tuple[str, str]:
    return ask("cargo-deny", [cargo_deny(), "--locked", "check", "bans", "licenses", "sources"])


def rust_advisories() -> tuple[str, str]:
    return ask("cargo-deny", [cargo_deny(), "--locked", "check", "advisories"])


def npm_advisories() -> tuple[str, str]:
    """All of the CDK app's packages: they are its build, so that those for development count as well."""
    return ask("npm", ["npm", "audit", "--package-lock-only"], cwd=config.CDK_DIR)


def python_advisories() -> tuple[str, str]:
    pip_audit = build.install_audit_tools() / "pip-audit"
    locks = [word for lock in (build.LOCK, build.SOURCE_LOCK, build.AUDIT_LOCK) for word in ("--requirement", str(lock))]
    return ask("pip-audit", [str(pip_audit), "--disable-pip", "--no-deps", *locks])


PARTS: dict[str, Callable[[], tuple[str, str]]] = {
    "Rust: bans, licences, sources": rust_rules,
    "Rust: advisories (RustSec)": rust_advisories,
    "npm: advisories": npm_advisories,
    "Python: advisories (PyPI)": python_advisories,
}


def checked(part: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    try:
        return part()
    except Stop as stop:
        say(stop.hint)
        return NOT_CHECKED, str(stop)
    except OSError as error:
        return NOT_CHECKED, str(error)


def main() -> int:
    states = []
    lines = []
    for title, part in PARTS.items():
        say(f"\n== {title}")
        state, why = checked(part)
        states.append(state)
        lines.append(f"  {title:<32} {state:<12} {why}")
    say("\n" + "\n".join(lines))
    if FAILED in states:
        return 1
    return 2 if NOT_CHECKED in states else 0


if __name__ == "__main__":
    sys.exit(main())
