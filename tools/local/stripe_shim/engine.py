"""localstripe as the shim uses it, and what the shim remembers beside it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp

from .errors import StripeError, invalid_request, no_such_in_url

SHIM_KEY = "sk_test_shim"


class LocalStripe:
    """Calls localstripe. Bodies go as JSON, which it takes as well as forms: only so a field can be set to null."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {SHIM_KEY}"})

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def raw(self, method: str, path: str, params: dict[str, Any] | None = None) -> tuple[int, Any]:
        assert self._session is not None
        async with self._session.request(method, self._base_url + path, json=params) as answer:
            try:
                return answer.status, await answer.json(content_type=None)
            except ValueError:
                return answer.status, {"error": {"type": "api_error", "message": await answer.text()}}

    async def call(self, method: str, path: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer's body; errors are raised in Stripe's shape."""
        status, body = await self.raw(method, path, params)
        if status < 400:
            return body
        raise mended_error(status, body, path)


def mended_error(status: int, body: Any, path: str) -> StripeError:
    error = body.get("error", {}) if isinstance(body, dict) else {}
    if status == 404 and path.startswith("/v1/") and len(path.split("/")) > 3:
        _, _, collection, resource_id, *_ = path.split("?")[0].split("/")
        return no_such_in_url(collection, resource_id)
    if status == 402:
        return StripeError(402, {**error, "type": "card_error"})
    if status >= 500:
        return StripeError(status, {"type": "api_error", "message": error.get("message", "localstripe failed")})
    if status == 400:
        return invalid_request(error.get("message", "Bad request"), error.get("code"))
    return StripeError(status, error)


@dataclass
class IntentNotes:
    """What Stripe keeps of a PaymentIntent and localstripe does not."""

    fields: dict[str, Any] = field(default_factory=dict)
    amount_captured: int | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    last_payment_error: dict[str, Any] | None = None
    return_url: str | None = None


@dataclass
class Memory:
    intents: defaultdict[str, IntentNotes] = field(default_factory=partial(defaultdict, IntentNotes))
    # Real card number of a payment method that localstripe stores under another one, or under its own.
    card_numbers: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Refund that localstripe books for the part of an authorization that was not captured, by charge.
    release_refunds: dict[str, str] = field(default_factory=dict)

    def clear(self) -> None:
        for one in vars(self).values():
            one.clear()

    def update(self, other: Memory) -> None:
        for name, content in vars(self).items():
            content.update(getattr(other, name, {}))


class Locks:
    """One lock per intent: a check and the call that rests on it must not be divided by another call."""

    def __init__(self) -> None:
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def of(self, intent_id: str) -> asyncio.Lock:
        return self._locks[intent_id]
