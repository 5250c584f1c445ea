"""localstripe is under GPL-3.0-or-later: one program of its own imports it, and nothing else of the project, that program neither."""

from __future__ import annotations

import ast
import sys
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS))

import config  # noqa: E402

LAUNCHER = TOOLS / "localstripe_launcher.py"
# What is not the project's own: tools that are installed, what is built, packages of the CDK app.
FOREIGN = {".git", ".local", "node_modules", "target"}


def imported(source: str) -> set[str]:
    """The names of the modules that a file imports, each up to its first dot; also what it has in strings, which it may run."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "import" in node.value:
            try:
                found |= imported(node.value)
            except SyntaxError:
                pass
    return found


class LicencesTest(unittest.TestCase):
    def test_only_the_launcher_imports_localstripe_and_nobody_the_launcher(self) -> None:
        own = {path for path in config.ROOT.rglob("*.py") if not FOREIGN & set(path.relative_to(config.ROOT).parts)}
        # This file has examples of it.
        files = own - {Path(__file__).resolve()}
        self.assertIn(LAUNCHER, files)
        self.assertEqual([path for path in files if "localstripe" in imported(path.read_text())], [LAUNCHER])
        self.assertEqual([path for path in files if LAUNCHER.stem in imported(path.read_text())], [])

    def test_control_an_import_is_found_in_each_form(self) -> None:
        for source in (
            "import localstripe.server", "import os, localstripe", "def f():\n  from localstripe import resources",
            "run(['-c', '''\nfrom localstripe.server import app\n'''])",
        ):
            self.assertIn("localstripe", imported(source), source)
        for source in ('"""Starts localstripe; nobody may import localstripe here."""', "from .localstripe import x", "localstripe = 1"):
            self.assertNotIn("localstripe", imported(source), source)


if __name__ == "__main__":
    unittest.main()
