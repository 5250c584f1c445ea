"""The report of a reconciliation as people read it."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import threading
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import console  # noqa: E402
import reconcile  # noqa: E402


def report(**more: Any) -> dict[str, Any]:
    return {
        "at": "2030-06-01T10:00:00Z", "dryRun": False, "lookedAt": {"pages": 3, "bookings": 2, "payments": 1},
        "left": {}, "cycle": {"beganAt": "2030-06-01T10:00:00Z", "isOver": True, "isWhole": True, "isKept": True},
        "changing": 0, "repaired": 0, "forReview": 0, "parked": 0, "more": False, "findings": {},
    } | more


def finding(subject: str, remedy: str) -> dict[str, Any]:
    return {"subject": subject, "bookingId": None, "detail": f"what is wrong with {subject}", "remedy": remedy}


class ReconcileTest(unittest.TestCase):
    def status(self, one: dict[str, Any]) -> int:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return reconcile.show(one)

    def test_while_it_lasts_it_says_so(self) -> None:
        said = threading.Event()

        def answer(*_arguments: Any, seconds_max: float) -> tuple[dict[str, Any], dict[str, str]]:
            self.assertTrue(said.wait(seconds_max), "a line says that it is at work")
            return report(), {}

        def say(line: str) -> None:
            self.assertIn("pages, bookings and payments are compared", line)
            said.set()

        beat = functools.partial(console.heartbeat, every_seconds=0.01)
        with (
            mock.patch.object(reconcile.aws, "request", answer),
            mock.patch.object(reconcile, "heartbeat", beat),
            mock.patch.object(console, "say", say),
        ):
            self.assertEqual(reconcile.run("holdfast-reconciliation", dry_run=True), report())

    def runs(self, *answers: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, bool]]]:
        """The report of a whole one whose runs answer so, and what each was asked for."""
        asked: list[dict[str, bool]] = []
        left = list(answers)

        def answer(*arguments: Any, seconds_max: float) -> tuple[dict[str, Any], dict[str, str]]:
            asked.append(arguments[3])
            return left.pop(0), {}

        with mock.patch.object(reconcile.aws, "request", answer), mock.patch.object(reconcile, "say", lambda _line: None):
            whole = reconcile.run("holdfast-reconciliation", dry_run=False)
        self.assertEqual(left, [], "it goes on until everything was looked at")
        return whole, asked

    def test_it_runs_until_everything_was_looked_at(self) -> None:
        at = {"beganAt": "2030-06-01T10:00:00Z", "isOver": False, "isWhole": True, "isKept": True}
        hold, page = finding("hld_1", "repaired"), finding("room/2030-06", "review")
        first = report(cycle=at, findings={"expired_hold": [hold]}, repaired=1, left={"ledger": 1})
        last = report(at="2030-06-01T10:15:00Z", findings={"expired_hold": [hold], "page_unbalanced": [page]}, repaired=1, forReview=1, parked=1)
        whole, asked = self.runs(first, last)
        self.assertEqual(asked, [{"begin": True}, {"begin": False}])
        self.assertEqual((whole["at"], whole["repaired"], whole["forReview"], whole["parked"]), (first["at"], 1, 1, 1))
        self.assertEqual((whole["lookedAt"]["pages"], whole["left"]), (6, {}))

    def test_pages_that_one_cycle_has_no_room_for_are_compared_by_the_next(self) -> None:
        at = {"beganAt": "2030-06-01T10:00:00Z", "isOver": True, "isWhole": False, "isKept": True}
        whole, asked = self.runs(report(cycle=at), report(cycle=at | {"beganAt": "2030-06-01T10:15:00Z", "isWhole": True}))
        self.assertEqual(asked, [{"begin": True}, {"begin": False}])
        self.assertEqual(whole["lookedAt"]["bookings"], 2, "the second one looks at the same bookings again")

    def test_where_another_run_has_gone_on_meanwhile_it_begins_anew(self) -> None:
        at = {"beganAt": "2030-06-01T10:00:00Z", "isOver": False, "isWhole": True, "isKept": False}
        _, asked = self.runs(report(cycle=at), report())
        self.assertEqual(asked, [{"begin": True}, {"begin": True}])

    def test_what_is_left_is_said(self) -> None:
        text = "\n".join(reconcile.lines(report(left={"inquiries": 7})))
        self.assertIn("Left to the next run, which has a budget of its own: 7 inquiries", text)
        dry = {"beganAt": "2030-06-01T10:00:00Z", "isOver": False, "isWhole": True, "isKept": False}
        self.assertIn("Its time was up", "\n".join(reconcile.lines(report(dryRun=True, cycle=dry))))

    def test_no_drift(self) -> None:
        self.assertEqual(reconcile.lines(report())[1:], ["No drift."])
        self.assertEqual(self.status(report()), 0)

    def test_repairs_alone_are_no_failure(self) -> None:
        repaired = report(repaired=1, findings={"expired_hold": [finding("hld_1", "repaired")]})
        text = "\n".join(reconcile.lines(repaired))
        self.assertIn("expired_hold         repaired   hld_1", text)
        self.assertIn("3 pages, 2 bookings, 1 payment looked at\n1 difference: 1 repaired, 0 for review, 0 of them parked now\n", text)
        self.assertLess(text.index("1 expired_hold"), text.index("KIND"), "what it comes to is said first")
        self.assertEqual(self.status(repaired), 0)
        self.assertIn("repairable", "\n".join(reconcile.lines(repaired | {"dryRun": True})))

    def test_what_is_for_review_fails(self) -> None:
        found = report(forReview=1, parked=1, findings={"page_unbalanced": [finding("room/2030-06", "review")]})
        text = "\n".join(reconcile.lines(found))
        self.assertIn("page_unbalanced      review     room/2030-06", text)
        self.assertIn("what is wrong with room/2030-06", text)
        self.assertEqual(self.status(found), 1)
        self.assertEqual(self.status(found | {"dryRun": True}), 1)


if __name__ == "__main__":
    unittest.main()
