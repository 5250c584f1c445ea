"""Payment methods: Stripe's named test cards, and the real number behind what localstripe stores."""

from __future__ import annotations

from typing import Any

from . import cards
from .engine import LocalStripe, Memory
from .errors import StripeError, no_such


class PaymentMethods:
    def __init__(self, engine: LocalStripe, memory: Memory) -> None:
        self._engine = engine
        self._memory = memory

    async def create(self, params: dict[str, Any]) -> dict[str, Any]:
        card = params.get("card")
        if params.get("type", "card") != "card" or not isinstance(card, dict) or "number" not in card:
            return await self._engine.call("POST", "/v1/payment_methods", params)
        number = str(card["number"]).replace(" ", "")
        stored = {
            "number": cards.stored_number(number),
            "exp_month": card.get("exp_month", 12),
            "exp_year": card.get("exp_year", 2034),
            "cvc": str(card.get("cvc", "123"))[:3],
        }
        passed_on = {name: params[name] for name in ("billing_details", "metadata") if name in params}
        raw = await self._engine.call("POST", "/v1/payment_methods", {"type": "card", "card": stored, **passed_on})
        self._memory.card_numbers[raw["id"]] = number
        return self.mended(raw)

    async def retrieve(self, method_id: str) -> dict[str, Any]:
        if method_id in cards.NAMED:
            return await self.create({"type": "card", "card": {"number": cards.NAMED[method_id]}})
        return self.mended(await self._engine.call("GET", f"/v1/payment_methods/{method_id}"))

    async def resolve(self, method_id: str) -> str:
        """The id to store: of a new card when a named test card is given, else the one given, if it exists."""
        try:
            return (await self.retrieve(method_id))["id"]
        except StripeError as error:
            if error.status == 404:
                raise no_such("PaymentMethod", method_id, "payment_method") from error
            raise

    async def declining(self) -> str:
        """A new card that declines, for a fault that a test has ordered."""
        return await self.resolve("pm_card_chargeDeclined")

    def decline_of(self, method_id: str) -> cards.Decline:
        return cards.decline_of(self._memory.card_numbers.get(method_id, ""))

    def mended(self, raw: dict[str, Any]) -> dict[str, Any]:
        number = self._memory.card_numbers.get(raw.get("id", ""))
        if number is None or "card" not in raw:
            return raw
        card = raw["card"] | {"last4": number[-4:], "brand": cards.brand_of(number), "display_brand": cards.brand_of(number)}
        return raw | {"card": card}
