"""Checks what a target was given, before anything is touched. A message names the argument as `make` has it, and what it may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

import config
from console import Stop

SCOPES = ("booking/guest", "booking/operator", "booking/partner")
# As the domain has it (`shared/domain/src/ids.rs`): what the API takes for a guest's id.
SUB = re.compile(r"[!-.0-~]{1,128}")
# Of which property somebody is staff, and whose private rates are theirs (`shared/http/src/identity`).
GROUP = re.compile(r"platform|property\.[A-Za-z0-9._:-]{1,64}|rate\.[a-z0-9-]{1,40}")
SEED_MAX = 2**64 - 1
EXPIRES_IN_MAX = 30 * 24 * 3600
MINUTES_MAX = 90 * 24 * 60


def whole_number(name: str, least: int, most: int, *, optional: bool = False) -> Callable[[str], str]:
    """Takes the text of a whole number from `least` to `most`."""

    def check(text: str) -> str:
        if optional and not text:
            return text
        if not re.fullmatch(r"[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise Stop(f"{name}={text} is no whole number from {least} to {most}.")
        return text

    return check


def one_of(name: str, allowed: Callable[[], Collection[str]]) -> Callable[[str], str]:
    """Takes one of some words."""

    def check(text: str) -> str:
        words = allowed()
        if text not in words:
            raise Stop(f"{name} must be one of: {' '.join(words)}." + (f" It is {text!r}." if text else " It is missing."))
        return text

    return check


def subject(text: str) -> str:
    if not SUB.fullmatch(text):
        raise Stop(f"SUB={text} is no guest's id: 1 to 128 visible ASCII characters without spaces and slashes, such as guest-1.")
    return text


def scope(text: str) -> str:
    words = text.split()
    if not words or not set(words) <= set(SCOPES):
        raise Stop(f"SCOPE={text} is none: one or several of {', '.join(SCOPES)}, with spaces between them.")
    if config.STAFF_SCOPE in words and len(words) > 1:
        raise Stop(f"SCOPE={text} is none: {config.STAFF_SCOPE} is for staff, the others are not, and no issuer may vouch for both.")
    return " ".join(words)


def groups(text: str) -> str:
    words = text.split()
    if not all(GROUP.fullmatch(word) for word in words):
        raise Stop(
            f"GROUPS={text} are none: platform, property. and a property's id such as property.hotel-nyc, "
            "or rate. and a group of private rates such as rate.company-acme, with spaces between them."
        )
    return " ".join(words)


def event_file(text: str) -> Path:
    """An event by its path, or by its path below events/samples."""
    for path in (Path(text), config.SAMPLES_DIR / text):
        if text and path.is_file():
            return path
    raise Stop(
        f"EVENT={text} is no file: name one below events/samples/, such as http/hold-create.json."
        if text else "EVENT is missing: name a file below events/samples/, such as http/hold-create.json."
    )


def switch(name: str) -> Callable[[str], bool]:
    """Takes 1 for yes, 0 or nothing for no."""

    def check(text: str) -> bool:
        if text not in ("", "0", "1"):
            raise Stop(f"{name}={text}: 1 for yes, 0 or nothing for no.")
        return text == "1"

    return check
