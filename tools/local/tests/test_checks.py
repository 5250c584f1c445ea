"""The checks of `make test` that are tools of their own: what they must find, they find."""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import checks  # noqa: E402
import compiled_once  # noqa: E402
import logs  # noqa: E402
import readme  # noqa: E402
from console import Stop  # noqa: E402


def unit(name: str, features: list[str], profile: str = "dev", opt_level: str = "1") -> dict[str, Any]:
    source = "registry+https://github.com/rust-lang/crates.io-index"
    return {
        "pkg_id": f"{source}#{name}", "target": {"name": name.partition("@")[0]}, "mode": "build", "features": features,
        "platform": None, "profile": {"name": profile, "opt_level": opt_level},
    }


def again(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[str]:
    return compiled_once.compiled_again(compiled_once.units_in({"units": first}), compiled_once.units_in({"units": second}))


class CompiledOnceTest(unittest.TestCase):
    def test_the_name_of_the_profile_makes_no_difference(self) -> None:
        self.assertEqual(again([unit("uuid@1.0.0", ["v4"])], [unit("uuid@1.0.0", ["v4"], "test")]), [])

    def test_other_features_and_settings_are_found(self) -> None:
        built = [unit("uuid@1.0.0", ["v4"]), unit("syn@3.0.0", [])]
        self.assertEqual(again(built, [unit("uuid@1.0.0", ["std", "v4"])]), ["uuid@1.0.0"])
        self.assertEqual(again(built, [unit("uuid@1.0.0", ["v4"], opt_level="0")]), ["uuid@1.0.0"])
        self.assertEqual(again(built, [unit("proptest@1.0.0", [])]), [], "only tests have it")
        self.assertEqual(again(built, [unit("syn@3.0.0", ["full"])]), [], "used in two ways")

    def test_what_is_our_own_is_compiled_as_often_as_it_must(self) -> None:
        own = unit("domain@0.1.0", []) | {"pkg_id": "path+file:///holdfast/shared/domain#holdfast-domain@0.1.0"}
        self.assertEqual(compiled_once.units_in({"units": [own]}), {})


class LoggedTest(unittest.TestCase):
    def test_a_failed_run_shows_what_was_logged_of_the_requests_it_printed(self) -> None:
        request, other = "fdae0671-97d8-4df8-8fe4-128d0a185183", "610dd1e1-f471-492e-9593-9bb587ef6213"
        answer = 'lose_request: 503 {"x-request-id": "' + request + '", "content-length": "226"}'
        logged = {"/aws/lambda/confirm": [f'{{"request_id":"{other}"}}', f'{{"request_id":"{request}","error":"timeout"}}\n']}

        def log_events(group: str, _since: int, text: str) -> list[dict[str, object]]:
            return [{"message": line} for line in logged.get(group, []) if text in line]

        said: list[str] = []
        with (
            mock.patch.object(checks.aws, "log_groups", lambda: ["/aws/lambda/hold", "/aws/lambda/confirm"]),
            mock.patch.object(checks.aws, "log_events", log_events),
            mock.patch.object(checks, "say", said.append),
        ):
            checks.say_what_was_logged(logs.request_ids(answer), 0)
            self.assertEqual(said[1:], [f'  confirm: {{"request_id":"{request}","error":"timeout"}}'])
            said.clear()
            checks.say_what_was_logged(logs.request_ids("assertion failed"), 0)
            self.assertEqual(said, [])


class OrderTest(unittest.TestCase):
    def test_chaos_comes_late_and_what_a_newcomer_pastes_last(self) -> None:
        ran: list[str] = []
        record = Path(self.enterContext(tempfile.TemporaryDirectory())) / "calls.jsonl"
        record.write_text("of a run before")
        with (
            mock.patch.object(checks.config, "RECORDED_CALLS_FILE", record),
            mock.patch.object(checks, "run", lambda title, *_arguments: ran.append(title)),
            mock.patch.object(checks, "run_rust_tests", lambda *_packages: ran.append("Rust tests")),
            mock.patch.object(checks, "lint", lambda: ran.append("Lint")),
            mock.patch.object(checks, "around_the_code", lambda: ran.append("Tools")),
            mock.patch.object(checks.running, "is_running", lambda: True),
            mock.patch.dict("os.environ", CI=""),
        ):
            checks.everything()
        self.assertEqual(ran[-3:], ["Chaos", "Restore drill", "README"])
        order = ("Local stack", "Rust tests", "Bus and search against the ledger", "Roles against calls", "Chaos")
        self.assertEqual([title for title in ran if title in order], list(order))
        self.assertFalse(record.exists(), "the record is begun anew")


class ReadmeTest(unittest.TestCase):
    LINE = {"amount": {"amount": 3}, "code": "WELCOME10", "name": "Hotel unit fee"}
    OFFER = {"lines": [LINE, LINE], "price": {"amount": 4}, "payAtProperty": {"amount": 2}}
    QUOTE = {"offers": [OFFER]}
    ANSWERS = (
        {"results": [{}]}, {"status": "confirmed", "price": {"amount": 4}}, {"refund": {"amount": 4}},
        {"refund": {"status": "succeeded", "amount": 4}}, {"results": [{"type": "booking.requested"}]}, {"refund": {"amount": 0}},
        {"slots": [1, 2, 3]},
    )

    def faults(self, *answers: Any, quote: Any = QUOTE) -> list[str]:
        return readme.faults_of("\n".join(json.dumps(answer) for answer in answers), f"{json.dumps(quote)}\n\nTraceback")

    def test_answers_as_promised(self) -> None:
        self.assertEqual(self.faults(*self.ANSWERS), [])

    def test_every_answer_that_is_not_as_promised_is_found(self) -> None:
        for number in range(len(self.ANSWERS)):
            answers = [answer if at != number else {} for at, answer in enumerate(self.ANSWERS)]
            self.assertGreaterEqual(len(self.faults(*answers)), 1, number)
        self.assertEqual(self.faults(*self.ANSWERS[:1], self.ANSWERS[1] | {"price": {"amount": 5}}, *self.ANSWERS[2:]), [
            "not so: the quoted price is charged",
        ])
        for change, what in (
            ({"price": {"amount": 5}}, ["each plan's lines add up", "the quoted price is charged"]),
            ({"lines": [self.LINE | {"code": "other"}] * 2}, ["the code takes something off"]),
            ({"lines": [self.LINE | {"name": "other"}] * 2}, ["the house's taxes are lines"]),
        ):
            quote = {"offers": [self.OFFER | change]}
            self.assertEqual(self.faults(*self.ANSWERS, quote=quote), [f"not so: {one}" for one in what])
        self.assertEqual(len(self.faults(*self.ANSWERS, quote={})), 4, "no quote")
        self.assertIn("not seven answers", self.faults(*self.ANSWERS[:4])[0])
        self.assertIn("not seven answers", readme.faults_of("no JSON", "")[0])

    def test_the_block_is_ten_lines_at_most(self) -> None:
        self.assertEqual(readme.block_of("a\n```sh\ncurl\n```\n```sh\nother\n```\n"), "curl\n")
        for text in ("nothing", "```sh\n" + "curl\n" * 11 + "```\n"):
            with self.assertRaises(Stop):
                readme.block_of(text)


if __name__ == "__main__":
    unittest.main()
