#!/usr/bin/env python3
"""Puts the sample catalogue into a running stack. Again: nothing changes, since a PUT of equal terms has no effect.

    load.py --api-url URL --token JWT [--concurrency 8] [--date 2026-06-01]

`API_URL` and `OPERATOR_TOKEN` of the environment do in place of the options; the token needs the scope booking/operator, and is one of
staff of the platform, who alone create properties.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date
from typing import Any

from generate import catalogue, properties, rates

CALL_SECONDS_MAX = 30
ATTEMPTS_MAX = 6
PROGRESS_EVERY = 50


class Refused(Exception):
    """A PUT that was not taken, in the server's words."""


def put(api_url: str, token: str, entry: dict[str, Any], given_up: threading.Event) -> None:
    """One resource, property or rate card; an outage, a throttled or a broken-off call is tried again."""
    kind, name = ("properties", entry["propertyId"]) if "propertyId" in entry else ("resources", entry["resourceId"])
    path = f"/api/{kind}/{name}/rates" if "card" in entry else f"/api/{kind}/{name}"
    request = urllib.request.Request(
        f"{api_url}{path}",
        data=json.dumps(entry["card"] if "card" in entry else entry["terms"]).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="PUT",
    )
    for attempt in range(1, ATTEMPTS_MAX + 1):
        if given_up.is_set():
            return
        wait_seconds = 0.2 * 2**attempt
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS_MAX) as answer:
                answer.read()
                return
        except urllib.error.HTTPError as error:
            reason = f"{name}: {error.code} {problem_in(error.read())}"
            if error.code not in (429, 500, 502, 503, 504):
                raise Refused(reason) from error
            wait_seconds = float(error.headers.get("Retry-After") or wait_seconds)
        except (OSError, TimeoutError) as error:
            reason = f"{name}: no answer from {api_url} ({error})"
        if attempt < ATTEMPTS_MAX:
            time.sleep(wait_seconds)
    raise Refused(reason)


def problem_in(body: bytes) -> str:
    """The parts of a problem document that say what is wrong."""
    try:
        problem = json.loads(body)
        fields = "; ".join(f"{one['pointer']}: {one['detail']}" for one in problem.get("errors", []))
        return " ".join(str(part) for part in (problem.get("code"), problem.get("detail") or problem.get("message"), fields) if part)
    except (ValueError, AttributeError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]


def load(api_url: str, token: str, concurrency: int, entries: list[dict[str, Any]]) -> None:
    """Raises Refused at the first entry that is not taken."""
    started = time.monotonic()
    given_up = threading.Event()
    with ThreadPoolExecutor(concurrency) as pool:
        puts = [pool.submit(put, api_url, token, entry, given_up) for entry in entries]
        try:
            for done, one in enumerate(as_completed(puts), 1):
                one.result()
                if done % PROGRESS_EVERY == 0 or done == len(puts):
                    print(f"{done} of {len(puts)} entries after {time.monotonic() - started:.1f} s", flush=True)
        except BaseException:
            given_up.set()
            raise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--api-url", default=os.environ.get("API_URL"), help="without /api and without a slash at the end")
    parser.add_argument("--token", default=os.environ.get("OPERATOR_TOKEN"), help="a JWT with the scope booking/operator")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="the day to make the catalogue for")
    options = parser.parse_args()
    if not options.api_url or not options.token:
        parser.error("--api-url and --token are needed (or API_URL and OPERATOR_TOKEN in the environment)")
    try:
        # A resource is put once its property exists, and a card once its resource does.
        for entries in (properties(), catalogue(options.date), rates(options.date)):
            load(options.api_url.rstrip("/"), options.token, max(1, options.concurrency), entries)
    except Refused as error:
        print(f"The sample catalogue could not be loaded. {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
