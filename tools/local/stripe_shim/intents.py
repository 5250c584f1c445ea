"""PaymentIntents: every call a booking makes, with Stripe's states, fields, errors and events."""

from __future__ import annotations

import asyncio
import operator
import time
from collections.abc import Callable
from typing import Any

from . import errors
from .currencies import check_charge, check_multiple
from .engine import LocalStripe, Locks, Memory
from .errors import StripeError
from .payment_methods import PaymentMethods
from .webhooks import Webhooks

CANCELLATION_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")

# Accepted by Stripe, unknown to localstripe: kept and shown again.
KEPT_FIELDS = (
    "automatic_payment_methods", "confirmation_method", "description", "payment_method_options", "payment_method_types",
    "receipt_email", "setup_future_usage", "shipping", "statement_descriptor", "statement_descriptor_suffix",
    "transfer_group", "application_fee_amount", "on_behalf_of", "transfer_data",
)
# Accepted by Stripe, without a trace in the answer.
IGNORED_FIELDS = (
    "off_session", "error_on_requires_action", "mandate", "mandate_data", "use_stripe_sdk", "radar_options",
    "payment_method_data", "capture_method", "final_capture", "return_url", "client_secret",
)
# The most of one list (Stripe's limit).
LISTED_MAX = 100
# Of localstripe, for one list.
ASKED_AT_ONCE = 26


