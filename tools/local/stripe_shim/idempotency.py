"""Idempotent requests as Stripe defines them (https://docs.stripe.com/api/idempotent_requests).

The answer of the first request that was executed is kept for 24 hours and repeated, errors included (also a 500).
What was refused before execution (parameters, authentication, rate limit, a key in use) is not kept.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from .errors import StripeError

KEPT_SECONDS = 24 * 3600
KEY_LENGTH_MAX = 255


@dataclass
class Entry:
    fingerprint: str
    expires_at: float
    answer: tuple[int, dict[str, Any]] | None = None


class IdempotencyKeys:
    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}

    def begin(self, account: str, key: str, path: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """The stored answer to repeat, or None: the caller executes the request and then calls `finish` or `forget`."""
        if len(key) > KEY_LENGTH_MAX:
            raise self._error(400, f"Idempotency-Key is longer than {KEY_LENGTH_MAX} characters.")
        now = time.time()
        fingerprint = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
        entry = self._entries.get((account, key))
        if entry is None or entry.expires_at <= now:
            self._entries[account, key] = Entry(fingerprint, now + KEPT_SECONDS)
            return None
        if entry.fingerprint != fingerprint:
            raise self._error(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
            )
        if entry.answer is None:
            raise self._error(
                409,
                "There is currently another in-progress request using this Idempotency-Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}.",
                "idempotency_key_in_use",
            )
        return entry.answer

    def finish(self, account: str, key: str, answer: tuple[int, dict[str, Any]]) -> None:
        self._entries[account, key].answer = answer

    def forget(self, account: str, key: str) -> None:
        self._entries.pop((account, key), None)

    def clear(self) -> None:
        self._entries.clear()

    def finished(self) -> dict[tuple[str, str], Entry]:
        """What is worth saving: after a restart nothing unfinished runs any more."""
        return {name: entry for name, entry in self._entries.items() if entry.answer is not None}

    def load(self, entries: dict[tuple[str, str], Entry]) -> None:
        self._entries.update(entries)

    @staticmethod
    def _error(status: int, message: str, code: str | None = None) -> StripeError:
        return StripeError(status, {"type": "idempotency_error", "message": message, "code": code}, remember=False)
