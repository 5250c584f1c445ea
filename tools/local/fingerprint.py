"""Fingerprints of files, to skip a step whose inputs are unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import config


def of_files(paths: Iterable[Path]) -> str:
    """A hash over names and contents; folders count with everything below them."""
    total = hashlib.sha256()
    for path in sorted(set(expand(paths))):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(config.ROOT)} {content}\n".encode())
    return total.hexdigest()


def expand(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from (below for below in path.rglob("*") if below.is_file() and "__pycache__" not in below.parts)
        elif path.exists():
            yield path


def stamp_is(name: str, value: str) -> bool:
    path = config.STAMP_DIR / name
    return path.exists() and path.read_text() == value


def write_stamp(name: str, value: str) -> None:
    config.STAMP_DIR.mkdir(parents=True, exist_ok=True)
    (config.STAMP_DIR / name).write_text(value)
