"""Records which AWS calls the deployed functions make: each function, action, resource and kind of item once.

It listens where the local stack decides about policies (function_policies.py), so that the parts of a transaction and the tables of
a batch are calls of their own, with the partition keys that each names. `policy_check.py` holds the record against the roles of
the AWS template.

What is recorded depends on nothing that a function says of itself: its name is that of the session of its role.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Where MiniStack's launcher is told the file; it takes the variable away, since functions inherit the rest.
FILE_VARIABLE = "RECORDED_CALLS_FILE"


@dataclass(frozen=True)
class Call:
    function: str
    # As IAM has it: `dynamodb:GetItem`.
    action: str
    # ARN.
    resource: str
    # Partition keys that the request names; one of each kind.
    leading_keys: tuple[str, ...] = ()


def one_of_each_kind(keys: Iterable[str]) -> tuple[str, ...]:
    """Of keys that begin alike up to `#`, the first: there are as many bookings as tests make, and one of them shows the grant."""
    kinds: dict[str, str] = {}
    for key in sorted(keys):
        kinds.setdefault(key.partition("#")[0], key)
    return tuple(kinds.values())


class Recorder:
    """Appends to a file what it has not seen since the file was begun."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: set[tuple] = set()

    def note(self, function: str, action: str, resource: str, leading_keys: Iterable[str]) -> None:
        call = Call(function, action, resource, one_of_each_kind(leading_keys))
        kinds = tuple(key.partition("#")[0] for key in call.leading_keys)
        with self._lock:
            # Who wants a record takes the one before away.
            if not self._path.exists():
                self._seen.clear()
            seen = (function, action, resource, kinds)
            if seen not in self._seen:
                with self._path.open("a") as file:
                    file.write(json.dumps(vars(call)) + "\n")
                self._seen.add(seen)


def read(path: Path) -> list[Call]:
    """The record; each call once, however many emulators wrote it."""
    lines = path.read_text().splitlines() if path.exists() else []
    calls = {}
    for line in lines:
        fields = json.loads(line)
        calls[Call(**fields | {"leading_keys": tuple(fields["leading_keys"])})] = None
    return list(calls)


def record_calls(path: Path) -> None:
    """Records what MiniStack decides about for sessions of roles. Last among the mends: it sees the keys that they add."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id

    recorder = Recorder(path)
    enforce = iam_evaluator.enforce
    functions: dict[str, str] = {}

    def function_of(access_key_id: str) -> str:
        if access_key_id not in functions:
            principal = iam_evaluator.resolve_principal(access_key_id, get_account_id())
            arn = getattr(principal, "arn", "")
            functions[access_key_id] = arn.rpartition("/")[2] if ":assumed-role/" in arn else ""
        return functions[access_key_id]

    def enforce_and_record(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        if access_key_id and not iam_evaluator.is_root_access_key(access_key_id) and (function := function_of(access_key_id)):
            recorder.note(function, iam_action, str(resource_arn), leading_keys_of(resource_arn, service_context))
        return enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)

    iam_evaluator.enforce = enforce_and_record


def leading_keys_of(resource_arn: str, service_context: dict | None) -> Iterable[str]:
    """Those of a part of a transaction, or of the whole request."""
    own = getattr(resource_arn, "leading_keys", None)
    return own if own is not None else (service_context or {}).get("dynamodb:LeadingKeys", ())
