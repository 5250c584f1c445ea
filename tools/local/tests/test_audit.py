"""What `make audit` makes of its tools' answers: an unreachable database is no pass and no finding."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import audit  # noqa: E402
from audit import FAILED, NOT_CHECKED, PASSED  # noqa: E402
from console import Stop  # noqa: E402


class Outcomes(unittest.TestCase):
    def check(self, tool: str, status: int, output: str, expected: str) -> None:
        self.assertEqual(audit.outcome(tool, status, output)[0], expected, output)

    def test_what_the_tools_say(self) -> None:
        self.check("cargo-deny", 0, "advisories ok", PASSED)
        self.check("cargo-deny", 1, "error[vulnerability]: ...\nadvisories FAILED", FAILED)
        self.check("cargo-deny", 1, "[ERROR] failed to fetch advisory database https://...", NOT_CHECKED)
        self.check("npm", 0, "found 0 vulnerabilities", PASSED)
        self.check("npm", 1, "1 high severity vulnerability", FAILED)
        self.check("npm", 1, "npm error audit endpoint returned an error", NOT_CHECKED)
        self.check("pip-audit", 1, "Found 1 known vulnerability in 1 package", FAILED)
        self.check("pip-audit", 1, "ConnectionError: Could not connect to PyPI's vulnerability feed", NOT_CHECKED)

    def status(self, *states: str) -> int:
        parts = {str(at): lambda state=state: (state, "") for at, state in enumerate(states)}
        with mock.patch.object(audit, "PARTS", parts), mock.patch.object(audit, "say"):
            return audit.main()

    def test_the_status_tells_a_finding_from_what_could_not_be_checked(self) -> None:
        self.assertEqual(self.status(PASSED, PASSED), 0)
        self.assertEqual(self.status(PASSED, NOT_CHECKED), 2)
        self.assertEqual(self.status(NOT_CHECKED, FAILED), 1)

    def test_a_tool_that_cannot_be_installed_is_a_part_not_checked(self) -> None:
        def broken() -> tuple[str, str]:
            raise Stop("cargo install cargo-deny failed (status 101)")

        with mock.patch.object(audit, "say"):
            state, why = audit.checked(broken)
        self.assertEqual(state, NOT_CHECKED)
        self.assertIn("cargo-deny failed", why)


if __name__ == "__main__":
    unittest.main()
