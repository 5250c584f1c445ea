"""What must outlive a clean stop: stream records that were not handed out, mails, and what the partner took."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ministack_launcher  # noqa: E402
import partner_inbox  # noqa: E402

PLACE = ("000000000000", "us-east-1")


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """As the emulator saves and loads it."""
    from ministack.core import persistence

    return json.loads(json.dumps(state, default=persistence._json_default), object_hook=persistence._json_object_hook)


class EmulatorTest(unittest.TestCase):
    def test_records_that_the_slowest_reader_has_not_read_are_kept(self) -> None:
        from ministack.services import dynamodb, lambda_svc

        ministack_launcher.keep_unread_stream_records_over_a_restart()
        dynamodb._stream_records.set_scoped(*PLACE, "ledger", [{"eventID": str(number)} for number in range(5)])
        dynamodb._stream_records.set_scoped(*PLACE, "unread", [{"eventID": "nobody's"}])
        for reader, position in (("relay", 3), ("projector", 4)):
            source = "arn:aws:dynamodb:us-east-1:000000000000:table/ledger/stream/now"
            lambda_svc._esms.set_scoped(*PLACE, reader, {"EventSourceArn": source})
            lambda_svc._dynamodb_stream_positions.set_scoped(*PLACE, reader, position)
        saved = through_a_file(dynamodb.get_state())
        dynamodb._stream_records.clear()
        dynamodb.load_persisted_state(saved)
        left = {name: records for (_, _, name), records in dynamodb._stream_records.all_items()}
        self.assertEqual(left, {"ledger": [{"eventID": "3"}, {"eventID": "4"}], "unread": []})

    def test_mails_are_kept(self) -> None:
        from ministack.services import ses

        ministack_launcher.keep_mails_over_a_restart()
        ses._sent_emails.set_scoped(*PLACE, "entries", [{"Subject": "Your booking"}])
        saved = through_a_file(ses.get_state())
        ses._sent_emails.clear()
        ses.load_persisted_state(saved)
        self.assertEqual(ses._sent_emails.get_scoped(*PLACE, "entries"), [{"Subject": "Your booking"}])


    def test_the_api_has_its_address_from_its_stack(self) -> None:
        from ministack.services import apigateway
        from ministack.services.cloudformation import provisioners

        handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
        with unittest.mock.patch.dict(handlers):
            ministack_launcher.give_the_api_a_lasting_address()
            ids = [handlers["create"](name, {"Name": name}, "Holdfast")[0] for name in ("Http", "Another")]
        apigateway._apis.clear()
        self.assertEqual(ids[0], "holdfast")
        self.assertNotEqual(ids[1], "holdfast", "a second one of the stack is not refused")


class InboxTest(unittest.TestCase):
    def test_deliveries_are_kept(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state_file = Path(folder) / "state" / "inbox.json"
            asyncio.run(self.deliver(state_file))
            self.assertEqual(asyncio.run(self.bodies(state_file)), ["changed"])

    async def deliver(self, state_file: Path) -> None:
        async with TestClient(TestServer(partner_inbox.make_app(state_file))) as client:
            await client.post("/webhooks", data="changed")

    async def bodies(self, state_file: Path) -> list[str]:
        async with TestClient(TestServer(partner_inbox.make_app(state_file))) as client:
            results = (await (await client.get("/_requests")).json())["results"]
            return [one["body"] for one in results]


if __name__ == "__main__":
    unittest.main()
