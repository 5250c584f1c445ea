"""Events and their delivery: signed as Stripe signs (https://docs.stripe.com/webhooks), repeated until answered 2xx."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from pathlib import Path
from typing import Any

import aiohttp
import stripe

ADAPTER = Path(__file__).resolve().parents[3] / "shared/adapters-stripe/src"
API_VERSION = (ADAPTER / "api_version.txt").read_text().strip()
# What the application subscribes to, and one kind more, as in an account whose endpoint was made by hand.
DELIVERED_TYPES = {*(ADAPTER / "webhook_kinds.txt").read_text().split(), "payment_intent.requires_action"}
RETRY_SECONDS = (0.5, 1, 2, 4, 8, 16)
FIRST_DELAY_SECONDS = 0.05
EVENTS_MAX = 10_000

log = logging.getLogger("stripe.webhooks")


def signature_header(payload: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` of a payload, made by Stripe's own package."""
    return stripe.WebhookSignature.generate_signature_header(payload.decode(), secret, timestamp=timestamp)


class Webhooks:
    def __init__(self, secret: str) -> None:
        self.url: str | None = None
        self.secret = secret
        self.paused = False
        self.events: dict[str, dict[str, Any]] = {}
        self.deliveries: dict[str, list[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def emit(self, event_type: str, subject: dict[str, Any], idempotency_key: str | None = None) -> dict[str, Any]:
        """Records the event and sends it, unless Stripe's endpoint would not be subscribed to its type."""
        event = {
            "id": "evt_" + secrets.token_hex(12),
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "type": event_type,
            "data": {"object": subject},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": idempotency_key},
        }
        if len(self.events) >= EVENTS_MAX:
            oldest = next(iter(self.events))
            del self.events[oldest]
            self.deliveries.pop(oldest, None)
        self.events[event["id"]] = event
        if event_type in DELIVERED_TYPES and not self.paused:
            self._spawn(self._deliver_until_taken(event))
        return event

    async def send_once(self, event_id: str) -> int | None:
        """Sends one event (again), whatever its type; the status of the answer, None when there was none."""
        return await self._deliver(self.events[event_id])

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_until_taken(self, event: dict[str, Any]) -> None:
        await asyncio.sleep(FIRST_DELAY_SECONDS)
        for wait_seconds in (*RETRY_SECONDS, None):
            status = await self._deliver(event)
            if status is not None and 200 <= status < 300:
                return
            if wait_seconds is None or self.url is None:
                log.warning("%s %s was not taken (last answer: %s)", event["type"], event["id"], status)
                return
            await asyncio.sleep(wait_seconds)

    async def _deliver(self, event: dict[str, Any]) -> int | None:
        if self.url is None:
            return None
        payload = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature_header(payload, self.secret, int(time.time())),
        }
        try:
            timeout = aiohttp.ClientTimeout(total=20)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                async with session.post(self.url, data=payload, headers=headers) as answer:
                    status: int | None = answer.status
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            log.info("%s %s: %s", event["type"], event["id"], error)
            status = None
        self.deliveries.setdefault(event["id"], []).append({"at": time.time(), "status": status})
        return status

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
