"""The shim's HTTP server: routes, keys, faults, records, and what tests may ask of it.

Without a key, for tests and for people:
POST   /_config               {"webhookUrl", "webhookSecret", "webhooksPaused", "refundsSlow"}: each may be left out
GET    /_config               what is set
POST   /_fault                orders a fault for the next matching calls (faults.py); DELETE forgets all
GET    /_requests             calls to /v1 so far, oldest first; `?contains=text` filters; DELETE forgets them
GET    /_events               events with their deliveries; `?contains=text` filters (an intent's id, say)
POST   /_events/{id}/send     sends an event (again): duplicates, late and out-of-order arrivals
POST   /_sign                 {"payload", "secret", "at"}: the Stripe-Signature of it, for events a test sends itself
POST   /_refund/{id}          {"status": "succeeded" | "failed"}: what the guest's bank does with a refund
POST   /_dispute/{intent}     {"status": "warning_needs_response" | "needs_response" | "won" | "lost", "amount": 900}: opens an inquiry or
                              a dispute, of an amount or of all, makes one of the other, or ends it
POST   /_age/{intent}         {"seconds"}: shows it as so much older than it is
GET    /_3ds/{intent}         the bank's page; POST success=true|false decides
DELETE /_config/data          forgets everything, as in localstripe
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import logging
import pickle
import secrets
import time
from collections import deque
from pathlib import Path
from typing import Any

from aiohttp import web

from . import errors
from .disputes import Disputes
from .endpoints import Endpoints
from .engine import LocalStripe, Locks, Memory
from .errors import StripeError
from .faults import Fault, Faults
from .forms import parse_form
from .idempotency import IdempotencyKeys
from .intents import Intents
from .payment_methods import PaymentMethods
from .refunds import Refunds
from .webhooks import API_VERSION, Webhooks, signature_header

RECORDS_MAX = 10_000
Answer = tuple[int, dict[str, Any]]

log = logging.getLogger("stripe.shim")


class Shim:
    def __init__(self, localstripe_url: str, public_url: str, webhook_secret: str, state_file: Path | None = None) -> None:
        self._state_file = state_file
        self._engine = LocalStripe(localstripe_url)
        self._memory = Memory()
        self._keys = IdempotencyKeys()
        self._faults = Faults()
        self._webhooks = Webhooks(webhook_secret)
        self._records: deque[dict[str, Any]] = deque(maxlen=RECORDS_MAX)
        locks = Locks()
        self._methods = PaymentMethods(self._engine, self._memory)
        self._intents = Intents(self._engine, self._memory, self._methods, self._webhooks, locks, public_url)
        self._refunds = Refunds(self._engine, self._memory, self._intents, self._webhooks, locks)
        self._disputes = Disputes(self._memory, self._intents, self._webhooks, locks)
        self._endpoints = Endpoints(self._memory)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/_config", self.show_config)
        app.router.add_post("/_config", self.set_config)
        app.router.add_delete("/_config/data", self.forget_everything)
        app.router.add_get("/_fault", self.show_faults)
        app.router.add_post("/_fault", self.add_fault)
        app.router.add_delete("/_fault", self.forget_faults)
        app.router.add_get("/_requests", self.show_requests)
        app.router.add_delete("/_requests", self.forget_requests)
        app.router.add_get("/_events", self.show_events)
        app.router.add_post("/_events/{id}/send", self.send_event)
        app.router.add_post("/_sign", self.sign)
        app.router.add_post("/_refund/{id}", self.end_refund)
        app.router.add_post("/_dispute/{id}", self.set_dispute)
        app.router.add_post("/_age/{id}", self.make_older)
        app.router.add_get("/_3ds/{id}", self.bank_page)
        app.router.add_post("/_3ds/{id}", self.bank_decision)
        app.router.add_route("*", "/{path:.*}", self.api)
        app.on_startup.append(self._open)
        app.on_cleanup.append(self._close)
        return app

    # The API

    async def api(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        call = f"{request.method} {request.path}"
        fault = self._faults.take(call, f"{request.path_qs}\n{text}\n{key or ''}", request.headers.get("Authorization", ""))
        record = {"at": time.time(), "method": request.method, "path": request.path, "query": request.query_string,
                  "params": parse_form(text), "idempotencyKey": key, "fault": fault.kind if fault else None}
        self._records.append(record)
        if fault is not None and fault.kind == "lose_request":
            await asyncio.sleep(fault.delay_seconds)
            return hang_up(request)
        status, body, replayed = await self._answer(request, text, key, fault)
        record |= {"status": status, "replayed": replayed}
        if fault is not None:
            await asyncio.sleep(fault.delay_seconds)
            if fault.kind == "lose_answer":
                return hang_up(request)
        headers = {"Request-Id": "req_" + secrets.token_hex(7), "Stripe-Version": API_VERSION}
        if key is not None:
            headers["Idempotency-Key"] = key
        if replayed:
            headers["Idempotent-Replayed"] = "true"
        return web.Response(text=json.dumps(body, indent=2) + "\n", status=status, content_type="application/json", headers=headers)

    async def _answer(self, request: web.Request, text: str, key: str | None, fault: Fault | None) -> tuple[int, dict[str, Any], bool]:
        """Status, body, and whether it is the repetition of an earlier answer."""
        try:
            # A key that was rolled is one of the same account.
            account = "live" if "_live_" in api_key_of(request, text) else "test"
            if fault is not None and fault.kind == "before_500":
                raise StripeError(500, errors.provider_failure().body["error"], remember=False)
            if fault is not None and fault.kind == "rate_limit":
                raise errors.rate_limited()
            if fault is not None and fault.kind == "key_ended":
                raise errors.key_ended()
            params = parse_form(text if request.method == "POST" else request.query_string)
            params.pop("key", None)
            if key is None:
                return *await self._execute(request, params, key, fault), False
            stored = self._keys.begin(account, key, request.path, params)
            if stored is not None:
                return *stored, True
            return *await self._execute_once(account, key, request, params, fault), False
        except StripeError as error:
            return error.status, error.body, False

    async def _execute_once(self, account: str, key: str, request: web.Request, params: dict[str, Any], fault: Fault | None) -> Answer:
        remembered: Answer | None = None
        try:
            remembered = await self._execute(request, params, key, fault)
            return remembered
        except StripeError as error:
            if error.remember:
                remembered = (error.status, error.body)
            raise
        finally:
            if remembered is not None:
                self._keys.finish(account, key, remembered)
            else:
                self._keys.forget(account, key)

    async def _execute(self, request: web.Request, params: dict[str, Any], key: str | None, fault: Fault | None) -> Answer:
        decline = fault is not None and fault.kind == "card_declined"
        if decline and not request.path.endswith("/confirm"):
            raise StripeError(402, {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline",
                                    "message": "Your card was declined."})
        expand = params.pop("expand", [])
        try:
            body = await self._dispatch(request, params, key, decline, expand)
        except StripeError:
            raise
        except Exception as error:
            log.exception("%s %s", request.method, request.path)
            raise errors.provider_failure() from error
        if fault is not None and fault.kind == "error_500":
            raise errors.provider_failure()
        if any(one in ("latest_charge", "latest_charge.refunds") for one in expand) and body.get("latest_charge"):
            charge = await self._intents.charge_of(body["id"])
            if "latest_charge.refunds" in expand and charge is not None:
                charge = charge | {"refunds": await self._refunds.list({"charge": charge["id"]})}
            body = body | {"latest_charge": charge}
        return 200, body

    async def _dispatch(self, request: web.Request, params: dict[str, Any], key: str | None, decline: bool,
                        expand: list[str]) -> dict[str, Any]:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["v1", "payment_intents"]:
                return await self._intents.create(params, key)
            case "GET", ["v1", "payment_intents"]:
                return await self._intents.list(params, with_charges="data.latest_charge" in expand)
            case "GET", ["v1", "payment_intents", intent_id]:
                return await self._intents.retrieve(intent_id)
            case "POST", ["v1", "payment_intents", intent_id]:
                return await self._intents.update(intent_id, params)
            case "POST", ["v1", "payment_intents", intent_id, "confirm"]:
                return await self._intents.confirm(intent_id, params, key, force_decline=decline)
            case "POST", ["v1", "payment_intents", intent_id, "capture"]:
                return await self._intents.capture(intent_id, params, key)
            case "POST", ["v1", "payment_intents", intent_id, "cancel"]:
                return await self._intents.cancel(intent_id, params, key)
            case "POST", ["v1", "payment_intents", intent_id, "_authenticate"]:
                success = str(params.get("success", "false")).lower() == "true"
                return await self._intents.authenticate(intent_id, success, params.get("client_secret", ""), key)
            case "POST", ["v1", "payment_methods"]:
                return await self._methods.create(params)
            case "GET", ["v1", "payment_methods", method_id]:
                return await self._methods.retrieve(method_id)
            case "POST", ["v1", "refunds"]:
                return await self._refunds.create(params, key)
            case "GET", ["v1", "refunds"]:
                return await self._refunds.list(params)
            case "GET", ["v1", "refunds", refund_id]:
                return await self._refunds.retrieve(refund_id)
            case "GET", ["v1", "disputes"]:
                return self._disputes.list(params)
            case "GET", ["v1", "webhook_endpoints"]:
                return self._endpoints.list(params)
            case "POST", ["v1", "webhook_endpoints"]:
                return self._endpoints.create(params)
            case "POST", ["v1", "webhook_endpoints", endpoint_id]:
                return self._endpoints.update(endpoint_id, params)
            case "GET", ["v1", "charges", charge_id]:
                return self._intents.mended_charge(await self._engine.call("GET", f"/v1/charges/{charge_id}"))
            case "GET", ["v1", "events"]:
                newest_first = list(reversed(self._webhooks.events.values()))
                return {"object": "list", "url": "/v1/events", "has_more": False, "data": newest_first}
            case "GET", ["v1", "events", event_id]:
                if event_id not in self._webhooks.events:
                    raise errors.no_such_in_url("events", event_id)
                return self._webhooks.events[event_id]
            case _:
                return await self._engine.call(request.method, request.path_qs, params if request.method == "POST" else None)

    # For tests and people

    async def show_config(self, _request: web.Request) -> web.Response:
        return web.json_response({"webhookUrl": self._webhooks.url, "webhooksPaused": self._webhooks.paused})

    async def set_config(self, request: web.Request) -> web.Response:
        wish = await request.json()
        if "webhookUrl" in wish:
            self._webhooks.url = wish["webhookUrl"]
        if "webhookSecret" in wish:
            self._webhooks.secret = wish["webhookSecret"]
        if "webhooksPaused" in wish:
            self._webhooks.paused = bool(wish["webhooksPaused"])
        if "refundsSlow" in wish:
            self._refunds.slow = bool(wish["refundsSlow"])
        return await self.show_config(request)

    async def forget_everything(self, _request: web.Request) -> web.Response:
        await self._engine.raw("DELETE", "/_config/data")
        self._memory.clear()
        self._keys.clear()
        self._faults.clear()
        self._records.clear()
        self._webhooks.events.clear()
        self._webhooks.deliveries.clear()
        return web.Response(status=204)

    async def show_faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"results": self._faults.as_json()})

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            self._faults.add(await request.json())
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.Response(status=204)

    async def forget_faults(self, _request: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response(status=204)

    async def show_requests(self, request: web.Request) -> web.Response:
        return web.json_response({"results": [one for one in self._records if wanted(request, one)]})

    async def forget_requests(self, _request: web.Request) -> web.Response:
        self._records.clear()
        return web.Response(status=204)

    async def show_events(self, request: web.Request) -> web.Response:
        events = [
            event | {"deliveries": self._webhooks.deliveries.get(event["id"], [])}
            for event in self._webhooks.events.values()
        ]
        return web.json_response({"results": [one for one in events if wanted(request, one)]})

    async def send_event(self, request: web.Request) -> web.Response:
        event_id = request.match_info["id"]
        if event_id not in self._webhooks.events:
            return web.json_response({"error": f"no event {event_id}"}, status=404)
        return web.json_response({"status": await self._webhooks.send_once(event_id)})

    async def sign(self, request: web.Request) -> web.Response:
        wish = await request.json()
        header = signature_header(wish["payload"].encode(), wish["secret"], wish["at"])
        return web.json_response({"header": header})

    async def end_refund(self, request: web.Request) -> web.Response:
        wish = await request.json()
        try:
            return web.json_response(await self._refunds.end(request.match_info["id"], str(wish.get("status"))))
        except StripeError as error:
            return web.json_response(error.body, status=error.status)

    async def set_dispute(self, request: web.Request) -> web.Response:
        wish = await request.json()
        try:
            return web.json_response(await self._disputes.set(request.match_info["id"], str(wish.get("status")), wish.get("amount")))
        except StripeError as error:
            return web.json_response(error.body, status=error.status)

    async def make_older(self, request: web.Request) -> web.Response:
        wish = await request.json()
        try:
            return web.json_response(await self._intents.make_older(request.match_info["id"], int(wish["seconds"])))
        except StripeError as error:
            return web.json_response(error.body, status=error.status)

    async def bank_page(self, request: web.Request) -> web.Response:
        intent_id = html.escape(request.match_info["id"])
        page = f"""<!doctype html><title>Test bank</title>
