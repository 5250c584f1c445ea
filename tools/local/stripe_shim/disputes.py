"""Disputes, which the card's bank opens and ends: `POST /_dispute/{intent}` is that bank. (https://docs.stripe.com/api/disputes)

An inquiry (`warning_...`) takes no money. When it becomes a chargeback it is the same dispute, of which nothing is created.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from . import errors
from .engine import Locks, Memory
from .intents import Intents
from .webhooks import Webhooks

INQUIRY = ("warning_needs_response", "warning_under_review")
OPEN = ("needs_response", "under_review")
ENDED = ("won", "lost", "warning_closed")
# Such a dispute has the money, or will have it: nothing of it can be refunded.
WITHDRAWN = (*OPEN, "lost")


class Disputes:
    def __init__(self, memory: Memory, intents: Intents, webhooks: Webhooks, locks: Locks) -> None:
        self._memory = memory
        self._intents = intents
        self._webhooks = webhooks
        self._locks = locks

    async def set(self, intent_id: str, status: str, amount: int | None = None) -> dict[str, Any]:
        """Opens a dispute of a captured payment, of all of it or of an amount; or changes the one that has not ended."""
        if status not in INQUIRY + OPEN + ENDED:
            raise errors.invalid_parameter(f"Invalid status: {status}", "parameter_invalid", "status")
        async with self._locks.of(intent_id):
            charge = await self._intents.charge_of(intent_id)
            if charge is None or not charge["captured"]:
                raise errors.invalid_request(f"The payment {intent_id} has not been captured.")
            known = next((one for one in self._of(intent_id) if one["status"] not in ENDED), None)
            if known is None:
                known = {
                    "id": "du_" + secrets.token_hex(12), "object": "dispute", "amount": amount or charge["amount_captured"],
                    "charge": charge["id"], "created": int(time.time()), "currency": charge["currency"],
                    "payment_intent": intent_id, "reason": "fraudulent",
                    "status": status if status in INQUIRY else "needs_response",
                }
                self._memory.disputes[known["id"]] = known
                self._webhooks.emit("charge.dispute.created", dict(known))
                if known["status"] not in INQUIRY:
                    self._webhooks.emit("charge.dispute.funds_withdrawn", dict(known))
            if status != known["status"]:
                was_inquiry = known["status"] in INQUIRY
                known["status"] = status
                self._webhooks.emit("charge.dispute.closed" if status in ENDED else "charge.dispute.updated", dict(known))
                if was_inquiry and status in WITHDRAWN:
                    self._webhooks.emit("charge.dispute.funds_withdrawn", dict(known))
            return dict(known)

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        data = list(reversed(self._of(params["payment_intent"]) if "payment_intent" in params else [*self._memory.disputes.values()]))
        limit = int(params.get("limit", 10))
        return {"object": "list", "url": "/v1/disputes", "has_more": len(data) > limit, "data": data[:limit]}

    def _of(self, intent_id: str) -> list[dict[str, Any]]:
        return [one for one in self._memory.disputes.values() if one["payment_intent"] == intent_id]
