"""The Stripe shim as a client of Stripe meets it: through the official `stripe` package, over HTTP.

Starts its own localstripe and shim on free ports, so that it needs no running stack and disturbs none.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

TOOLS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS))

import stripe  # noqa: E402
from aiohttp import web  # noqa: E402

from stripe_shim.forms import parse_form  # noqa: E402
from stripe_shim.server import Shim  # noqa: E402
from stripe_shim.webhooks import DELIVERED_TYPES  # noqa: E402

SECRET = "whsec_test_of_the_shim"
# Generous: a busy machine is slow, and a test that passes waits for none of it.
DEADLINE_SECONDS = 60


def listening_socket() -> socket.socket:
    """A socket that listens on a free port. Whoever serves takes the socket, so that nobody takes the port in between."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def poll(wanted: Any, found: Callable[[], Any], what: str) -> None:
    """Waits until `found` gives `wanted`; the failure says what it gave last."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (last := found()) != wanted:
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: wanted {wanted}, not within {DEADLINE_SECONDS} s; in the end {last}")
        time.sleep(0.02)


class Receiver:
    """An endpoint for webhooks: checks each signature as Stripe's own package does; refuses what `refuses` says."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.refuses: Callable[[Any], bool] = lambda _event: False
        self.refused: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = self.rfile.read(int(self.headers["Content-Length"]))
                event = stripe.Webhook.construct_event(payload, self.headers["Stripe-Signature"], SECRET)
                if receiver.refuses(event):
                    receiver.refused.append(event["id"])
                    self.send_response(503)
                else:
                    receiver.events.append(event)
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def types_for(self, intent_id: str) -> list[str]:
        """The types of what arrived for an intent, sorted: Stripe promises no order of delivery."""
        return sorted(
            event["type"] for event in list(self.events)
            if intent_id in (event["data"]["object"]["id"], getattr(event["data"]["object"], "payment_intent", None))
        )


