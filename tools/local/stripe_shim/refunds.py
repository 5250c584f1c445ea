"""Refunds: never above what was captured, each with the charge's event."""

from __future__ import annotations

from typing import Any

from . import errors
from .currencies import check_multiple
from .disputes import WITHDRAWN
from .engine import LocalStripe, Locks, Memory
from .errors import StripeError
from .intents import Intents, amount_of
from .webhooks import Webhooks

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


class Refunds:
    def __init__(self, engine: LocalStripe, memory: Memory, intents: Intents, webhooks: Webhooks, locks: Locks) -> None:
        self._engine = engine
        self._memory = memory
        self._intents = intents
        self._webhooks = webhooks
        self._locks = locks
        # Whether the guests' banks take their time: a refund is pending until `end`.
        self.slow = False

    async def create(self, params: dict[str, Any], key: str | None) -> dict[str, Any]:
        reason = params.get("reason")
        if reason is not None and reason not in REASONS:
            raise errors.invalid_parameter(
                f"Invalid reason: must be one of {', '.join(REASONS)}", "parameter_invalid", "reason"
            )
        intent_id = await self._intent_id_of(params)
        async with self._locks.of(intent_id):
            charge = await self._captured_charge(intent_id)
            disputes = [one for one in self._memory.disputes.values() if one["charge"] == charge["id"]]
            if any(one["status"] in WITHDRAWN for one in disputes):
                raise errors.invalid_request(f"Charge {charge['id']} has been charged back.", "charge_disputed")
            left = charge["amount"] - charge["amount_refunded"]
            if left <= 0:
                raise errors.invalid_request(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
            amount = amount_of(params["amount"], "amount") if "amount" in params else left
            check_multiple(amount, charge["currency"], "amount")
            if amount > left:
                raise errors.invalid_request(
                    f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
                )
            raw = await self._engine.call(
                "POST", "/v1/refunds", {"charge": charge["id"], "amount": amount, "metadata": params.get("metadata") or {}}
            )
            self._memory.refunds[raw["id"]] = {
                "payment_intent": intent_id, "reason": reason, "charge": charge["id"], "amount": amount,
                "status": "pending" if self.slow else "succeeded",
            }
            refund = self.mended(raw)
            self._webhooks.emit("refund.created", refund, key)
            charge_now = await self._intents.charge_of(intent_id)
            assert charge_now is not None
            self._webhooks.emit("charge.refunded", charge_now, key)
            return refund

    async def end(self, refund_id: str, status: str) -> dict[str, Any]:
        """What the guest's bank does with a refund, days later."""
        notes = self._memory.refunds.get(refund_id)
        if notes is None:
            raise errors.no_such_in_url("refunds", refund_id)
        if status not in ("succeeded", "failed"):
            raise errors.invalid_parameter(f"Invalid status: {status}", "parameter_invalid", "status")
        notes["status"] = status
        refund = await self.retrieve(refund_id)
        if status == "failed":
            self._webhooks.emit("refund.failed", refund)
        self._webhooks.emit("refund.updated", refund)
        self._webhooks.emit("charge.refund.updated", refund)
        return refund

    async def retrieve(self, refund_id: str) -> dict[str, Any]:
        return self.mended(await self._engine.call("GET", f"/v1/refunds/{refund_id}"))

    async def list(self, params: dict[str, Any]) -> dict[str, Any]:
        charge_id = params.get("charge")
        if charge_id is None and "payment_intent" in params:
            charge = await self._intents.charge_of(params["payment_intent"])
            if charge is None:
                return {"object": "list", "url": "/v1/refunds", "has_more": False, "data": []}
            charge_id = charge["id"]
        limit = int(params.get("limit", 10))
        # localstripe cuts the list before it filters: take all, filter, cut.
        page = await self._engine.call("GET", "/v1/refunds?limit=1000000" + (f"&charge={charge_id}" if charge_id else ""))
        released = set(self._memory.release_refunds.values())
        data = [self.mended(one) for one in page["data"] if one["id"] not in released]
        return page | {"url": "/v1/refunds", "has_more": len(data) > limit, "data": data[:limit]}

    def mended(self, raw: dict[str, Any]) -> dict[str, Any]:
        notes = self._memory.refunds.get(raw["id"], {})
        return {name: value for name, value in raw.items() if name != "date"} | {
            "payment_intent": notes.get("payment_intent", raw.get("payment_intent")),
            "reason": notes.get("reason"),
            "status": notes.get("status", raw["status"]),
        } | ({"failure_reason": "expired_or_canceled_card"} if notes.get("status") == "failed" else {})

    async def _intent_id_of(self, params: dict[str, Any]) -> str:
        if "payment_intent" in params:
            return str(params["payment_intent"])
        if "charge" not in params:
            raise errors.invalid_parameter(
                "One of the following params should be provided for this request: payment_intent or charge.",
                "parameter_missing", "payment_intent",
            )
        try:
            charge = await self._engine.call("GET", f"/v1/charges/{params['charge']}")
        except StripeError as error:
            raise errors.no_such("charge", params["charge"], "charge") from error
        return str(charge["payment_intent"])

    async def _captured_charge(self, intent_id: str) -> dict[str, Any]:
        try:
            charge = await self._intents.charge_of(intent_id)
        except StripeError as error:
            if error.status == 404:
                raise errors.no_such("payment_intent", intent_id, "payment_intent") from error
            raise
        if charge is None or not charge["captured"]:
            raise errors.invalid_request(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                "payment_intent_unexpected_state",
            )
        return charge
