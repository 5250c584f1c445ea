"""Whether `make up` and `make test` compile each dependency once: what cargo would compile for both, compared without compiling.

A crate with other features, or other settings of the profile, is another compilation: each costs minutes and is easily caused, by a
feature that only tests ask for.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from typing import Any

import config
from commands import tool_env
from console import Stop, say

BUILD = ["build", "--locked", "--workspace", "--bins"]
TEST = ["test", "--locked", "--workspace", "--no-run"]
# Macros are built with these for the compiler, and tests/architecture reads sources with them: two uses with other features, small.
FOR_TWO_USES = {"proc-macro2", "quote", "syn", "unicode-ident"}

Unit = tuple[str, str, str]
Settings = tuple[Any, ...]


def units_of(command: list[str]) -> dict[Unit, set[Settings]]:
    """What a command compiles of others' crates: with which features and settings."""
    # The graph is an unstable option of cargo's; nothing is compiled with it.
    graph = subprocess.run(
        ["cargo", *command, "-Z", "unstable-options", "--unit-graph"], cwd=config.ROOT, capture_output=True, text=True,
        env=tool_env(RUSTC_BOOTSTRAP="1"),
    )
    if graph.returncode != 0:
        raise Stop(f"cargo {command[0]} --unit-graph failed: {graph.stderr.strip()}")
    return units_in(json.loads(graph.stdout))


def units_in(graph: dict[str, Any]) -> dict[Unit, set[Settings]]:
    units: defaultdict[Unit, set[Settings]] = defaultdict(set)
    for unit in graph["units"]:
        if unit["pkg_id"].startswith("path+"):
            continue
        name = unit["pkg_id"].rpartition("#")[2]
        profile = {key: value for key, value in unit["profile"].items() if key != "name"}
        settings = (tuple(unit["features"]), unit.get("platform"), json.dumps(profile, sort_keys=True))
        units[name, unit["target"]["name"], unit["mode"]].add(settings)
    return dict(units)


def compiled_again(first: dict[Unit, set[Settings]], second: dict[Unit, set[Settings]]) -> list[str]:
    """Crates that the first command compiles, and the second compiles anew in another way."""
    again = {unit[0] for unit, settings in second.items() if unit in first and not settings <= first[unit]}
    return sorted(name for name in again if name.partition("@")[0] not in FOR_TWO_USES)


def main() -> int:
    try:
        build, test = units_of(BUILD), units_of(TEST)
    except Stop as stop:
        say(str(stop))
        return 1
    crates = {unit[0] for unit in build}
    more = {unit[0] for unit in test} - crates
    again = compiled_again(build, test)
    print(f"dependencies that make up compiles: {len(crates)}; that make test compiles besides: {len(more)}; anew: {len(again)}")
    for name in again:
        print(f"  compiled twice: {name}")
    return 1 if again else 0


if __name__ == "__main__":
    raise SystemExit(main())
