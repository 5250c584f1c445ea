"""What README.md promises: its lines of curl work when pasted, also on a stack that the tests have used."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import config
from commands import tool_env
from console import Stop, say

LINES_MAX = 10
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def block_of(readme: str) -> str:
    found = BLOCK.search(readme)
    if found is None:
        raise Stop("README.md has no block of shell lines.")
    lines = [line for line in found[1].splitlines() if line]
    if len(lines) > LINES_MAX:
        raise Stop(f"README.md promises {LINES_MAX} lines of curl, these are {len(lines)}.")
    return found[1]


def faults_of(stdout: str, stderr: str) -> list[str]:
    """What the answers that the lines print do not have as the README says."""
    try:
        found, booking, preview, cancelled, trail, kept, calendar = (json.loads(line) for line in stdout.splitlines())
    except ValueError as error:
        return [f"not seven answers in JSON: {error}"]
    offers = quote_in(stderr).get("offers", [])
    refund = cancelled.get("refund", {})
    expected = {
        "something is free": bool(found.get("results")),
        "each plan's lines add up": bool(offers) and all(adds_up(offer) for offer in offers),
        "the code takes something off": any(line["code"] == "WELCOME10" for offer in offers for line in offer["lines"]),
        "the house's taxes are lines": any(line["name"] == "Hotel unit fee" for offer in offers for line in offer["lines"]),
        "the booking is confirmed": booking.get("status") == "confirmed",
        "the quoted price is charged": bool(offers) and booking.get("price") == offers[0]["price"],
        "its trail begins with booking.requested": [event["type"] for event in trail.get("results", [])][:1] == ["booking.requested"],
        "its refund has succeeded": refund.get("status") == "succeeded",
        "the refund is what the preview said": refund.get("amount") == preview.get("refund", {}).get("amount"),
        "the plan that is not refundable gives nothing back": kept.get("refund", {}).get("amount") == 0,
        "the calendar has three nights": len(calendar.get("slots", [])) == 3,
    }
    return [f"not so: {what}" for what, holds in expected.items() if not holds]


def quote_in(stderr: str) -> dict[str, Any]:
    """The answer with offers, of those that `get` shows on the way."""
    shown = (json.loads(line) for line in stderr.splitlines() if line.startswith("{"))
    return next((answer for answer in shown if "offers" in answer), {})


def adds_up(offer: dict[str, Any]) -> bool:
    """Whether the lines of a plan are what is paid, with the booking and at the place."""
    return sum(line["amount"]["amount"] for line in offer["lines"]) == offer["price"]["amount"] + offer["payAtProperty"]["amount"]


def main() -> int:
    try:
        block = block_of((config.ROOT / "README.md").read_text())
    except Stop as stop:
        say(str(stop))
        return 1
    pasted = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=config.ROOT, env=tool_env(), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    faults = faults_of(pasted.stdout, pasted.stderr) if pasted.returncode == 0 else [f"the lines end with status {pasted.returncode}"]
    if faults:
        print(pasted.stdout, pasted.stderr, sep="\n")
        say("README's lines of curl: " + "; ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
