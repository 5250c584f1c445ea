"""The search for what must never be written finds it, and nothing else."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import private  # noqa: E402
from console import Stop  # noqa: E402

CLEAN = [("log /aws/lambda/holdfast-notify", "notice"), ("history of bkg_1", "{}"), ("bus", "{}"), ("ledger B#bkg_1", "{}")]
CONTROL = [
    ("log /aws/lambda/holdfast-private-control", f"mailed {private.PLANTED}"),
    ("bus", f'{{"to": "{private.PLANTED}"}}'),
    ("history of 1", f'{{"to": "{private.PLANTED}"}}'),
    ("ledger B#private-control", f'{{"to": "{private.PLANTED}"}}'),
]


class Found(unittest.TestCase):
    def check(self, text: str, *expected: str) -> None:
        self.assertEqual(private.found_in(text), list(expected), text)

    def test_addresses_names_and_cards_are_found(self) -> None:
        self.check("to guest-1@example.com, please", "guest-1@example.com")
        self.check('{"name":"Ada Lovelace"}', "Lovelace")
        self.check("calls +4930901820", "4930901820")
        self.check('{"phone":"030 901820"}', "030 901820")
        for written in ("4242 4242 4242 4242 12/29", "12 4242 4242 4242 4242", "4242424242424242123", "4242 4242 4242 42421229"):
            self.check(f"paid by {written}", "4242424242424242")
        for card in ("4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "5555.5555.5555.4444", "378282246310005"):
            self.check(f'{{"method": "{card}"}}', "".join(filter(str.isdigit, card)))

    def test_what_the_stack_writes_is_no_card(self) -> None:
        self.check("from bookings@example.com")
        self.check('{"at":1905508800123,"took":"4.242424242424242s","v":4242}')
        self.check("4242424242424243 4242424242424")
        self.check("00-42424242424242424242424242424242-4242424242424242-01")
        self.check("request 42424242-4242-4242-8242-424242424242")
        self.check("hld_4242424242424242x")
        self.check("s 1893456000000 30, e 1893456000000 1893459600000 2026-11-29 23:31:59.123456")
        self.check("111000000000000000000001")


class Verdict(unittest.TestCase):
    def refused(self, written: list[tuple[str, str]], words: str) -> None:
        with self.assertRaises(Stop) as caught:
            private.verdict(iter(written))
        self.assertIn(words, str(caught.exception))

    def test_a_clean_stack_passes_when_what_was_planted_is_found(self) -> None:
        self.assertEqual(private.verdict(iter(CLEAN + CONTROL)), {"log": 1, "history": 1, "bus": 1, "ledger": 1})

    def test_control_an_address_anywhere_is_found(self) -> None:
        for place in ("log /aws/lambda/holdfast-relay", "bus", "history of bkg_2", "ledger B#bkg_2"):
            self.refused([*CLEAN, *CONTROL, (place, "eve@example.com")], f"{place}: eve@example.com")

    def test_control_a_look_that_sees_too_little_is_no_proof(self) -> None:
        for at in range(len(CONTROL)):
            self.refused(CLEAN + CONTROL[:at] + CONTROL[at + 1 :], "the look sees too little")
        self.refused(CLEAN[:1] + CONTROL, "Nothing was looked at but ['log']")
        self.refused([], "the look sees too little")


class Listening(unittest.TestCase):
    """A bus whose queue gives one event every 30 seconds, by a clock of our own."""

    def heard(self, bodies: list[str]) -> list[str]:
        clock = iter(range(0, 100_000, 30))
        waiting = list(bodies)

        def call(_service: str, target: str, _body: dict[str, object]) -> dict[str, object]:
            if target.endswith("ReceiveMessage") and waiting:
                return {"Messages": [{"Body": waiting.pop(0), "ReceiptHandle": "1"}]}
            return {}

        with mock.patch.object(private.aws, "call", call), mock.patch.object(private.time, "monotonic", lambda: next(clock)):
            return [text for _, text in private.Bus("bus", "queue").events()]

    def test_a_slow_bus_is_heard_to_what_was_planted(self) -> None:
        bodies = [f"event {number}" for number in range(20)]
        self.assertEqual(self.heard([*bodies, private.PLANTED, "later"]), [*bodies, private.PLANTED])

    def test_a_bus_that_is_silent_is_left(self) -> None:
        self.assertEqual(self.heard(["event"]), ["event"])


class Ledger(unittest.TestCase):
    def test_bookings_that_are_young_are_looked_at_whole(self) -> None:
        def item(pk: str, sk: str, **attributes: int) -> dict[str, dict[str, str]]:
            return {"pk": {"S": pk}, "sk": {"S": sk}} | {name: {"N": str(value)} for name, value in attributes.items()}

        items = [
            item("B#old", "B", c=9), item("B#old", "E#000002", at=11), item("B#young", "B", c=10), item("B#young", "C"),
            item("B#young", "E#000001", at=10), item("R#room", "P#2030-06", at=11),
        ]
        looked = [(place, private.json.loads(text)["sk"]["S"]) for place, text in private.of_bookings(items, 10)]
        self.assertEqual(looked, [("ledger B#young", sk) for sk in ("B", "C", "E#000001")])


class Logs(unittest.TestCase):
    def lines(self, timestamps: list[int]) -> list[str]:
        def log_events(_group: str, since: int) -> list[dict[str, object]]:
            events = [{"timestamp": at, "message": f"line {number}"} for number, at in enumerate(timestamps) if at >= since]
            return events[:3]

        with mock.patch.object(private.aws, "log_events", log_events), mock.patch.object(private.aws, "LOG_EVENTS_MAX", 3):
            return [text for _, text in private.lines_of("/aws/lambda/holdfast-hold", 10)]

    def test_every_line_is_read_however_many_there_are(self) -> None:
        self.assertEqual(self.lines([]), [])
        self.assertEqual(set(self.lines([10, 11, 11, 12, 13, 13, 14])), {f"line {number}" for number in range(7)})

    def test_lines_that_cannot_be_told_apart_by_time_are_no_proof(self) -> None:
        with self.assertRaises(Stop):
            self.lines([10, 11, 11, 11, 11])


if __name__ == "__main__":
    unittest.main()
