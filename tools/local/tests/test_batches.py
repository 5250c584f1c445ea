"""What the emulator makes of a batch that a function did only in part: as AWS, it hands out again what was not done, and no less."""

from __future__ import annotations

import logging
import sys
import time
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ministack_launcher  # noqa: E402

PLACE = ("000000000000", "us-east-1")
STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/ledger/stream/now"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:timers"
FUNCTIONS = ("projector", "relay", "hold-expiry")


class BatchTest(unittest.TestCase):
    """Each test polls the emulator's own code; only the function is a script of answers."""

    def setUp(self) -> None:
        from ministack.services import dynamodb, lambda_svc

        self.dynamodb, self.lambda_svc = dynamodb, lambda_svc
        self.calls: dict[str, list[list[str]]] = {}
        self.answers: dict[str, list[Any]] = {}
        for name in ("_execute_function", "_poll_dynamodb_streams", "_run_sqs_batch"):
            self.patch(name, getattr(lambda_svc, name))
        lambda_svc._execute_function = self.execute
        ministack_launcher.retry_what_a_batch_did_not_do()
        # The emulator's warnings are what is wanted here.
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)

    def patch(self, name: str, value: Any) -> None:
        """What a test replaces is put back after it."""
        patched = mock.patch.object(self.lambda_svc, name, value)
        patched.start()
        self.addCleanup(patched.stop)

    def tearDown(self) -> None:
        for store in (self.lambda_svc._esms, self.lambda_svc._functions, self.lambda_svc._dynamodb_stream_positions,
                      self.lambda_svc._esm_backoff_until, self.dynamodb._tables, self.dynamodb._stream_records):
            store.clear()

    def execute(self, func: dict, event: dict) -> dict:
        name = func["config"]["FunctionName"]
        records = event["Records"]
        self.calls.setdefault(name, []).append([name_of(record) for record in records])
        scripted = self.answers.get(name, [])
        return {"body": scripted.pop(0) if scripted else {"batchItemFailures": []}}

    def stream(self, records: int, **more: Any) -> None:
        """A stream of so many records that all three functions read."""
        self.dynamodb._tables.set_scoped(*PLACE, "ledger", {"LatestStreamArn": STREAM})
        self.dynamodb._stream_records.set_scoped(*PLACE, "ledger", [
            {"eventID": f"id-{number}", "eventSource": "aws:dynamodb", "eventSourceARN": STREAM,
             "dynamodb": {"SequenceNumber": f"{number:03}", "ApproximateCreationDateTime": time.time()}}
            for number in range(records)
        ])
        for name in FUNCTIONS:
            self.mapping(name, STREAM, StartingPosition="TRIM_HORIZON", BatchSize=10, **more)

    def mapping(self, name: str, source: str, **more: Any) -> dict:
        self.lambda_svc._functions.set_scoped(*PLACE, name, {"config": {"FunctionName": name}})
        mapping = {"UUID": f"{name}-mapping", "FunctionName": name, "EventSourceArn": source,
                   "FunctionResponseTypes": ["ReportBatchItemFailures"]} | more
        self.lambda_svc._esms.set_scoped(*PLACE, mapping["UUID"], mapping)
        return mapping

    def poll(self) -> None:
        """One pass, as if the pause after a failure were over."""
        self.lambda_svc._esm_backoff_until.clear()
        self.lambda_svc._poll_dynamodb_streams()

    def poll_to_the_end(self) -> None:
        for _ in range(9):
            self.poll()

    def test_a_stream_goes_on_at_the_lowest_record_that_was_not_done(self) -> None:
        for name in FUNCTIONS:
            with self.subTest(name):
                self.calls.clear()
                self.stream(6)
                self.answers[name] = [failures("004", "002")]
                self.poll_to_the_end()
                self.assertEqual(self.calls.pop(name), [numbers(0, 6), numbers(2, 6)])
                self.assertEqual(set(map(str, self.calls.values())), {str([numbers(0, 6)])}, "others have no part in it")
                self.tearDown()

    def test_a_record_that_fails_again_and_again_loses_nothing(self) -> None:
        self.stream(4)
        self.answers["projector"] = [failures("000"), failures("000"), failures("003")]
        self.poll_to_the_end()
        self.assertEqual(self.calls["projector"], [numbers(0, 4)] * 3 + [numbers(3, 4)])

    def test_a_record_that_nobody_can_read_is_passed_over_in_the_end(self) -> None:
        self.stream(4)
        tries = ministack_launcher.STREAM_RETRIES_MAX + 1
        self.answers["projector"] = [failures("001")] * tries
        for _ in range(tries):
            self.poll()
        self.assertEqual(self.calls["projector"], [numbers(0, 4)] + [numbers(1, 4)] * (tries - 1), "nothing behind it goes on before")
        self.poll_to_the_end()
        self.assertEqual(self.calls["projector"][tries:], [numbers(2, 4)])

    def test_a_failure_is_followed_by_a_pause(self) -> None:
        self.stream(4)
        self.answers["projector"] = [failures("001")]
        for _ in range(3):
            self.lambda_svc._poll_dynamodb_streams()
        self.assertEqual(self.calls["projector"], [numbers(0, 4)])

    def test_a_report_that_names_no_record_of_the_batch_is_a_failure_of_all(self) -> None:
        for report in (failures(""), failures(None), failures("999"), {"batchItemFailures": [{"id": "001"}]}):
            with self.subTest(report):
                self.calls.clear()
                self.stream(3)
                self.answers["relay"] = [report]
                self.poll_to_the_end()
                self.assertEqual(self.calls["relay"], [numbers(0, 3)] * 2)
                self.tearDown()

    def test_an_empty_report_and_none_are_successes(self) -> None:
        for report in (None, {}, "", {"batchItemFailures": []}, {"batchItemFailures": None}):
            with self.subTest(report):
                self.calls.clear()
                self.stream(3)
                self.answers["relay"] = [report]
                self.poll_to_the_end()
                self.assertEqual(self.calls["relay"], [numbers(0, 3)])
                self.tearDown()

    def test_without_the_setting_a_report_is_not_looked_at(self) -> None:
        self.stream(3, FunctionResponseTypes=[])
        self.answers["relay"] = [failures("001")]
        self.poll_to_the_end()
        self.assertEqual(self.calls["relay"], [numbers(0, 3)])

    def test_a_call_by_hand_is_answered_as_the_function_answers(self) -> None:
        self.stream(3)
        self.answers["relay"] = [failures("001")]
        records = self.dynamodb._stream_records.get_scoped(*PLACE, "ledger")
        answer = self.lambda_svc._execute_function({"config": {"FunctionName": "relay"}}, {"Records": records})
        self.assertEqual(answer, {"body": failures("001")})

    def deleted_of_queue(self, report: Any) -> list[str]:
        """Which of three messages are gone after a batch that was answered so."""
        from ministack.services import sqs

        mapping = self.mapping("hold-expiry", QUEUE)
        batch = [{"id": str(number), "receipt_handle": f"handle-{number}"} for number in range(3)]
        records = [{"messageId": one["id"], "eventSource": "aws:sqs", "eventSourceARN": QUEUE} for one in batch]
        self.answers["hold-expiry"] = [report]
        func = self.lambda_svc._functions.get_scoped(*PLACE, "hold-expiry")
        with mock.patch.object(sqs, "_delete_messages_for_esm") as delete:
            self.lambda_svc._run_sqs_batch(mapping, func, {"Records": records}, batch, "url", "timers")
        return sorted(handle for call in delete.call_args_list for handle in call.args[1])

    def test_a_queue_keeps_the_messages_that_were_not_done(self) -> None:
        self.assertEqual(self.deleted_of_queue(failures("1")), ["handle-0", "handle-2"])
        self.assertEqual(self.deleted_of_queue(failures("0", "1", "2")), [])
        self.assertEqual(self.deleted_of_queue(failures()), ["handle-0", "handle-1", "handle-2"])

    def test_a_queue_keeps_all_messages_if_a_report_names_none_of_them(self) -> None:
        for report in (failures(""), failures("someone-elses")):
            self.assertEqual(self.deleted_of_queue(report), [], report)


def name_of(record: dict) -> str:
    return record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"]


def numbers(first: int, end: int) -> list[str]:
    return [f"{number:03}" for number in range(first, end)]


def failures(*names: str | None) -> dict:
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}


if __name__ == "__main__":
    unittest.main()
