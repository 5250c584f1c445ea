"""Stripe's form encoding: `metadata[bookingId]=b1`, `expand[]=latest_charge`, `expand[0]=latest_charge`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl


def parse_form(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = [part for part in re.split(r"[\[\]]+", name) if part] + ([""] if name.endswith("[]") else [])
        put(tree, [head, *rest], value)
    return {name: listed(value) for name, value in tree.items()}


def put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part, {})
        tree = below if isinstance(below, dict) else {}
    last = path[-1]
    tree[str(len(tree)) if last == "" else last] = value


def listed(value: Any) -> Any:
    """Turns {"0": a, "1": b} into [a, b]."""
    if not isinstance(value, dict):
        return value
    below = {name: listed(one) for name, one in value.items()}
    if below and all(name.isdigit() for name in below):
        return [below[name] for name in sorted(below, key=int)]
    return below
