"""Says, before anything is installed or built, which tool is missing and what to do about it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from console import Stop

PYTHON_MIN = (3, 11)
RUST_MIN = (1, 95)

TOOLS = {
    "cargo": "install Rust with rustup (https://rustup.rs)",
    "rustc": "install Rust with rustup (https://rustup.rs)",
    "gcc": "install a C compiler, for example the package build-essential (on macOS: xcode-select --install)",
}


def version_of(command: list[str]) -> tuple[int, ...]:
    """The first number with dots in what the command prints, (0,) when there is none."""
    printed = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"(\d+(?:\.\d+)*)", printed)
    return tuple(int(part) for part in found.group(1).split(".")) if found else (0,)


def check() -> str:
    """Raises Stop with one line per missing tool; gives the versions found."""
    missing = [f"{tool} is missing: {advice}." for tool, advice in TOOLS.items() if shutil.which(tool) is None]
    if sys.version_info < PYTHON_MIN:
        missing.append(f"python3 is {sys.version.split()[0]}: install Python {dotted(PYTHON_MIN)} or later.")
    elif not module_exists("venv") or not module_exists("ensurepip"):
        missing.append("python3 has no venv module: install it (on Debian the package python3-venv).")
    versions = []
    if shutil.which("rustc"):
        rust = version_of(["rustc", "--version"])
        versions.append(f"rustc {dotted(rust)}")
        if rust < RUST_MIN:
            missing.append(f"rustc is {dotted(rust)}: run `rustup update` for {dotted(RUST_MIN)} or later.")
    if missing:
        raise Stop("\n".join(missing))
    return ", ".join([*versions, f"python {sys.version.split()[0]}"])


def module_exists(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
