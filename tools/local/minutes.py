"""How long each suite of `make test` took, beside the minutes it may cost. For people: no test depends on it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# The minutes a suite may cost on two cores once its dependencies are compiled. Who adds tests looks here; what does not fit goes to `make test-deep`.
BUDGETS = {
    "Format": 0.1,
    "Compiled once": 0.1,
    "Clippy": 2.5,
    "Local tools": 0.3,
    "Sample catalogue": 0.1,
    "Reference page": 0.1,
    "CDK app": 1.5,
    "CloudFormation templates": 0.8,
    "Local stack": 3.0,
    "Rust tests": 14.0,
    "Rust tests: building": 4.0,
    "Rust tests: holdfast_e2e": 3.0,
    "Rust tests: ledger": 1.5,
    "Rust tests: usecases": 2.0,
    "Rust tests: model": 1.0,
    "Rust tests: event": 0.8,
    "Rust tests: fact": 0.4,
    "Rust tests: route": 0.3,
    "Rust tests: inventory": 0.4,
    "Rust tests: others": 1.0,
    "Listening on the bus": 0.2,
    "Bus and search against the ledger": 0.5,
    "API against its document": 1.5,
    "Chaos": 2.5,
    "README": 0.1,
}
BUILDING = "building"
OTHERS = "others"
# Test programs that take less are summed up in one line.
SECONDS_SHOWN = 3.0
# `Running tests/ledger/main.rs (target/debug/deps/ledger-1f2e...)`, or `Doc-tests holdfast_domain`.
PROGRAM = re.compile(r"^\s*(?:Running .*[/(](?P<program>\w+)-[0-9a-f]{16}\)|Doc-tests (?P<documented>\w+))\s*$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Suite:
    title: str
    now: Callable[[], float]
    started: float
    seconds: float = 0.0
    failed: bool = False
    # Seconds of each test program, in order.
    programs: dict[str, float] = field(default_factory=dict)
    program: str = BUILDING
    program_started: float = 0.0

    def read(self, line: str) -> None:
        """Takes a line of cargo's: another test program may begin with it."""
        found = PROGRAM.match(COLOUR.sub("", line))
        if found:
            self.change_program(found["program"] or found["documented"])

    def change_program(self, program: str) -> None:
        now = self.now()
        self.programs[self.program] = self.programs.get(self.program, 0.0) + now - (self.program_started or self.started)
        self.program, self.program_started = program, now

    def end(self) -> None:
        if self.programs:
            self.change_program(BUILDING)
        self.seconds = self.now() - self.started

    def lines(self) -> Iterator[tuple[str, float]]:
        """The test programs that took long, and the sum of the others."""
        shown = {name: seconds for name, seconds in self.programs.items() if seconds >= SECONDS_SHOWN}
        yield from shown.items()
        if len(shown) < len(self.programs):
            yield OTHERS, sum(self.programs.values()) - sum(shown.values())


class Times:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.suites: list[Suite] = []

    @contextmanager
    def suite(self, title: str) -> Iterator[Suite]:
        """Measures the block; one that raises has failed."""
        suite = Suite(title, self.now, self.now())
        self.suites.append(suite)
        try:
            yield suite
        except BaseException:
            suite.failed = True
            raise
        finally:
            suite.end()

    def last_seconds(self) -> float:
        return self.suites[-1].seconds

    def last_failed(self) -> None:
        self.suites[-1].failed = True

    def table(self) -> str:
        rows = [f"\n{'suite':<32}{'minutes':>9}{'budget':>9}"]
        for suite in self.suites:
            rows.append(row(suite.title, suite.title, suite.seconds, "  failed" if suite.failed else ""))
            rows += [row(f"  {name}", f"{suite.title}: {name}", seconds) for name, seconds in suite.lines()]
        budgets = sum(BUDGETS.get(suite.title, 0.0) for suite in self.suites)
        rows.append(f"{'all':<32}{sum(suite.seconds for suite in self.suites) / 60:>9.1f}{budgets:>9.1f}")
        return "\n".join(rows)


def row(shown: str, title: str, seconds: float, remark: str = "") -> str:
    budget = BUDGETS.get(title)
    return f"{shown:<32}{seconds / 60:>9.1f}{'' if budget is None else f'{budget:.1f}':>9}{remark}"
