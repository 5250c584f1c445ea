"""Mutation testing: `cargo-mutants` changes the domain and the use cases at one place at a time, and some test has to fail.

Every change is put into a copy of the sources below `.local/mutants`, whose build folder is kept. First the tests that are
nearest to the changed file are run, then, for what those let pass, all tests that know the crate. The results are kept per
source file, so that a report can be put together from several runs.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import config
from commands import tool_env
from console import Stop, say

VERSION = "27.1.0"
CAUGHT_PERCENT_MIN = 90
# What takes longer is a loop without end: the nearest tests take seconds, all of them a minute or two.
NEAREST_SECONDS_MAX = 90
ALL_SECONDS_MAX = 900
BUILD_SECONDS_MAX = 900
# A loop without end takes memory faster than time.
MEMORY_KIB_MAX = 4_000_000
# Tests of a broken use case mostly wait.
TEST_THREADS = 8

BINARY = config.MUTANTS_DIR / "bin" / "cargo-mutants"
TREE = config.MUTANTS_DIR / "tree"
RESULTS = config.MUTANTS_DIR / "results"
SURVIVORS = config.ROOT / "docs" / "mutants.md"
OUTCOMES = ("caught", "timeout", "missed", "unviable")

# The first failed test is enough, which libtest takes for unstable. The use cases' tests are compiled anew for each mutant:
# that they run fast matters less than that they are there soon.
CARGO_OPTIONS = [
    "--locked",
    "--config=profile.dev.package.holdfast-usecases.opt-level=0",
    "--config=target.'cfg(all())'.runner="
    f"""['sh', '-c', 'ulimit -v {MEMORY_KIB_MAX}; RUSTC_BOOTSTRAP=1 exec "$@"', 'sh']""",
]
ENV = {"RUST_TEST_THREADS": str(TEST_THREADS)}
FAIL_FAST = ["-Zunstable-options", "--fail-fast"]

CRATES = {"holdfast-domain": "shared/domain/src", "holdfast-app": "shared/app/src"}
DOMAIN_TESTS = ("booking", "calendar", "hoarding", "holds", "ids", "inventory", "money", "payments", "places", "progress", "properties", "quote", "reshape", "resource", "schedule", "terms")
# Without those of the adapters: a client's timeouts on a busy machine would be taken for caught mutants.
ALL_TESTS = (*DOMAIN_TESTS, "usecases", "handlers", "http")
# Waits for ten seconds of the clock on the wall; the fault matrix takes half a minute. The second run has both.
SLOW = ("losses::a_bank_that_never_gets_the_request", "faults::")


@dataclass(frozen=True)
class Tests:
    """Test targets, and of their tests those whose names contain one of `only` (all if empty) and none of `skip`."""

    targets: tuple[str, ...]
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def cargo_options(self) -> list[str]:
        return [*CARGO_OPTIONS, *(f"--test={target}" for target in self.targets)]

    def names(self) -> list[str]:
        return [*self.only, *(word for name in self.skip for word in ("--skip", name))]


def use_cases(*modules: str) -> Tests:
    return Tests(("usecases",), tuple(f"{module}::" for module in modules), SLOW)


# The tests nearest to a source file. A file that is not named here gets those of its folder.
NEAREST = {
    "shared/domain/src": Tests(DOMAIN_TESTS),
    "shared/domain/src/bookings": Tests(("booking", "progress", "payments", "quote")),
    "shared/domain/src/bookings/policy.rs": Tests(("money", "quote")),
    "shared/domain/src/bookings/quote.rs": Tests(("quote",)),
    "shared/domain/src/catalogue/reshape.rs": Tests(("reshape",)),
    "shared/domain/src/catalogue/resource.rs": Tests(("resource", "calendar", "terms")),
    "shared/domain/src/catalogue/schedule.rs": Tests(("schedule", "calendar")),
    "shared/domain/src/holds": Tests(("holds",)),
    "shared/domain/src/ids.rs": Tests(("ids",)),
    "shared/domain/src/inventory": Tests(("inventory", "holds", "hoarding")),
    "shared/domain/src/inventory/places.rs": Tests(("places", "inventory")),
    "shared/domain/src/money.rs": Tests(("money",)),
    "shared/domain/src/payments": Tests(("payments", "booking", "progress")),
    "shared/domain/src/properties": Tests(("properties",)),
    "shared/app/src": use_cases(),
    "shared/app/src/bookings": use_cases("bookings", "customer", "refunds", "quotes", "again"),
    "shared/app/src/bookings/trail.rs": use_cases("audit"),
    "shared/app/src/catalogue": use_cases("resources"),
    "shared/app/src/holds": use_cases("holds", "extending", "expiry"),
    "shared/app/src/holds/expiry.rs": use_cases("expiry", "extending"),
    "shared/app/src/kernel/identity.rs": use_cases("identity", "staff"),
    "shared/app/src/notifications": use_cases("notices"),
    "shared/app/src/operations/audit_verification.rs": use_cases("audit"),
    "shared/app/src/operations/completion.rs": use_cases("completion"),
    "shared/app/src/operations/reconciliation": use_cases("reconciliation"),
    "shared/app/src/payments": use_cases("saga", "customer", "refunds", "again"),
    "shared/app/src/payments/webhook.rs": use_cases("webhook", "customer", "refunds"),
    "shared/app/src/properties": use_cases("properties", "staff"),
    "shared/app/src/search": use_cases("search", "resources"),
}


@dataclass
class Result:
    """What became of the mutants of some source files, each named without its line."""

    caught: int = 0
    timeouts: int = 0
    unviable: int = 0
    survivors: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.caught += other.caught
        self.timeouts += other.timeouts
        self.unviable += other.unviable
        self.survivors += other.survivors

    def viable(self) -> int:
        return self.caught + self.timeouts + len(self.survivors)

    def percent(self) -> float:
        return 100 * (self.caught + self.timeouts) / self.viable() if self.viable() else 100.0


def install() -> None:
    if BINARY.exists() and VERSION in subprocess.run([BINARY, "mutants", "--version"], capture_output=True, text=True).stdout:
        return
    cargo("install", "cargo-mutants", "--version", f"={VERSION}", "--root", str(config.MUTANTS_DIR), "--force")


def cargo(*words: str, cwd: Path = config.ROOT) -> None:
    if subprocess.run(["cargo", words[0], "--locked", *words[1:]], cwd=cwd, env=tool_env(**ENV), stdin=subprocess.DEVNULL).returncode != 0:
        raise Stop(f"cargo {words[0]} failed.")


def copy_sources() -> None:
    """Brings the copy up to date. What is copied is younger than what was built of it, so that cargo builds it anew."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=config.ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")
    wanted = {name for name in listed if name and (config.ROOT / name).is_file()}
    for name in wanted:
        source, copy = config.ROOT / name, TREE / name
        if not copy.exists() or not filecmp.cmp(source, copy, shallow=False):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    for below in TREE.iterdir():
        for path in [below] if below.is_file() else below.rglob("*") if below.name != "target" else []:
            if path.is_file() and str(path.relative_to(TREE)) not in wanted:
                path.unlink()


