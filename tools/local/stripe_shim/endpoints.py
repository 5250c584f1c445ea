"""Webhook endpoints, as a deployment registers them (https://docs.stripe.com/api/webhook_endpoints). The shim itself sends to the one
URL that `/_config` names, whatever is registered."""

from __future__ import annotations

import secrets
from typing import Any

from . import errors
from .engine import Memory


class Endpoints:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        for name in ("url", "enabled_events"):
            if name not in params:
                raise errors.missing_parameter(name)
        endpoint = {
            "id": "we_" + secrets.token_hex(12), "object": "webhook_endpoint", "url": params["url"], "status": "enabled",
            "enabled_events": list(params["enabled_events"]), "api_version": params.get("api_version"),
            "description": params.get("description"),
        }
        self._memory.endpoints[endpoint["id"]] = endpoint
        # Only this answer has the secret.
        return endpoint | {"secret": "whsec_" + secrets.token_hex(16)}

    def update(self, endpoint_id: str, params: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._memory.endpoints.get(endpoint_id)
        if endpoint is None:
            raise errors.no_such_in_url("webhook_endpoints", endpoint_id)
        endpoint |= {name: params[name] for name in ("url", "enabled_events") if name in params}
        if "disabled" in params:
            endpoint["status"] = "disabled" if params["disabled"] == "true" else "enabled"
        return dict(endpoint)

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        names = list(reversed(self._memory.endpoints))
        if "starting_after" in params:
            names = names[names.index(params["starting_after"]) + 1:]
        limit = int(params.get("limit", 10))
        data = [dict(self._memory.endpoints[name]) for name in names[:limit]]
        return {"object": "list", "url": "/v1/webhook_endpoints", "has_more": len(names) > limit, "data": data}
