"""`make restore-drill`: takes the running local stack back to a point in time, as docs/runbook.md says for AWS, and shows what comes out.

What it does to the tables is done by the program that an operator runs on AWS (tools/restore-tables). The emulator restores a table as it
is now only: so it is asked at the point in time itself. Payments are made to look older than they are, because reconciliation leaves
young ones alone. Run it while nobody else uses the stack: what was written meanwhile is taken back too.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import aws
import build
import config
import deploy
import reconcile
from commands import tool_env
from console import Stop, say, step, wait_until

TABLES = ("LEDGER_TABLE", "HOLDS_TABLE", "CONFIDENTIAL_TABLE")
# What a step may take on a busy machine.
SECONDS_MAX = 120
# Older than what reconciliation leaves alone.
AGE_SECONDS = 3600
PLACES = 2


class Drill:
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.mark = uuid.uuid4().hex[:8]
        self.room = f"drill-{self.mark}"
        self.guest = deploy.issue_token(f"drill-{self.mark}", "booking/guest")

    # Calls

    def api(
        self, method: str, path: str, token: str, body: Any = None, key: str = "", more: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | (more or {})
        headers |= {"Idempotency-Key": f"{key}-{self.mark}"} if key else {}
        return call(method, self.values["API_URL"] + path, headers, None if body is None else json.dumps(body).encode())

    def stripe(self, method: str, path: str, form: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {config.STRIPE_API_KEY}"}
        status, answer = call(method, config.STRIPE_API_URL + path, headers, urlencode(form).encode() if form else None)
        return expect(status == 200, f"Stripe's fake answered {status} to {method} {path}: {answer}", answer)

    def grow_older(self, intent: str) -> None:
        body = json.dumps({"seconds": AGE_SECONDS}).encode()
        status, answer = call("POST", f"{config.STRIPE_API_URL}/_age/{intent}", {"Content-Type": "application/json"}, body)
        expect(status == 200, f"{intent} was not made older: {status} {answer}")

    # What guests do

    def open_room(self) -> None:
        terms = {
            "resourceType": "hotel", "name": "Room of the drill", "location": f"Drill {self.mark}", "timeZone": "UTC",
            "schedule": {"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00"}, "capacity": PLACES, "holdTtlSeconds": 600,
            "pricing": {"currency": "EUR", "base": 12900},
            "cancellationPolicy": {"tiers": [{"hoursBefore": 0, "refundPercent": 100}]},
        }
        operator = deploy.issue_token("drill-operator", "booking/operator")
        status, answer = self.api("PUT", f"/api/resources/{self.room}", operator, terms)
        expect(status == 201, f"the room was answered {status}: {answer}")

    def hold(self, name: str) -> tuple[int, Any]:
        start, end = (str(date.today() + timedelta(days=days)) for days in (60, 61))
        body = {"resourceId": self.room, "startTime": start, "endTime": end, "quantity": 1}
        return self.api("POST", "/api/holds", self.guest, body, f"hold-{name}")

    def book(self, name: str) -> str:
        status, hold = self.hold(name)
        expect(status == 201, f"the hold was answered {status}: {hold}")
        body = {"holdId": hold["holdId"], "paymentMethodId": "pm_card_visa"}
        status, booking = self.api("POST", "/api/bookings", self.guest, body, f"pay-{name}")
        expect(status in (201, 202), f"the booking was answered {status}: {booking}")
        self.until(booking["bookingId"], "confirmed", "captured")
        return str(booking["bookingId"])

    def cancel(self, booking: str, key: str) -> None:
        body = {"reason": "the drill"}
        status, answer = self.api("POST", f"/api/bookings/{booking}/cancel", self.guest, body, key, {"Prefer": "respond-async"})
        expect(status in (200, 202), f"the cancellation was answered {status}: {answer}")

    def state(self, booking: str) -> tuple[Any, Any]:
        status, answer = self.api("GET", f"/api/bookings/{booking}", self.guest)
        return (answer["status"], answer["paymentStatus"]) if status == 200 else (status, None)

    def until(self, booking: str, *state: str) -> None:
        reached: Callable[[], bool] = lambda: self.state(booking) == state
        expect(wait_until(reached, SECONDS_MAX, 0.2), f"{booking} is {self.state(booking)}, not {state}")

    # What an operator does

    def restored(self, table: str) -> str:
        """Restores a table into another one, as it is now."""
        name = f"{self.values[table]}-{self.mark}"
        body = {"SourceTableName": self.values[table], "TargetTableName": name, "UseLatestRestorableTime": True}
        aws.call("dynamodb", "DynamoDB_20120810.RestoreTableToPointInTime", body)
        return name

    def settle(self, booking: str) -> None:
        """Starts another settlement, as reconciliation does within the hour: the first has used the booking's name."""
        machine, body = self.values["CANCELLATION_MACHINE_ARN"], json.dumps({"bookingId": booking})
        wish = {"stateMachineArn": machine, "name": f"{booking}-restored-1", "input": body}
        aws.call("states", "AWSStepFunctions.StartExecution", wish)

    def forget(self, table: str) -> None:
        aws.call("dynamodb", "DynamoDB_20120810.DeleteTable", {"TableName": table})

    def run_tool(self, name: str, *words: str) -> str:
        """Runs a program of tools/ as `make` does; what it says of its progress is shown, what it prints is given."""
        tables = {f"HOLDFAST_{table}": self.values[table] for table in (*TABLES, "SEARCH_TABLE")}
        done = subprocess.run(
            [f"{build.cargo_target_dir()}/debug/{name}", *words], env=tool_env(**self.values, **tables, HOLDFAST_LOG="warn"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        return expect(done.returncode == 0, f"{name} ended with {done.returncode}: {done.stdout}", done.stdout)

    def findings(self, kind: str) -> list[str]:
        """What a comparison that changes nothing finds of a kind."""
        report = reconcile.run(self.values["RECONCILIATION_FUNCTION_NAME"], dry_run=True)
        return [one["subject"] for one in report["findings"].get(kind, []) if one["remedy"] == "review"]


def call(method: str, url: str, headers: dict[str, str], body: bytes | None) -> tuple[int, Any]:
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def named(word: str, booking: str, said: str) -> str:
    """The payment of a booking that a restore has named."""
    found = re.search(rf"^{word}: {booking}, confirmed and captured, (pi_\w+), ", said, re.MULTILINE)
    return str(expect(found is not None, f"{booking} is not named as {word}", found)[1])


def expect(holds: bool, otherwise: str, value: Any = None) -> Any:
    if not holds:
        raise Stop(f"The drill has failed: {otherwise}.")
    return value


def run(values: dict[str, str]) -> None:
    started = time.monotonic()
    drill = Drill(values)
    restored: list[str] = []
    say("Restoring the local stack's tables to a point in time")
    try:
        with step("A room with two places") as note:
            drill.open_room()
            kept, given_up = drill.book("kept"), drill.book("given-up")
            note("both booked and paid")
        with step("The point in time") as note:
            restored += [drill.restored(table) for table in TABLES]
            note("the tables restored into others")
        with step("After it") as note:
            drill.cancel(given_up, "cancel")
            drill.until(given_up, "cancelled", "refunded")
            lost = drill.book("lost")
            note("one cancelled, its place booked again")
        with step("Tables brought back") as note:
            said = drill.run_tool("restore-tables", *restored)
            say(said.rstrip())
            intent, again = named("lost", lost, said), named("turned back", given_up, said)
            expect(kept not in said, f"{kept} was there before")
            note("one booking lost, one turned back")
        with step("Search made again"):
            say(drill.run_tool("rebuild-search").rstrip())
        with step("Nothing is oversold") as note:
            states = [drill.state(booking) for booking in (kept, given_up, lost)]
            confirmed = ("confirmed", "captured")
            expect(states == [confirmed, confirmed, (404, None)], f"the bookings are {states}")
            status, answer = drill.hold("one-more")
            expect(status == 409 and answer["code"] == "sold_out", f"a third place was answered {status}: {answer}")
            note("both places are those of then; a third is refused")
        with step("Money without a booking") as note:
            drill.grow_older(intent)
            expect(intent in drill.findings("orphaned_payment"), f"reconciliation does not find {intent}")
            note(f"orphaned_payment {intent}, for review")
        with step("Given back at the provider") as note:
            drill.stripe("POST", "/v1/refunds", {"payment_intent": intent})
            expect(intent not in drill.findings("orphaned_payment"), f"reconciliation still finds {intent}")
            note("the case is gone")
        with step("Cancelled once more") as note:
            drill.cancel(given_up, "cancel-again")
            drill.settle(given_up)
            drill.until(given_up, "cancelled", "refunded")
            refunds = drill.stripe("GET", f"/v1/refunds?payment_intent={again}")["data"]
            expect(len(refunds) == 1, f"{given_up} was refunded {len(refunds)} times")
            note("refunded once, not twice")
    finally:
        for table in restored:
            drill.forget(table)
    say(f"Restored, and reconciled with the provider, after {time.monotonic() - started:.0f} s.")