class ShimThread:
    """The shim's server on an event loop of its own."""

    def __init__(self, localstripe_url: str) -> None:
        listener = listening_socket()
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.loop = asyncio.new_event_loop()
        self.runner = web.AppRunner(Shim(localstripe_url, self.url, SECRET).app(), access_log=None)
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.wait_for(self.runner.setup())
        self.wait_for(web.SockSite(self.runner, listener).start())

    def wait_for(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(DEADLINE_SECONDS)

    def stop(self) -> None:
        self.wait_for(self.runner.cleanup())
        self.loop.call_soon_threadsafe(self.loop.stop)


class ShimTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with listening_socket() as listener:
            # Connections wait in the socket until localstripe has started, and are refused once it has ended.
            localstripe_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            cls.localstripe = subprocess.Popen(
                [sys.executable, str(TOOLS / "localstripe_launcher.py"), "--listener", str(listener.fileno())],
                env=environment, pass_fds=[listener.fileno()],
            )
        cls.shim = ShimThread(localstripe_url)
        cls.url = cls.shim.url
        cls.receiver = Receiver()
        cls.client = stripe.StripeClient("sk_test_shim_client", base_addresses={"api": cls.url}, max_network_retries=0)
        cls.control("POST", "/_config", {"webhookUrl": cls.receiver.url})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.shim.stop()
        cls.receiver.server.shutdown()
        cls.receiver.server.server_close()
        # It has nothing to save, and a polite end may wait a minute for connections.
        cls.localstripe.kill()
        cls.localstripe.wait(DEADLINE_SECONDS)

    # Helpers

    @classmethod
    def control(cls, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(cls.url + path, data=data, method=method)) as answer:
            return json.loads(answer.read() or b"null")

    def post_raw(self, path: str, form: str, key: str) -> tuple[int, Any, dict[str, str]]:
        request = urllib.request.Request(
            self.url + path, data=form.encode(),
            headers={"Authorization": "Bearer sk_test_shim_client", "Idempotency-Key": key},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read()), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), dict(error.headers)

    def intents(self) -> Any:
        return self.client.v1.payment_intents

    def intent(self, **more: Any) -> Any:
        return self.intents().create(
            {"amount": 12900, "currency": "eur", "capture_method": "manual", "metadata": {"bookingId": "b-1"}} | more
        )

    def confirmed(self, card: str = "pm_card_visa") -> Any:
        return self.intents().confirm(self.intent().id, {"payment_method": card})

    def captured(self) -> Any:
        return self.intents().capture(self.confirmed().id)

    def declined(self, intent_id: str, card: str) -> Any:
        with self.assertRaises(stripe.CardError) as caught:
            self.intents().confirm(intent_id, {"payment_method": card})
        return caught.exception

    def fault(self, match: str, kind: str, **more: Any) -> None:
        self.control("POST", "/_fault", {"match": match, "kind": kind} | more)

    def events_of(self, intent_id: str) -> list[Any]:
        """The events of an intent that an endpoint is sent, in the order in which they happened."""
        events = self.control("GET", f"/_events?contains={intent_id}")["results"]
        return [one for one in events if one["type"] in DELIVERED_TYPES]

    def expect_events(self, intent_id: str, *types: str) -> None:
        """Exactly these happened, in this order, and all of them arrive, in any order.

        Stripe promises no order of delivery (https://docs.stripe.com/webhooks#event-ordering), and the shim keeps none.
        """
        self.assertEqual([one["type"] for one in self.events_of(intent_id)], list(types))
        self.expect_arrivals(intent_id, *types)

    def expect_arrivals(self, intent_id: str, *types: str) -> None:
        poll(sorted(types), lambda: self.receiver.types_for(intent_id), f"webhooks of {intent_id}")

    def refuse(self, refuses: Callable[[Any], bool]) -> None:
        """Until the end of the test the endpoint refuses such events."""
        self.receiver.refused.clear()
        self.receiver.refuses = refuses
        self.addCleanup(setattr, self.receiver, "refuses", lambda _event: False)

    # Manual capture

    def test_create_confirm_capture(self) -> None:
        created = self.intent(description="Three nights", payment_method_types=["card"])
        self.assertEqual(created.status, "requires_payment_method")
        self.assertEqual((created.metadata["bookingId"], created.description), ("b-1", "Three nights"))
        confirmed = self.intents().confirm(created.id, {"payment_method": "pm_card_visa"})
        self.assertEqual((confirmed.status, confirmed.amount_capturable, confirmed.amount_received), ("requires_capture", 12900, 0))
        self.assertTrue(confirmed.latest_charge.startswith("ch_"))
        self.assertTrue(confirmed.payment_method.startswith("pm_"))
        captured = self.intents().capture(created.id, {"amount_to_capture": 12900})
        self.assertEqual((captured.status, captured.amount_capturable, captured.amount_received), ("succeeded", 0, 12900))
        expanded = self.intents().retrieve(created.id, {"expand": ["latest_charge"]})
        self.assertEqual((expanded.latest_charge.amount_captured, expanded.latest_charge.refunded), (12900, False))
        self.expect_events(created.id, "payment_intent.amount_capturable_updated", "payment_intent.succeeded")

    def test_create_with_confirm(self) -> None:
        intent = self.intent(payment_method="pm_card_visa", confirm=True, automatic_payment_methods={"enabled": True, "allow_redirects": "never"})
        self.assertEqual(intent.status, "requires_capture")

    def test_a_part_is_captured_and_the_rest_released(self) -> None:
        captured = self.intents().capture(self.confirmed().id, {"amount_to_capture": 9000})
        self.assertEqual(captured.amount_received, 9000)
        charge = self.client.v1.charges.retrieve(captured.latest_charge)
        self.assertEqual((charge.amount_captured, charge.amount_refunded, charge.refunded), (9000, 3900, False))
        refund = self.client.v1.refunds.create({"payment_intent": captured.id})
        self.assertEqual(refund.amount, 9000)
        listed = self.client.v1.refunds.list({"payment_intent": captured.id})
        self.assertEqual([one.amount for one in listed.data], [9000])

    def test_a_period_is_listed_newest_first_part_by_part(self) -> None:
        since = int(time.time())
        made = [self.confirmed().id for _ in range(3)] + [self.captured().id]
        asked = {"limit": 3, "created": {"gte": since}, "expand": ["data.latest_charge"]}
        first = self.intents().list(asked)
        self.assertEqual(([one.id for one in first.data], first.has_more), (made[:0:-1], True))
        self.assertEqual((first.data[0].latest_charge.captured, first.data[1].latest_charge.captured), (True, False))
        self.assertEqual(first.data[0].latest_charge.amount_refunded, 0)
        rest = self.intents().list(asked | {"starting_after": made[1]})
        self.assertEqual(rest.data[0].id, made[0])
        # Other tests may have made some in the same second; none is older.
        self.assertTrue(all(one.created >= since for one in rest.data))
        self.assertEqual(self.intents().list({"created": {"gt": since + 3600}}).data, [])
        with self.assertRaises(stripe.InvalidRequestError):
            self.intents().list({"starting_after": "pi_none"})
        with self.assertRaises(stripe.InvalidRequestError):
            self.intents().list({"limit": 101})

    def test_only_what_stripe_charges_is_charged(self) -> None:
        for amount, currency, code in [
            (12900, "kpw", "currency_not_supported"), (49, "usd", "amount_too_small"), (50, "usd", None),
            (99_999_999, "usd", None), (100_000_000, "usd", "amount_too_large"), (100_000_000, "idr", None),
            (49, "jpy", "amount_too_small"), (5130, "kwd", None), (5131, "kwd", "parameter_invalid_integer"),
            (500_000, "isk", None), (500_050, "isk", "parameter_invalid_integer"), (505, "ugx", "parameter_invalid_integer"),
        ]:
            with self.subTest(amount=amount, currency=currency):
                try:
                    self.intents().create({"amount": amount, "currency": currency})
                    refused = None
                except stripe.InvalidRequestError as error:
                    refused = error.code
                self.assertEqual(refused, code)

    def test_a_payment_is_shown_as_older_where_a_test_asks_for_it(self) -> None:
        intent = self.captured()
        self.control("POST", f"/_age/{intent.id}", {"seconds": 3600})
        listed = self.intents().list({"limit": 1})
        self.assertEqual([self.intents().retrieve(intent.id).created, listed.data[0].created], [intent.created - 3600] * 2)

    def test_a_refund_is_of_what_can_be_paid(self) -> None:
        intent = self.intents().confirm(self.intent(amount=5130, currency="kwd").id, {"payment_method": "pm_card_visa"})
        self.intents().capture(intent.id)
        with self.assertRaises(stripe.InvalidRequestError):
            self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 2565})
        self.assertEqual(self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 2570}).amount, 2570)

    def test_a_refund_is_pending_until_its_bank_has_it_and_may_come_back(self) -> None:
        self.control("POST", "/_config", {"refundsSlow": True})
        self.addCleanup(self.control, "POST", "/_config", {"refundsSlow": False})
        intent = self.captured()
        refund = self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 5000})
        self.assertEqual(refund.status, "pending")
        expanded = self.intents().retrieve(intent.id, {"expand": ["latest_charge.refunds"]})
        self.assertEqual([one.status for one in expanded.latest_charge.refunds.data], ["pending"])
        self.assertEqual(expanded.latest_charge.amount_refunded, 5000)
        self.control("POST", f"/_refund/{refund.id}", {"status": "failed"})
        self.assertEqual(self.intents().retrieve(intent.id, {"expand": ["latest_charge"]}).latest_charge.amount_refunded, 0)
        self.assertEqual(self.client.v1.refunds.retrieve(refund.id).status, "failed")
        self.expect_events(
            intent.id, "payment_intent.amount_capturable_updated", "payment_intent.succeeded", "charge.refunded",
            "refund.failed", "refund.updated", "charge.refund.updated",
        )

    def test_a_dispute_is_opened_and_ends(self) -> None:
        intent = self.captured()
        self.control("POST", f"/_dispute/{intent.id}", {"status": "needs_response"})
        charge = self.intents().retrieve(intent.id, {"expand": ["latest_charge"]}).latest_charge
        self.assertTrue(charge.disputed)
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.client.v1.refunds.create({"payment_intent": intent.id})
        self.assertEqual(caught.exception.code, "charge_disputed")
        statuses = lambda: [one.status for one in self.client.v1.disputes.list({"payment_intent": intent.id}).data]  # noqa: E731
        self.assertEqual(statuses(), ["needs_response"])
        self.control("POST", f"/_dispute/{intent.id}", {"status": "won"})
        self.assertEqual(statuses(), ["won"])
        self.client.v1.refunds.create({"payment_intent": intent.id})
        self.expect_events(
            intent.id, "payment_intent.amount_capturable_updated", "payment_intent.succeeded", "charge.dispute.created",
            "charge.dispute.funds_withdrawn", "charge.dispute.closed", "charge.refunded",
        )

    def test_an_inquiry_becomes_a_chargeback_of_a_part(self) -> None:
        intent = self.captured()
        self.control("POST", f"/_dispute/{intent.id}", {"status": "warning_needs_response", "amount": 900})
        refund = self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
        self.assertEqual(refund.status, "succeeded")
        self.control("POST", f"/_dispute/{intent.id}", {"status": "needs_response"})
        [dispute] = self.client.v1.disputes.list({"payment_intent": intent.id}).data
        self.assertEqual((dispute.status, dispute.amount), ("needs_response", 900))
        with self.assertRaises(stripe.InvalidRequestError):
            self.client.v1.refunds.create({"payment_intent": intent.id})
        self.expect_events(
            intent.id, "payment_intent.amount_capturable_updated", "payment_intent.succeeded", "charge.dispute.created",
            "charge.refunded", "charge.dispute.updated", "charge.dispute.funds_withdrawn",
        )

    def test_capture_above_the_amount(self) -> None:
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.intents().capture(self.confirmed().id, {"amount_to_capture": 12901})
        self.assertEqual(caught.exception.code, "amount_too_large")

    def test_wrong_states(self) -> None:
        captured = self.captured()
        for call in (self.intents().capture, self.intents().cancel, self.intents().confirm):
            with self.subTest(call.__name__), self.assertRaises(stripe.InvalidRequestError) as caught:
                call(captured.id)
            self.assertEqual((caught.exception.code, caught.exception.http_status), ("payment_intent_unexpected_state", 400))
            self.assertEqual(caught.exception.json_body["error"]["payment_intent"]["status"], "succeeded")
        with self.assertRaises(stripe.InvalidRequestError):
            self.intents().capture(self.intent().id)

    def test_cancel_voids_an_authorization(self) -> None:
        intent = self.confirmed()
        canceled = self.intents().cancel(intent.id, {"cancellation_reason": "requested_by_customer"})
        self.assertEqual((canceled.status, canceled.amount_capturable), ("canceled", 0))
        self.assertEqual(canceled.cancellation_reason, "requested_by_customer")
        self.assertGreater(canceled.canceled_at, 0)
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.intents().cancel(intent.id)
        self.assertEqual(caught.exception.code, "payment_intent_unexpected_state")
        self.expect_events(intent.id, "payment_intent.amount_capturable_updated", "payment_intent.canceled")

    def test_unknown_things(self) -> None:
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.intents().retrieve("pi_none")
        self.assertEqual((caught.exception.http_status, caught.exception.code), (404, "resource_missing"))
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.intents().confirm(self.intent().id, {"payment_method": "pm_none"})
        self.assertEqual((caught.exception.http_status, caught.exception.param), (400, "payment_method"))
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.intents().create({"amount": 0, "currency": "eur"})
        self.assertEqual(caught.exception.param, "amount")
        nobody = stripe.StripeClient("nobody", base_addresses={"api": self.url}, max_network_retries=0)
        with self.assertRaises(stripe.AuthenticationError):
            nobody.v1.payment_intents.retrieve("pi_none")

    # Declines

    def test_declines_at_confirm_then_another_card_on_the_same_intent(self) -> None:
        intent = self.intent()
        error = self.declined(intent.id, "pm_card_chargeDeclined")
        self.assertEqual((error.code, error.http_status, error.json_body["error"]["decline_code"]), ("card_declined", 402, "generic_decline"))
        self.assertEqual(error.json_body["error"]["payment_intent"]["status"], "requires_payment_method")
        read = self.intents().retrieve(intent.id)
        self.assertEqual((read.status, read.payment_method), ("requires_payment_method", None))
        self.assertEqual(read.last_payment_error.decline_code, "generic_decline")
        confirmed = self.intents().confirm(intent.id, {"payment_method": "pm_card_visa"})
        self.assertEqual((confirmed.status, confirmed.last_payment_error), ("requires_capture", None))
        self.expect_events(intent.id, "payment_intent.payment_failed", "payment_intent.amount_capturable_updated")

    def test_decline_codes_by_card_number(self) -> None:
        for number, code, decline_code in (
            ("4000000000000002", "card_declined", "generic_decline"),
            ("4000000000000341", "card_declined", "generic_decline"),
            ("4000000000009995", "card_declined", "insufficient_funds"),
            ("4000000000000069", "expired_card", "expired_card"),
        ):
            with self.subTest(number):
                card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
                method = self.client.v1.payment_methods.create({"type": "card", "card": card})
                self.assertEqual(method.card.last4, number[-4:])
                error = self.declined(self.intent().id, method.id)
                self.assertEqual((error.code, error.json_body["error"]["decline_code"]), (code, decline_code))

    # 3-D Secure

    def test_authentication_succeeds(self) -> None:
        asked = self.confirmed("pm_card_authenticationRequired")
        self.assertEqual((asked.status, asked.next_action.type), ("requires_action", "use_stripe_sdk"))
        answer = self.post_raw(f"/v1/payment_intents/{asked.id}/_authenticate", f"success=true&client_secret={asked.client_secret}", str(uuid.uuid4()))
        self.assertEqual((answer[0], answer[1]["status"]), (200, "requires_capture"))
        self.expect_events(asked.id, "payment_intent.requires_action", "payment_intent.amount_capturable_updated")

    def test_authentication_fails(self) -> None:
        intent = self.intent()
        asked = self.intents().confirm(intent.id, {"payment_method": "pm_card_threeDSecure2Required", "return_url": "https://example.com/back"})
        self.assertEqual(asked.next_action.redirect_to_url.return_url, "https://example.com/back")
        page = asked.next_action.redirect_to_url.url
        with urllib.request.urlopen(page, data=b"success=false") as answer:
            self.assertEqual(json.loads(answer.read())["status"], "requires_payment_method")
        read = self.intents().retrieve(intent.id)
        self.assertEqual(read.last_payment_error.code, "payment_intent_authentication_failure")
        self.expect_events(intent.id, "payment_intent.requires_action", "payment_intent.payment_failed")

    def test_authentication_succeeds_and_the_card_declines(self) -> None:
        asked = self.confirmed("pm_card_threeDSecureRequiredChargeDeclined")
        form = f"success=true&client_secret={asked.client_secret}"
        status, body, _ = self.post_raw(f"/v1/payment_intents/{asked.id}/_authenticate", form, str(uuid.uuid4()))
        self.assertEqual((status, body["error"]["type"]), (402, "card_error"))
        self.expect_events(asked.id, "payment_intent.requires_action", "payment_intent.payment_failed")

    def test_an_intent_that_awaits_the_customer_can_be_canceled(self) -> None:
        asked = self.confirmed("pm_card_authenticationRequired")
        canceled = self.intents().cancel(asked.id)
        self.assertEqual((canceled.status, canceled.next_action), ("canceled", None))

    # Refunds

    def test_refunds_never_exceed_what_was_captured(self) -> None:
        intent = self.captured()
        part = self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 6450, "reason": "requested_by_customer"})
        self.assertEqual((part.status, part.payment_intent, part.charge), ("succeeded", intent.id, intent.latest_charge))
        with self.assertRaises(stripe.InvalidRequestError):
            self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 6451})
        self.assertEqual(self.client.v1.refunds.create({"payment_intent": intent.id}).amount, 6450)
        with self.assertRaises(stripe.InvalidRequestError) as caught:
            self.client.v1.refunds.create({"payment_intent": intent.id})
        self.assertEqual(caught.exception.code, "charge_already_refunded")
        charge = self.client.v1.charges.retrieve(intent.latest_charge)
        self.assertEqual((charge.refunded, charge.amount_refunded), (True, 12900))
        self.expect_events(
            intent.id, "payment_intent.amount_capturable_updated", "payment_intent.succeeded", "charge.refunded", "charge.refunded"
        )

    def test_parallel_refunds_never_exceed_what_was_captured(self) -> None:
        intent = self.captured()

        def refund(_: int) -> bool:
            try:
                self.client.v1.refunds.create({"payment_intent": intent.id, "amount": 4300})
                return True
            except stripe.InvalidRequestError:
                return False

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(refund, range(8))), 3)

    def test_nothing_to_refund_before_the_capture(self) -> None:
        for intent in (self.intent(), self.confirmed()):
            with self.assertRaises(stripe.InvalidRequestError):
                self.client.v1.refunds.create({"payment_intent": intent.id})

    # Idempotency

    def test_the_same_key_gives_the_same_answer(self) -> None:
        key = str(uuid.uuid4())
        first = self.post_raw("/v1/payment_intents", "amount=500&currency=eur", key)
        again = self.post_raw("/v1/payment_intents", "amount=500&currency=eur", key)
        self.assertEqual(first[:2], again[:2])
        self.assertNotIn("Idempotent-Replayed", first[2])
        self.assertEqual(again[2]["Idempotent-Replayed"], "true")

    def test_the_same_key_with_other_parameters(self) -> None:
        key = str(uuid.uuid4())
        self.intents().create({"amount": 500, "currency": "eur"}, {"idempotency_key": key})
        with self.assertRaises(stripe.IdempotencyError) as caught:
            self.intents().create({"amount": 501, "currency": "eur"}, {"idempotency_key": key})
        self.assertEqual(caught.exception.http_status, 400)

    def test_a_decline_is_repeated_under_its_key(self) -> None:
        intent, key = self.intent(), str(uuid.uuid4())
        path, form = f"/v1/payment_intents/{intent.id}/confirm", "payment_method=pm_card_chargeDeclined"
        first, again = self.post_raw(path, form, key), self.post_raw(path, form, key)
        self.assertEqual((first[0], again[0]), (402, 402))
        self.assertEqual((first[1], again[2]["Idempotent-Replayed"]), (again[1], "true"))

    def test_a_key_in_use(self) -> None:
        intent, key = self.intent(), str(uuid.uuid4())
        path, form = f"/v1/payment_intents/{intent.id}/confirm", "payment_method=pm_card_visa"
        with ThreadPoolExecutor(6) as pool:
            statuses = sorted(one[0] for one in pool.map(lambda _: self.post_raw(path, form, key), range(6)))
        self.assertTrue(set(statuses) <= {200, 409} and 200 in statuses, statuses)
        self.expect_events(intent.id, "payment_intent.amount_capturable_updated")

    def test_what_was_refused_before_execution_is_not_kept(self) -> None:
        key = str(uuid.uuid4())
        self.assertEqual(self.post_raw("/v1/payment_intents", "amount=x&currency=eur", key)[0], 400)
        self.assertEqual(self.post_raw("/v1/payment_intents", "amount=55&currency=eur", key)[0], 200)

    # Faults

    def test_a_lost_answer_leaves_the_effect(self) -> None:
        intent, key = self.intent(), str(uuid.uuid4())
        self.fault("POST /v1/payment_intents/*/confirm", "lose_answer", contains=intent.id)
        path, form = f"/v1/payment_intents/{intent.id}/confirm", "payment_method=pm_card_visa"
        with self.assertRaises((urllib.error.URLError, http.client.HTTPException, ConnectionError)):
            self.post_raw(path, form, key)
        self.assertEqual(self.intents().retrieve(intent.id).status, "requires_capture")
        self.assertEqual(self.post_raw(path, form, key)[2]["Idempotent-Replayed"], "true")
        self.expect_events(intent.id, "payment_intent.amount_capturable_updated")

    def test_a_failure_after_and_before_the_effect(self) -> None:
        for kind, status in (("error_500", "requires_capture"), ("before_500", "requires_payment_method"), ("rate_limit", "requires_payment_method")):
            with self.subTest(kind):
                intent = self.intent()
                self.fault("POST /v1/payment_intents/*/confirm", kind, contains=intent.id)
                with self.assertRaises((stripe.APIError, stripe.RateLimitError)):
                    self.intents().confirm(intent.id, {"payment_method": "pm_card_visa"})
                self.assertEqual(self.intents().retrieve(intent.id).status, status)

    def test_a_key_that_has_ended_is_one_of_the_same_account(self) -> None:
        intent, key = self.intent(), str(uuid.uuid4())
        self.fault("POST /v1/payment_intents/*/confirm", "key_ended", contains=intent.id, apiKey="sk_test_shim_client", times=2)
        rolled = stripe.StripeClient("sk_test_rolled", base_addresses={"api": self.url}, max_network_retries=0)
        ask = lambda client: client.v1.payment_intents.confirm(  # noqa: E731
            intent.id, {"payment_method": "pm_card_visa"}, {"idempotency_key": key})
        with self.assertRaises(stripe.AuthenticationError):
            ask(self.client)
        self.assertEqual(ask(rolled).status, "requires_capture")
        with self.assertRaises(stripe.AuthenticationError):
            ask(self.client)
        self.assertEqual(ask(self.client).last_response.headers["Idempotent-Replayed"], "true")

    def test_an_ordered_decline(self) -> None:
        intent = self.intent()
        self.fault("POST /v1/payment_intents/*/confirm", "card_declined", contains=intent.id)
        self.assertEqual(self.declined(intent.id, "pm_card_visa").code, "card_declined")
        self.assertEqual(self.intents().confirm(intent.id, {"payment_method": "pm_card_visa"}).status, "requires_capture")

    def test_requests_are_recorded(self) -> None:
        intent = self.confirmed()
        records = self.control("GET", f"/_requests?contains={intent.id}")["results"]
        self.assertEqual([(one["method"], one["status"]) for one in records], [("POST", 200)])
        self.assertEqual(records[0]["params"], {"payment_method": "pm_card_visa"})

    # Webhooks

    def test_a_refused_webhook_is_sent_again(self) -> None:
        intent = self.intent()
        self.refuse(lambda event: event["data"]["object"]["id"] == intent.id and not self.receiver.refused)
        self.intents().cancel(intent.id)
        self.expect_events(intent.id, "payment_intent.canceled")
        self.assertEqual(self.receiver.refused, [one["id"] for one in self.events_of(intent.id)])

    def test_webhooks_arrive_in_any_order(self) -> None:
        intent = self.confirmed()

        def is_too_early(event: Any) -> bool:
            is_capture = (event["type"], event["data"]["object"]["id"]) == ("payment_intent.succeeded", intent.id)
            return is_capture and "charge.refunded" not in self.receiver.types_for(intent.id)

        self.refuse(is_too_early)
        self.intents().capture(intent.id)
        self.client.v1.refunds.create({"payment_intent": intent.id})
        self.expect_events(
            intent.id, "payment_intent.amount_capturable_updated", "payment_intent.succeeded", "charge.refunded"
        )

    def test_an_event_can_be_sent_twice(self) -> None:
        intent = self.intents().cancel(self.intent().id)
        self.expect_events(intent.id, "payment_intent.canceled")
        [canceled] = self.events_of(intent.id)
        self.assertEqual(self.control("POST", f"/_events/{canceled['id']}/send"), {"status": 200})
        self.expect_arrivals(intent.id, "payment_intent.canceled", "payment_intent.canceled")

    def test_what_did_not_arrive_in_time_is_said_as_it_is_then(self) -> None:
        came: list[str] = []

        def look() -> list[str]:
            came.append(f"look {len(came)}")
            return list(came)

        with patch.object(sys.modules[__name__], "DEADLINE_SECONDS", 0), self.assertRaises(AssertionError) as caught:
            poll(["something else"], look, "looks")
        self.assertIn("in the end ['look 0']", str(caught.exception))

    def test_forms(self) -> None:
        self.assertEqual(
            parse_form("a=1&metadata[x]=2&metadata[y]=3&expand[]=p&expand[]=q&card[list][0]=z"),
            {"a": "1", "metadata": {"x": "2", "y": "3"}, "expand": ["p", "q"], "card": {"list": ["z"]}},
        )


if __name__ == "__main__":
    unittest.main()