class Intents:
    def __init__(self, engine: LocalStripe, memory: Memory, methods: PaymentMethods, webhooks: Webhooks, locks: Locks,
                 public_url: str) -> None:
        self._engine = engine
        self._memory = memory
        self._methods = methods
        self._webhooks = webhooks
        self._locks = locks
        self._public_url = public_url

    # Calls

    async def create(self, params: dict[str, Any], key: str | None) -> dict[str, Any]:
        for name in ("amount", "currency"):
            if name not in params:
                raise errors.missing_parameter(name)
        body: dict[str, Any] = {"amount": amount_of(params["amount"], "amount"), "currency": str(params["currency"]).lower()}
        check_charge(body["amount"], body["currency"])
        for name in ("customer", "metadata", "capture_method"):
            if name in params:
                body[name] = params[name]
        if "payment_method" in params:
            body["payment_method"] = await self._methods.resolve(params["payment_method"])
        refuse_unknown(params, ("amount", "currency", "customer", "metadata", "capture_method", "payment_method", "confirm"))
        raw = await self._engine.call("POST", "/v1/payment_intents", body)
        notes = self._memory.intents[raw["id"]]
        notes.fields = {name: params[name] for name in KEPT_FIELDS if name in params}
        self._webhooks.emit("payment_intent.created", self.mended(raw), key)
        if str(params.get("confirm", "false")).lower() == "true":
            confirmation = {"return_url": params["return_url"]} if "return_url" in params else {}
            return await self.confirm(raw["id"], confirmation, key)
        return self.mended(raw)

    async def confirm(self, intent_id: str, params: dict[str, Any], key: str | None, *, force_decline: bool = False) -> dict[str, Any]:
        refuse_unknown(params, ("payment_method",))
        async with self._locks.of(intent_id):
            raw = await self._raw(intent_id)
            if raw["status"] not in CONFIRMABLE:
                raise errors.unexpected_state(
                    f"You cannot confirm this PaymentIntent because it has already {past_of(raw['status'])}.",
                    self.mended(raw),
                )
            given = params.get("payment_method")
            if raw["status"] == "requires_action" and given is None:
                return self.mended(raw)
            chosen = await self._methods.resolve(given) if given is not None else raw["payment_method"]
            if not chosen:
                raise errors.unexpected_state(
                    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update "
                    "the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
                    "payment method or ConfirmationToken.",
                    self.mended(raw),
                )
            if force_decline:
                chosen = await self._methods.declining()
            notes = self._memory.intents[intent_id]
            notes.return_url = params.get("return_url")
            # An earlier charge or authentication is over: localstripe confirms only what looks untouched.
            await self._set(intent_id, payment_method=chosen, latest_charge=None, next_action=None)
            status, body = await self._engine.raw("POST", f"/v1/payment_intents/{intent_id}/confirm", {})
            return await self._after_charge(intent_id, status, body, chosen, key)

    async def authenticate(self, intent_id: str, success: bool, client_secret: str | None, key: str | None) -> dict[str, Any]:
        """What the customer's bank does after the 3-D Secure page; localstripe's own addition to the API."""
        async with self._locks.of(intent_id):
            raw = await self._raw(intent_id)
            if client_secret is not None and client_secret != raw["client_secret"]:
                raise errors.unauthorized()
            if raw["status"] != "requires_action":
                raise errors.unexpected_state(
                    f"This PaymentIntent asks for no authentication: it has a status of {raw['status']}.", self.mended(raw)
                )
            chosen = raw["payment_method"]
            status, body = await self._engine.raw(
                "POST",
                f"/v1/payment_intents/{intent_id}/_authenticate",
                {"client_secret": raw["client_secret"], "success": success},
            )
            if success or status >= 400:
                return await self._after_charge(intent_id, status, body, chosen, key)
            self._memory.intents[intent_id].last_payment_error = {
                "type": "invalid_request_error",
                "code": "payment_intent_authentication_failure",
                "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
                "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a "
                "new PaymentMethod to attempt to fulfill this PaymentIntent again.",
                "payment_method": await self._methods.retrieve(chosen),
            }
            intent = self.mended(await self._raw(intent_id))
            self._webhooks.emit("payment_intent.payment_failed", intent, key)
            return intent

    async def capture(self, intent_id: str, params: dict[str, Any], key: str | None) -> dict[str, Any]:
        refuse_unknown(params, ("amount_to_capture", "metadata"))
        async with self._locks.of(intent_id):
            raw = await self._raw(intent_id)
            if raw["status"] != "requires_capture":
                raise errors.unexpected_state(
                    f"This PaymentIntent could not be captured because it has a status of {raw['status']}. Only a "
                    "PaymentIntent with one of the following statuses may be captured: requires_capture.",
                    self.mended(raw),
                )
            amount = raw["amount"]
            if "amount_to_capture" in params:
                amount = amount_of(params["amount_to_capture"], "amount_to_capture")
            check_multiple(amount, raw["currency"], "amount_to_capture")
            if amount > raw["amount"]:
                raise errors.invalid_request(
                    "The provided amount_to_capture is greater than the remaining authorized amount.",
                    "amount_too_large", "amount_to_capture",
                )
            if params.get("metadata"):
                await self._set(intent_id, metadata=params["metadata"])
            raw = await self._engine.call("POST", f"/v1/payment_intents/{intent_id}/capture", {"amount_to_capture": amount})
            self._memory.intents[intent_id].amount_captured = amount
            if amount < raw["amount"]:
                charge = raw["latest_charge"]
                self._memory.release_refunds[charge["id"]] = charge["refunds"]["data"][0]["id"]
            intent = self.mended(raw)
            self._webhooks.emit("charge.captured", self.mended_charge(raw["latest_charge"]), key)
            self._webhooks.emit("payment_intent.succeeded", intent, key)
            return intent

    async def cancel(self, intent_id: str, params: dict[str, Any], key: str | None) -> dict[str, Any]:
        refuse_unknown(params, ("cancellation_reason",))
        reason = params.get("cancellation_reason")
        if reason is not None and reason not in CANCELLATION_REASONS:
            raise errors.invalid_parameter(
                f"Invalid cancellation_reason: must be one of {', '.join(CANCELLATION_REASONS)}",
                "parameter_invalid", "cancellation_reason",
            )
        async with self._locks.of(intent_id):
            raw = await self._raw(intent_id)
            if raw["status"] not in CANCELABLE:
                raise errors.unexpected_state(
                    f"You cannot cancel this PaymentIntent because it has a status of {raw['status']}. Only a PaymentIntent "
                    f"with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
                    self.mended(raw),
                )
            raw = await self._engine.call("POST", f"/v1/payment_intents/{intent_id}/cancel", {})
            notes = self._memory.intents[intent_id]
            notes.canceled_at = int(time.time())
            notes.cancellation_reason = reason
            intent = self.mended(raw)
            self._webhooks.emit("payment_intent.canceled", intent, key)
            return intent

    async def update(self, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
        changeable = ("amount", "currency", "customer", "metadata", "payment_method")
        refuse_unknown(params, changeable)
        async with self._locks.of(intent_id):
            raw = await self._raw(intent_id)
            changes = {name: params[name] for name in changeable if name in params}
            if "amount" in changes:
                changes["amount"] = amount_of(changes["amount"], "amount")
                check_charge(changes["amount"], changes.get("currency", raw["currency"]))
            if changes.keys() - {"metadata"} and raw["status"] not in CONFIRMABLE:
                raise errors.unexpected_state(
                    f"This PaymentIntent could not be updated because it has a status of {raw['status']}.", self.mended(raw)
                )
            if "payment_method" in changes:
                changes["payment_method"] = await self._methods.resolve(changes["payment_method"])
                changes |= {"latest_charge": None, "next_action": None}
            if changes:
                raw = await self._set(intent_id, **changes)
            self._memory.intents[intent_id].fields |= {name: params[name] for name in KEPT_FIELDS if name in params}
            return self.mended(raw)

    async def make_older(self, intent_id: str, seconds: int) -> dict[str, Any]:
        raw = await self._raw(intent_id)
        self._memory.intents[intent_id].fields["created"] = raw["created"] - seconds
        return self.mended(raw)

    def _shown_created(self, raw: dict[str, Any]) -> int:
        return self._memory.intents[raw["id"]].fields.get("created", raw["created"])

    async def retrieve(self, intent_id: str) -> dict[str, Any]:
        return self.mended(await self._raw(intent_id))

    async def list(self, params: dict[str, Any], with_charges: bool) -> dict[str, Any]:
        """Newest first. localstripe lists oldest first and knows no `created`, and to list all for each page takes it seconds: so
        only those are asked for that may be on the page."""
        for name in params:
            if name not in ("limit", "starting_after", "created", "customer"):
                raise errors.invalid_parameter(f"Received unknown parameter: {name}", "parameter_unknown", name)
        limit = amount_of(params.get("limit", 10), "limit")
        if limit > LISTED_MAX:
            raise errors.invalid_parameter(
                f"Invalid integer: must be at most {LISTED_MAX}", "parameter_invalid_integer", "limit"
            )
        within, too_old = created_within(params.get("created", {}))
        # In the order in which they were made.
        names = list(reversed(self._memory.intents))
        if "starting_after" in params:
            if params["starting_after"] not in self._memory.intents:
                raise errors.invalid_parameter(
                    f"No such payment_intent: '{params['starting_after']}'", "resource_missing", "starting_after"
                )
            names = names[names.index(params["starting_after"]) + 1:]
        found: list[dict[str, Any]] = []
        for first in range(0, len(names), ASKED_AT_ONCE):
            asked = await asyncio.gather(*(self._raw(name) for name in names[first:first + ASKED_AT_ONCE]))
            found += [
                raw for raw in asked
                if within(self._shown_created(raw)) and params.get("customer", raw["customer"]) == raw["customer"]
            ]
            if len(found) > limit or too_old(asked[-1]["created"]):
                break
        return {"object": "list", "url": "/v1/payment_intents", "has_more": len(found) > limit,
                "data": [self._listed(raw, with_charges) for raw in found[:limit]]}

    def _listed(self, raw: dict[str, Any], with_charge: bool) -> dict[str, Any]:
        charge = raw["latest_charge"]
        return self.mended(raw) | ({"latest_charge": self.mended_charge(charge)} if with_charge and charge else {})

    async def charge_of(self, intent_id: str) -> dict[str, Any] | None:
        charge = (await self._raw(intent_id))["latest_charge"]
        return None if charge is None else self.mended_charge(charge)

    # What localstripe answers, turned into what Stripe would

    def mended(self, raw: dict[str, Any]) -> dict[str, Any]:
        notes = self._memory.intents[raw["id"]]
        charge = raw["latest_charge"]
        captured = bool(charge) and charge["captured"] and charge["status"] == "succeeded"
        intent = {name: value for name, value in raw.items() if name not in ("charges", "invoice")}
        return intent | {
            "amount_capturable": raw["amount"] if raw["status"] == "requires_capture" else 0,
            "amount_received": (notes.amount_captured or raw["amount"]) if captured else 0,
            "automatic_payment_methods": None,
            "canceled_at": notes.canceled_at,
            "cancellation_reason": notes.cancellation_reason,
            "confirmation_method": "automatic",
            "description": None,
            "payment_method_types": ["card"],
            "receipt_email": None,
            "statement_descriptor": None,
            **notes.fields,
            "last_payment_error": None if raw["status"] in ("succeeded", "requires_capture") else notes.last_payment_error,
            "latest_charge": charge["id"] if charge else None,
            "next_action": self._next_action(raw),
            "payment_method": raw["payment_method"] or None,
        }

    def mended_charge(self, raw: dict[str, Any]) -> dict[str, Any]:
        notes = self._memory.intents[raw["payment_intent"]] if raw.get("payment_intent") else None
        captured_amount = (notes and notes.amount_captured) or raw["amount"]
        refunds = [one for one in self._memory.refunds.values() if one.get("charge") == raw["id"]]
        # What a bank sends back is not refunded, whatever localstripe has booked.
        returned = sum(one["amount"] for one in refunds if one["status"] == "failed")
        # What the capture of a part has released counts as refunded, as at Stripe.
        refunded = raw["amount_refunded"] - returned
        captured = raw["captured"] and raw["status"] == "succeeded"
        declined = raw["status"] == "failed"
        decline = self._methods.decline_of(raw["payment_method"]) if declined else None
        return {name: value for name, value in raw.items() if name not in ("refunds", "invoice")} | {
            "amount_captured": captured_amount if captured else 0,
            "amount_refunded": refunded,
            "captured": captured,
            "disputed": any(one["charge"] == raw["id"] for one in self._memory.disputes.values()),
            "failure_code": decline.code if decline else None,
            "failure_message": decline.message if decline else None,
            "outcome": {
                "network_status": "declined_by_network" if decline else "approved_by_network",
                "reason": decline.decline_code if decline else None,
                "type": "issuer_declined" if decline else "authorized",
            },
            "refunded": captured and refunded >= raw["amount"],
        }

    def _next_action(self, raw: dict[str, Any]) -> dict[str, Any] | None:
        if not raw["next_action"] or raw["status"] != "requires_action":
            return None
        page = f"{self._public_url}/_3ds/{raw['id']}"
        return_url = self._memory.intents[raw["id"]].return_url
        if return_url is not None:
            return {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url}}
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}

    # Steps

    async def _after_charge(self, intent_id: str, status: int, body: Any, method_id: str, key: str | None) -> dict[str, Any]:
        """Emits what a confirmation or authentication led to; raises the card error when it was declined."""
        if status == 402:
            raise await self._declined(intent_id, method_id, key)
        if status >= 400:
            raise errors.invalid_request(f"localstripe answered {status} to a confirmation: {body}")
        self._memory.intents[intent_id].last_payment_error = None
        intent = self.mended(body)
        match intent["status"]:
            case "requires_action":
                self._webhooks.emit("payment_intent.requires_action", intent, key)
            case "requires_capture":
                self._webhooks.emit("charge.succeeded", self.mended_charge(body["latest_charge"]), key)
                self._webhooks.emit("payment_intent.amount_capturable_updated", intent, key)
            case "succeeded":
                self._webhooks.emit("charge.succeeded", self.mended_charge(body["latest_charge"]), key)
                self._webhooks.emit("payment_intent.succeeded", intent, key)
        return intent

    async def _declined(self, intent_id: str, method_id: str, key: str | None) -> StripeError:
        raw = await self._set(intent_id, payment_method=None)
        charge = raw["latest_charge"]
        decline = self._methods.decline_of(method_id)
        failure = {
            "type": "card_error",
            "code": decline.code,
            "decline_code": decline.decline_code,
            "charge": charge["id"],
            "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
            "message": decline.message,
            "payment_method": await self._methods.retrieve(method_id),
        }
        self._memory.intents[intent_id].last_payment_error = failure
        intent = self.mended(raw)
        self._webhooks.emit("charge.failed", self.mended_charge(charge), key)
        self._webhooks.emit("payment_intent.payment_failed", intent, key)
        return StripeError(402, failure | {"payment_intent": intent})

    async def _raw(self, intent_id: str) -> dict[str, Any]:
        return await self._engine.call("GET", f"/v1/payment_intents/{intent_id}")

    async def _set(self, intent_id: str, **changes: Any) -> dict[str, Any]:
        return await self._engine.call("POST", f"/v1/payment_intents/{intent_id}", changes)


