"""The table of minutes after `make test`, and what runs a test many times."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import minutes  # noqa: E402
import repeat  # noqa: E402

CARGO = """   Compiling holdfast-domain v0.1.0
     Running unittests src/lib.rs (target/debug/deps/holdfast_domain-0123456789abcdef)
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
\x1b[1m\x1b[92m     Running\x1b[0m tests/ledger/main.rs (target/debug/deps/ledger-fedcba9876543210)
test model::steps ... ok
   Doc-tests holdfast_domain
"""


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class MinutesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.times = minutes.Times(self.clock)

    def rows(self) -> dict[str, list[str]]:
        lines = self.times.table().strip().splitlines()
        return {line[:32].strip(): line[32:].split() for line in lines}

    def test_each_suite_has_its_minutes_beside_its_budget(self) -> None:
        with self.times.suite("Clippy"):
            self.clock.seconds += 90
        with self.times.suite("Something new"):
            self.clock.seconds += 30
        rows = self.rows()
        self.assertEqual(rows["Clippy"], ["1.5", f"{minutes.BUDGETS['Clippy']:.1f}"])
        self.assertEqual(rows["Something new"], ["0.5"])
        self.assertEqual(rows["all"], ["2.0", f"{minutes.BUDGETS['Clippy']:.1f}"])

    def test_test_programs_are_read_off_cargos_lines(self) -> None:
        with self.times.suite("Rust tests") as suite:
            for line in CARGO.splitlines(keepends=True):
                self.clock.seconds += 60
                suite.read(line)
            self.clock.seconds += 1
        self.assertEqual(suite.programs, {"building": 120, "holdfast_domain": 121, "ledger": 120})
        rows = self.rows()
        self.assertEqual(rows["ledger"], ["2.0", f"{minutes.BUDGETS['Rust tests: ledger']:.1f}"])
        self.assertEqual(rows["holdfast_domain"], ["2.0"])

    def test_short_programs_are_summed_up(self) -> None:
        with self.times.suite("Rust tests") as suite:
            for name in ("one", "two"):
                suite.read(f"     Running tests/{name}.rs (target/debug/deps/{name}-0123456789abcdef)\n")
                self.clock.seconds += 1.5
        self.assertEqual(list(suite.lines()), [("others", 3.0)])

    def test_a_suite_that_failed_is_in_the_table(self) -> None:
        with self.assertRaises(KeyError), self.times.suite("Format"):
            self.clock.seconds += 6
            raise KeyError
        with self.times.suite("Clippy"):
            pass
        self.times.last_failed()
        rows = self.rows()
        self.assertEqual((rows["Format"][0], rows["Format"][-1], rows["Clippy"][-1]), ("0.1", "failed", "failed"))


class RepeatTest(unittest.TestCase):
    def run_python(self, code: str, seconds_max: float = 60) -> tuple[repeat.Run, str]:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            command = repeat.Command([sys.executable, "-c", code], Path(folder))
            run = repeat.run_once([command], log, seconds_max)
            return run, log.read_text()

    def test_a_run_passes_or_fails_and_keeps_its_output(self) -> None:
        run, output = self.run_python("print('as it should')")
        self.assertEqual((run.passed, output.strip()), (True, "as it should"))
        run, output = self.run_python("raise SystemExit('not today')")
        self.assertEqual((run.passed, output.strip()), (False, "not today"))

    def test_a_run_that_takes_too_long_has_failed(self) -> None:
        run, output = self.run_python("import time; time.sleep(600)", seconds_max=0.1)
        self.assertFalse(run.passed)
        self.assertIn("not done within", output)

    def test_the_programs_beside_it_end_with_the_block(self) -> None:
        with repeat.hogs(2) as running:
            self.assertEqual([one.poll() for one in running], [None, None])
        self.assertNotIn(None, [one.poll() for one in running])

    def test_the_summary_counts(self) -> None:
        runs = [repeat.Run(True, 1.0), repeat.Run(False, 3.0), repeat.Run(True, 2.0)]
        self.assertEqual(
            repeat.summary(runs, 1), "3 runs beside 1 busy program: 2 passed, 1 failed; 1.0 to 3.0 s, median 2.0 s"
        )


if __name__ == "__main__":
    unittest.main()