def sources(only: str) -> list[str]:
    """The source files that have mutants, or the one asked for."""
    found = [
        str(path.relative_to(config.ROOT))
        for folder in CRATES.values()
        for path in sorted((config.ROOT / folder).rglob("*.rs"))
    ]
    if only and only not in found:
        raise Stop(f"FILE is a file below {' or '.join(CRATES.values())}, not {only}.")
    return [only] if only else found


def nearest(source: str) -> Tests:
    path = Path(source)
    return next(NEAREST[str(place)] for place in [path, *path.parents] if str(place) in NEAREST)


def results_of(source: str) -> Path:
    return RESULTS / source.removeprefix("shared/").removesuffix(".rs").replace("/", "-")


def mutate(source: str, tests: Tests, seconds_max: int, *more: str) -> None:
    """Runs the mutants of one file; the outcomes are in `mutants.out` below its results."""
    copy_sources()
    command = [
        str(BINARY), "mutants", "--in-place", "--dir", str(TREE), "--file", source, "--output", str(results_of(source)),
        "--baseline=skip", f"--timeout={seconds_max}", f"--build-timeout={BUILD_SECONDS_MAX}", "--no-times",
        "--test-workspace=true", *(f"--cargo-arg={word}" for word in tests.cargo_options()), *more,
        "--", "--", *tests.names(), *FAIL_FAST,
    ]
    status = subprocess.run(command, cwd=TREE, env=tool_env(**ENV), stdin=subprocess.DEVNULL).returncode
    if status not in (0, 2, 3):  # all caught, some missed, some timed out
        raise Stop(f"cargo-mutants failed with status {status}.")


