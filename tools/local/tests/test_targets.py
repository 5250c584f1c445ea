"""What targets are given is checked first, a busy stack is waited for, and samples speak of days to come."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from datetime import date
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import calling  # noqa: E402
import config  # noqa: E402
import running  # noqa: E402
import services  # noqa: E402
import stack  # noqa: E402
from console import Stop  # noqa: E402


class ArgumentsTest(unittest.TestCase):
    def refused(self, *words: str) -> str:
        """What is said, and that nothing was done before."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said), mock.patch.object(stack, "bring_up", side_effect=AssertionError("touched")):
            with mock.patch.object(running, "wait_until_it_answers", side_effect=AssertionError("touched")):
                self.assertEqual(stack.main(list(words)), 1, words)
        return said.getvalue()

    def test_a_refusal_names_the_argument_and_what_it_may_be(self) -> None:
        for words, *expected in (
            (["chaos", "--seconds=abc"], "SECONDS=abc", "from 5 to 3600"),
            (["chaos", "--seconds=2"], "SECONDS=2", "from 5 to 3600"),
            (["chaos", "--callers=0"], "CALLERS=0", "from 1 to 256"),
            (["chaos", "--seed=-1"], "SEED=-1", "from 0 to"),
            (["chaos", "--seed=18446744073709551616"], "SEED=18446744073709551616"),
            (["token", "--sub="], "SUB=", "guest-1"),
            (["token", "--sub=two words"], "SUB=two words"),
            (["token", "--sub=staff/ada"], "SUB=staff/ada"),
            (["token", "--sub=ada", "--scope=booking/guest booking/operator"], "no issuer may vouch for both"),
            (["token", "--sub=guest-1", "--scope=nonsense"], "SCOPE=nonsense", "booking/operator"),
            (["token", "--sub=guest-1", "--scope="], "SCOPE=", "booking/guest"),
            (["token", "--sub=ada", "--scope=booking/operator", "--groups=boss"], "GROUPS=boss", "property.hotel-nyc"),
            (["token", "--sub=guest-1", "--scope=booking/guest", "--groups=rate.Company"], "GROUPS=rate.Company", "rate.company-acme"),
            (["token", "--sub=guest-1", "--expires-in=abc"], "EXPIRES_IN=abc", "whole number"),
            (["logs", "--fn="], "FN must be one of", "hold", "missing"),
            (["watch", "--fn=hld"], "FN must be one of", "hold", "'hld'"),
            (["invoke", "--fn=", "--event="], "FN must be one of"),
            (["invoke", "--fn=hold", "--event="], "EVENT is missing", "events/samples/"),
            (["invoke", "--fn=hold", "--event=nope.json"], "EVENT=nope.json"),
            (["reconcile", "--dry-run=maybe"], "DRY_RUN=maybe", "1 for yes"),
        ):
            said = self.refused(*words)
            for part in expected:
                self.assertIn(part, said)

    def test_what_is_right_is_taken(self) -> None:
        parsed = stack.parse(["chaos", "--seed=7", "--seconds=300", "--callers="])
        self.assertEqual((parsed.seed, parsed.seconds, parsed.callers), ("7", "300", ""))
        parsed = stack.parse(["token", "--sub=guest-1", "--scope=booking/guest  booking/partner"])
        self.assertEqual(parsed.scope, "booking/guest booking/partner")
        parsed = stack.parse(["token", "--sub=guest-1", "--scope=booking/guest", "--groups=rate.company-acme  rate.staff"])
        self.assertEqual(parsed.groups, "rate.company-acme rate.staff")
        self.assertEqual([stack.parse(["reconcile", f"--dry-run={text}"]).dry_run for text in ("", "0", "1")], [False, False, True])
        self.assertEqual(
            stack.parse(["invoke", "--fn=hold", "--event=http/hold-create.json"]).event, config.SAMPLES_DIR / "http/hold-create.json"
        )

    def test_an_architecture_that_there_is_not_is_refused_before_anything(self) -> None:
        made = subprocess.run(["make", "--no-print-directory", "build", "ARCH=sparc"], cwd=config.ROOT, capture_output=True, text=True)
        self.assertNotEqual(made.returncode, 0)
        self.assertEqual(made.stdout, "")
        self.assertIn("ARCH=sparc is none of: arm64 x86_64", made.stderr)

    def test_what_is_built_for_an_architecture_is_deployed_for_it(self) -> None:
        for arch, flag in (("arm64", "--arm64"), ("x86_64", "--x86-64")):
            made = self.dry_run("deploy", f"ARCH={arch}")
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertIn(f"cargo lambda build --locked --release {flag} ", made.stdout)
            self.assertIn(f"--architecture={arch}", made.stdout)

    def test_a_deployment_to_elsewhere_than_aws_is_refused_before_anything(self) -> None:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDFORMATION"):
            made = self.dry_run("deploy", **{name: "http://localhost:4566"})
            self.assertNotEqual(made.returncode, 0)
            self.assertEqual(made.stdout, "")
            self.assertIn(f"{name}=http://localhost:4566 leads elsewhere than to AWS", made.stderr)
        self.assertEqual(self.dry_run("deploy", AWS_ENDPOINT_URL="").returncode, 0)
        self.assertEqual(self.dry_run("build", AWS_ENDPOINT_URL="http://localhost:4566").returncode, 0)

    def test_a_stack_is_forgotten_and_begun_again_in_that_order(self) -> None:
        made = self.dry_run("down", "clean-local", "up")
        words = [line.split()[-1] for line in made.stdout.splitlines()]
        self.assertEqual((made.returncode, words), (0, ["down", "clean", "up"]), made.stderr)

    def test_every_target_calls_what_there_is(self) -> None:
        listed = re.findall(r"^([a-z0-9-]+):.*## ", (config.ROOT / "Makefile").read_text(), re.MULTILINE)
        given = ("FN=hold", "EVENT=http/hold-create.json", "BOOKING=bkg_1", "SEED=7", "CALLERS=16", "MINUTES=60", "FIND=two words", "FOLLOW=0")
        asked = []
        for target in listed:
            made = self.dry_run(target, *given)
            self.assertEqual(made.returncode, 0, made.stderr)
            for line in made.stdout.splitlines():
                _, called, words = line.partition(" tools/local/stack.py ")
                if called:
                    with contextlib.redirect_stderr(io.StringIO()) as said:
                        try:
                            stack.parse(shlex.split(words))
                        except SystemExit:
                            self.fail(f"make {target}: {said.getvalue()}")
                    asked.append(target)
        self.assertIn("review", asked)
        self.assertIn("logs", asked)

    def test_a_reader_who_has_seen_enough_ends_the_log_quietly(self) -> None:
        endless = "import sys, stack; stack.show_logs = lambda _: [print('line', flush=True) for _ in range(100000)]"
        command = f"{sys.executable} -c \"{endless}; sys.exit(stack.main(['logs', '--fn=hold']))\" | head -n 1"
        shown = subprocess.run(["bash", "-c", command], cwd=config.ROOT / "tools/local", capture_output=True, text=True)
        self.assertEqual((shown.stdout, shown.stderr), ("line\n", ""))

    @staticmethod
    def dry_run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """What `make` would do. It does nothing, whatever is set: the words are printed."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "MFLAGS"))}
        command = ["make", "--no-print-directory", "--dry-run", *words]
        return subprocess.run(command, cwd=config.ROOT, capture_output=True, text=True, env=outside | environment)


class BusyTest(unittest.TestCase):
    """The clock is turned by the pauses."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        stack_json = Path(folder.name) / "stack.json"
        stack_json.write_text("{}")
        self.time = 0.0
        self.silent: list[list[services.Service]] = []
        self.holders: list[str | None] = []
        self.up = True
        for target, name, value in (
            (config, "STACK_JSON_FILE", stack_json),
            (running, "silent", lambda: self.silent.pop(0) if len(self.silent) > 1 else self.silent[0]),
            (running, "starting_or_stopping", lambda: self.holders.pop(0) if self.holders else None),
            (running, "is_up", lambda _service: self.up),
        ):
            patched = mock.patch.object(target, name, value)
            patched.start()
            self.addCleanup(patched.stop)

    def pause(self, _seconds: float) -> None:
        self.time += 2

    def wait(self) -> str:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            running.wait_until_it_answers(60, lambda: self.time, self.pause)
        return said.getvalue()

    def test_one_that_answers_is_not_waited_for(self) -> None:
        self.silent = [[]]
        self.assertEqual((self.wait(), self.time), ("", 0.0))

    def test_one_that_is_busy_is_waited_for_and_that_is_said(self) -> None:
        self.silent = [[services.MINISTACK]] * 5 + [[]]
        said = self.wait()
        self.assertIn("busy (MiniStack (AWS) does not answer)", said)
        self.assertEqual(said.count("\n"), 1)

    def test_one_that_is_being_started_is_waited_for(self) -> None:
        self.silent, self.holders, self.up = [list(services.USUAL), list(services.USUAL), []], ["41", "41"], True
        self.wait()
        self.assertEqual(self.time, 4)

    def test_one_that_is_being_started_for_longer_is_said_to(self) -> None:
        self.silent, self.holders = [list(services.USUAL)], ["41"] * 99
        with self.assertRaises(Stop) as stopped:
            self.wait()
        self.assertIn("Process 41 is still starting or stopping this stack", str(stopped.exception))

    def test_one_that_stays_silent_is_not_said_not_to_run(self) -> None:
        self.silent = [[services.LOCALSTRIPE]]
        with self.assertRaises(Stop) as stopped:
            self.wait()
        self.assertIn("localstripe does not answer after 60 s", str(stopped.exception))
        self.assertNotIn("does not run", str(stopped.exception))

    def test_one_that_does_not_run_is_said_not_to_at_once(self) -> None:
        self.silent, self.up = [list(services.USUAL)], False
        with self.assertRaises(Stop) as stopped:
            self.wait()
        self.assertEqual((str(stopped.exception), self.time), (running.NOT_RUNNING, 0.0))