def amount_of(value: Any, param: str) -> int:
    try:
        amount = int(value)
    except (TypeError, ValueError):
        raise errors.invalid_parameter(f"Invalid integer: {value}", "parameter_invalid_integer", param) from None
    if amount < 1:
        raise errors.invalid_parameter(
            "This value must be greater than or equal to 1.", "parameter_invalid_integer", param
        )
    return amount


def created_within(wish: Any) -> tuple[Callable[[int], bool], Callable[[int], bool]]:
    """`created=1700000000`, or `created[gte]=...` with gt, gte, lt, lte: whether a time is within, and whether no earlier one is."""
    bounds = wish if isinstance(wish, dict) else {"gte": wish, "lte": wish}
    compare = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
    try:
        wanted = [(compare[name], int(bound)) for name, bound in bounds.items()]
    except (KeyError, ValueError):
        raise errors.invalid_parameter("Invalid created", "parameter_invalid_integer", "created") from None
    lower = [bound for holds, bound in wanted if holds in (operator.gt, operator.ge)]
    return (
        lambda created: all(holds(created, bound) for holds, bound in wanted),
        lambda created: any(created < bound for bound in lower),
    )


def refuse_unknown(params: dict[str, Any], known: tuple[str, ...]) -> None:
    for name in params:
        if name not in known and name not in KEPT_FIELDS and name not in IGNORED_FIELDS:
            raise errors.invalid_parameter(f"Received unknown parameter: {name}", "parameter_unknown", name)


def past_of(status: str) -> str:
    match status:
        case "succeeded":
            return "succeeded after being previously confirmed"
        case "requires_capture":
            return "been confirmed and awaits its capture"
        case "canceled":
            return "been canceled"
        case _:
            return f"a status of {status}"
