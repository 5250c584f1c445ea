"""The README shows the demo as it is: its number of steps, and of those that it quotes the words and their places."""

from __future__ import annotations

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config  # noqa: E402

README = (config.ROOT / "README.md").read_text()
DEMO_DIR = config.ROOT / "tests" / "demo" / "src"


def steps() -> list[str]:
    """The titles of the demo's steps, chapter by chapter as `main.rs` calls them."""
    titles = []
    for file, chapter in re.findall(r"= (\w+)::(\w+)\(&world, ", (DEMO_DIR / "main.rs").read_text()):
        _, _, text = (DEMO_DIR / f"{file}.rs").read_text().partition(f"fn {chapter}(")
        text = re.split(r"^pub\(crate\) async fn ", text, maxsplit=1, flags=re.MULTILINE)[0]
        titles += re.findall(r"\.step\(\s*\"([^\"]+)\"", text)
    return titles


class ReadmeTest(unittest.TestCase):
    def test_it_names_as_many_steps_as_the_demo_has(self) -> None:
        named = {int(number) for number in re.findall(r"\b(\d+) steps", README)}
        self.assertEqual(named, {len(steps())})

    def test_what_it_quotes_of_the_demo_is_said_there_at_that_step(self) -> None:
        quoted = re.findall(r"^ {1,3}(\d+)  (\S.*)$", README, re.MULTILINE)
        self.assertGreater(len(quoted), 3)
        for number, title in quoted:
            self.assertEqual(steps()[int(number) - 1], title)


if __name__ == "__main__":
    unittest.main()