<h1>Test bank</h1><p>Payment {intent_id} asks for your consent.</p>
<form method="post"><button name="success" value="true">Complete</button>
<button name="success" value="false">Fail</button></form>"""
        return web.Response(text=page, content_type="text/html")

    async def bank_decision(self, request: web.Request) -> web.Response:
        form = await request.post()
        try:
            intent = await self._intents.authenticate(request.match_info["id"], form.get("success") == "true", None, None)
        except StripeError as error:
            return web.json_response(error.body, status=error.status)
        return web.json_response({"id": intent["id"], "status": intent["status"]})

    # State

    async def _open(self, _app: web.Application) -> None:
        await self._engine.open()
        if self._state_file is None or not self._state_file.exists():
            return
        saved = pickle.loads(self._state_file.read_bytes())
        self._memory.update(saved["memory"])
        self._keys.load(saved["keys"])
        self._webhooks.url = saved["webhookUrl"]
        self._webhooks.events.update(saved["events"])

    async def _close(self, _app: web.Application) -> None:
        await self._webhooks.close()
        await self._engine.close()
        if self._state_file is not None:
            self._state_file.parent.mkdir(parents=True, exist_ok=True)
            state = {"memory": self._memory, "keys": self._keys.finished(), "webhookUrl": self._webhooks.url,
                     "events": self._webhooks.events}
            self._state_file.write_bytes(pickle.dumps(state))


def api_key_of(request: web.Request, text: str) -> str:
    """The secret key (Bearer or Basic), or a publishable key where Stripe's browser code may use one."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        try:
            value = base64.b64decode(value).decode().partition(":")[0]
        except ValueError:
            value = ""
    if scheme in ("Bearer", "Basic") and value.startswith("sk_") and len(value) > 5:
        return value
    publishable = str(parse_form(text).get("key", ""))
    if request.path.endswith("/_authenticate") and publishable.startswith("pk_"):
        return publishable
    raise errors.unauthorized()


def wanted(request: web.Request, one: dict[str, Any]) -> bool:
    return request.query.get("contains", "") in json.dumps(one)


def hang_up(request: web.Request) -> web.StreamResponse:
    """Closes the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
