"""Errors in Stripe's shape (https://docs.stripe.com/api/errors)."""

from __future__ import annotations

from typing import Any

RESOURCES = {"payment_intents": "payment_intent", "payment_methods": "PaymentMethod", "charges": "charge",
             "refunds": "refund", "disputes": "dispute", "webhook_endpoints": "webhook endpoint",
             "customers": "customer", "events": "event"}


class StripeError(Exception):
    """An answer that is an error; `remember` says whether Stripe would repeat it under the same idempotency key."""

    def __init__(self, status: int, error: dict[str, Any], *, remember: bool = True) -> None:
        super().__init__(error.get("message", ""))
        self.status = status
        self.body = {"error": {name: value for name, value in error.items() if value is not None}}
        self.remember = remember


def invalid_request(message: str, code: str | None = None, param: str | None = None, **more: Any) -> StripeError:
    error = {"type": "invalid_request_error", "message": message, "code": code, "param": param} | more
    return StripeError(400, error)


def invalid_parameter(message: str, code: str, param: str) -> StripeError:
    """Refused before anything was executed: not remembered under the key."""
    error = {"type": "invalid_request_error", "message": message, "code": code, "param": param}
    return StripeError(400, error, remember=False)


def missing_parameter(param: str) -> StripeError:
    return invalid_parameter(f"Missing required param: {param}.", "parameter_missing", param)


def no_such(kind: str, resource_id: str, param: str, status: int = 400) -> StripeError:
    error = {"type": "invalid_request_error", "code": "resource_missing", "param": param,
             "message": f"No such {kind}: '{resource_id}'"}
    return StripeError(status, error)


def no_such_in_url(collection: str, resource_id: str) -> StripeError:
    kind = RESOURCES.get(collection, collection)
    param = "intent" if collection == "payment_intents" else "id"
    return no_such(kind, resource_id, param, status=404)


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeError:
    return invalid_request(message, "payment_intent_unexpected_state", payment_intent=intent)


def unauthorized() -> StripeError:
    error = {
        "type": "invalid_request_error",
        "message": "You did not provide an API key. You need to provide your API key in the Authorization header, "
        "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    }
    return StripeError(401, error, remember=False)


def key_ended() -> StripeError:
    error = {"type": "invalid_request_error", "code": "api_key_expired", "message": "Expired API Key provided: sk_test_***"}
    return StripeError(401, error, remember=False)


def provider_failure() -> StripeError:
    return StripeError(500, {"type": "api_error", "message": "An unknown error occurred."})


def rate_limited() -> StripeError:
    error = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests. Try again later."}
    return StripeError(429, error, remember=False)
