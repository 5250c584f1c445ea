"""Which queues hand out again soon while `make chaos` runs: all that it waits for."""

from __future__ import annotations

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import chaos  # noqa: E402
import config  # noqa: E402

ENDS = config.ROOT / "tests/chaos/src/ends.rs"


def listed(constant: str) -> set[str]:
    """The names in a constant of the program."""
    found = re.search(rf"const {constant}: \[&str; \d+\] =\s*\[([^\]]*)\];", ENDS.read_text())
    assert found is not None
    return set(re.findall(r'"(\w+)"', found[1]))


class ConsumedQueuesTest(unittest.TestCase):
    def test_every_queue_that_is_waited_for_hands_out_again_soon(self) -> None:
        waited = listed("CONSUMED")
        values = {name: name for name in waited | listed("SET_ASIDE")}
        self.assertEqual(set(chaos.consumed_queues(values)), waited)


if __name__ == "__main__":
    unittest.main()
