"""Faults that a test orders for the next matching calls.

kind          | what happens
--------------|--------------------------------------------------------------------------------------------------
before_500    | 500 without any effect; not remembered under the idempotency key
error_500     | the effect happens, the answer is 500; as at Stripe, the same key repeats the 500
lose_answer   | the effect happens, the connection is closed without an answer
lose_request  | the connection is closed without any effect
timeout       | the effect happens, the answer comes only after `delaySeconds` (60)
card_declined | confirm: the card is declined; any other call: 402 without effect
rate_limit    | 429 without effect
key_ended     | 401 without effect, to calls with the API key `apiKey`: it was rolled, and is over

Any kind but `timeout` may carry `delaySeconds` too: the wait before its answer or its closing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

KINDS = ("before_500", "error_500", "lose_answer", "lose_request", "timeout", "card_declined", "rate_limit", "key_ended")
TIMEOUT_SECONDS_DEFAULT = 60.0


@dataclass
class Fault:
    pattern: re.Pattern[str]
    match: str
    kind: str
    contains: str
    times_left: int
    delay_seconds: float
    api_key: str


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, wish: dict[str, Any]) -> None:
        """Takes `match` ("POST /v1/payment_intents/*/confirm", `*` is one segment), `kind`, and if wanted `times` (1),
        `delaySeconds`, `contains` (a text in the path, the body or the idempotency key, so that tests beside each other
        do not meet each other's faults), `apiKey` (of the caller). Raises ValueError."""
        kind, match = wish.get("kind"), wish.get("match")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if not isinstance(match, str) or " " not in match:
            raise ValueError('match must look like "POST /v1/payment_intents/*/confirm"')
        pattern = re.compile("[^/ ]+".join(re.escape(part) for part in match.split("*")))
        delay_default = TIMEOUT_SECONDS_DEFAULT if kind == "timeout" else 0.0
        self._faults.append(
            Fault(
                pattern, match, kind, str(wish.get("contains", "")), int(wish.get("times", 1)),
                float(wish.get("delaySeconds", delay_default)), str(wish.get("apiKey", "")),
            )
        )

    def take(self, call: str, text: str, authorization: str) -> Fault | None:
        """The first fault that matches this call, used up once."""
        for fault in self._faults:
            is_of_caller = not fault.api_key or authorization == f"Bearer {fault.api_key}"
            if fault.pattern.fullmatch(call) and fault.contains in text and is_of_caller:
                fault.times_left -= 1
                if fault.times_left <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {"match": one.match, "kind": one.kind, "contains": one.contains, "times": one.times_left}
            for one in self._faults
        ]