class SampleTest(unittest.TestCase):
    EVENT = json.dumps({"body": '{"startTime":"2027-06-01","endTime":"2027-06-03"}', "requestContext": {"timeEpoch": 1811851200000}})

    def test_days_that_lie_ahead_stay(self) -> None:
        self.assertEqual(calling.relative_to_today(self.EVENT, date(2026, 11, 29)), self.EVENT)

    def test_days_that_are_over_or_near_come_again_in_a_later_year(self) -> None:
        for today, year in ((date(2027, 5, 20), "2028"), (date(2027, 7, 1), "2028"), (date(2030, 1, 1), "2030")):
            later = calling.relative_to_today(self.EVENT, today)
            self.assertEqual(later, self.EVENT.replace("2027", year), today)

    def test_a_leap_day_and_what_is_no_date_do_no_harm(self) -> None:
        self.assertEqual(calling.relative_to_today("2028-02-29 2028-99-99 12028-02-28", date(2028, 6, 1)), "2029-03-01 2028-99-99 12028-02-28")

    def test_a_sample_is_sent_with_a_token_of_whom_it_names(self) -> None:
        for name, caller, groups in (
            ("hold-create", ("guest-1", "booking/guest"), ""),
            ("resource-put-nightly", ("operator-1", "booking/operator"), ""),
            ("property-put", ("operator-1", "booking/operator"), "platform"),
        ):
            sample = (config.SAMPLES_DIR / "http" / f"{name}.json").read_text()
            with mock.patch.object(calling.deploy, "issue_token", return_value="signed") as issued:
                sent = json.loads(calling.signed(sample))
            issued.assert_called_once_with(*caller, groups=groups)
            self.assertEqual(sent["headers"]["authorization"], "Bearer signed")
            self.assertEqual(sent["body"], json.loads(sample)["body"])
        search = (config.SAMPLES_DIR / "http" / "search.json").read_text()
        self.assertEqual(calling.signed(search), search)
        self.assertEqual(calling.relative_to_today("no date", date(2028, 6, 1)), "no date")


if __name__ == "__main__":
    unittest.main()