def measure(source: str) -> None:
    """Both runs of one file."""
    results = results_of(source)
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    mutate(source, nearest(source), NEAREST_SECONDS_MAX)
    (results / "first.json").write_text(json.dumps(outcomes(results)))
    if outcomes(results)["missed"]:
        mutate(source, Tests(ALL_TESTS), ALL_SECONDS_MAX, "--iterate")
    (results / "last.json").write_text(json.dumps(outcomes(results)))


def outcomes(results: Path) -> dict[str, list[str]]:
    """The mutants by outcome. A file without mutants has no lists."""
    lists = {outcome: results / "mutants.out" / f"{outcome}.txt" for outcome in OUTCOMES}
    return {outcome: path.read_text().splitlines() if path.exists() else [] for outcome, path in lists.items()}


def result_of(source: str) -> Result | None:
    """What was measured of a file; `None` if it never was, to the end."""
    results = results_of(source)
    if not (results / "last.json").exists():
        return None
    first, last = (json.loads((results / f"{name}.json").read_text()) for name in ("first", "last"))
    missed = set(first["missed"]) & set(last["missed"])
    timeouts = set(first["timeout"]) | set(last["timeout"])
    caught = (set(first["caught"]) | set(last["caught"])) - timeouts
    return Result(len(caught), len(timeouts), len(first["unviable"]), sorted(without_line(name) for name in missed))


def without_line(mutant: str) -> str:
    return re.sub(r":\d+:\d+: ", ": ", mutant, count=1)


def accepted() -> Counter[str]:
    """The survivors that docs/mutants.md gives a reason for; one that is listed twice may survive twice."""
    return Counter(re.findall(r"^- `(shared/.+)`: \S", SURVIVORS.read_text(), re.MULTILINE))


def report(measured: list[str]) -> bool:
    """Prints the score of each crate and what is wrong with it; whether nothing is."""
    fine = True
    for crate, folder in CRATES.items():
        total, missing = Result(), []
        of_crate = [source for source in measured if source.startswith(folder)]
        for source in of_crate:
            result = result_of(source)
            if result is None:
                missing.append(source)
            else:
                total.add(result)
        if not of_crate:
            continue
        reasons = Counter({name: count for name, count in accepted().items() if name.split(":")[0] in of_crate})
        survivors = Counter(total.survivors)
        print(f"{crate}: {total.caught + total.timeouts} of {total.viable()} viable mutants caught, {total.percent():.1f} % "
              f"({total.timeouts} by timeout; {total.unviable} more do not compile)")
        tell("not measured", missing)
        tell("survived, and docs/mutants.md does not say why", (survivors - reasons).elements())
        tell("named in docs/mutants.md, but caught", (reasons - survivors).elements() if not missing else [])
        fine = fine and not missing and not survivors - reasons and total.percent() >= CAUGHT_PERCENT_MIN
    return fine


def tell(title: str, names: Iterable[str]) -> None:
    for name in sorted(names):
        print(f"  {title}: {name}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mutants.py", description=__doc__)
    parser.add_argument("--file", default="", help="only the mutants of this source file")
    parser.add_argument("--report", action="store_true", help="measure nothing: report what was measured last")
    parsed = parser.parse_args(arguments)
    try:
        chosen = sources(parsed.file)
        if not parsed.report:
            config.MUTANTS_DIR.mkdir(parents=True, exist_ok=True)
            install()
            TREE.mkdir(exist_ok=True)
            copy_sources()
            cargo("test", "--workspace", *Tests(ALL_TESTS).cargo_options(), cwd=TREE)
            for source in chosen:
                started = time.monotonic()
                measure(source)
                say(f"== {source}: {time.monotonic() - started:.0f} s")
        return 0 if report(chosen) else 1
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
