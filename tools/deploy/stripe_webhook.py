"""`make stripe-webhook`: registers the API's webhook at Stripe, or brings it up to date, from the one list of kinds in the code.

The API key is read from a file, the signing secret that Stripe shows once is written into one that only its owner can read. Neither is
printed, and neither is in the shell's history or in a list of processes. What it does, it may do again: an endpoint that is as it should be is left alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

KINDS_FILE = Path(__file__).resolve().parents[2] / "shared/adapters-stripe/src/webhook_kinds.txt"
PATH = "/api/webhooks/stripe"
STRIPE_URL = "https://api.stripe.com"
# The version that shared/adapters-stripe is written for; an endpoint keeps the one that it was made with.
API_VERSION = KINDS_FILE.with_name("api_version.txt").read_text().strip()
LISTED_MAX = 100
SECONDS_MAX = 30


class Stop(Exception):
    """Ends the command with one clear line saying what to do."""


def kinds() -> list[str]:
    """The kinds of events that the code acts on."""
    return KINDS_FILE.read_text().split()


class Stripe:
    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._key = key

    def call(self, method: str, path: str, form: list[tuple[str, str]] | None = None) -> dict[str, Any]:
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        headers = {"Authorization": f"Bearer {self._key}", "Stripe-Version": API_VERSION}
        request = urllib.request.Request(self._url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise Stop(f"Stripe answered {error.code} to {method} {path}: {reason_of(error.read())}") from None
        except OSError as error:
            raise Stop(f"Stripe cannot be reached at {self._url}: {error}") from None

    def endpoints(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        path = f"/v1/webhook_endpoints?limit={LISTED_MAX}"
        while True:
            page = self.call("GET", path + (f"&starting_after={found[-1]['id']}" if found else ""))
            found += page["data"]
            if not page["has_more"]:
                return found


def reason_of(body: bytes) -> str:
    """Stripe's own words. They may name the key: its end is all that Stripe shows of it, and even that is left out."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return "no reason is given"
    return str(error.get("code") or error.get("type") or "no reason is given")


def register(stripe: Stripe, url: str, secret_file: Path | None) -> list[str]:
    """Makes the endpoint as it should be; what was done, a line each."""
    wanted = kinds()
    own = [one for one in stripe.endpoints() if one["url"] == url]
    if len(own) > 1:
        names = " ".join(one["id"] for one in own)
        raise Stop(f"{len(own)} endpoints have the URL {url}: {names}. Delete all but one in Stripe's dashboard.")
    events = [("enabled_events[]", kind) for kind in wanted]
    if not own:
        if secret_file is None:
            raise Stop("There is no such endpoint yet. Stripe shows its signing secret once: say where to put it, SECRET_FILE=...")
        # Before anything is made at Stripe: there is no second chance to write the secret down.
        descriptor = open_secret(secret_file)
        with os.fdopen(descriptor, "w") as file:
            made = stripe.call("POST", "/v1/webhook_endpoints", [("url", url), ("api_version", API_VERSION), *events])
            file.write(made["secret"] + "\n")
        return [
            f"registered {made['id']} for {url}: {len(wanted)} kinds of events",
            f"its signing secret is in {secret_file}: put it into the stack's secret, then delete the file",
        ]
    [endpoint] = own
    more, less = sorted(set(wanted) - set(endpoint["enabled_events"])), sorted(set(endpoint["enabled_events"]) - set(wanted))
    enable = endpoint["status"] != "enabled"
    if not (more or less or enable):
        return [f"{endpoint['id']} for {url} is as it should be: {len(wanted)} kinds of events"]
    stripe.call("POST", f"/v1/webhook_endpoints/{endpoint['id']}", [*events, *([("disabled", "false")] if enable else [])])
    changes = [f"+ {kind}" for kind in more] + [f"- {kind}" for kind in less] + (["enabled again"] if enable else [])
    return [f"updated {endpoint['id']} for {url}", *(f"  {change}" for change in changes)]


def open_secret(secret_file: Path) -> int:
    """A new file that only its owner can read."""
    try:
        return os.open(secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Stop(f"SECRET_FILE={secret_file} exists. Name one that does not.") from None
    except OSError as error:
        raise Stop(f"SECRET_FILE={secret_file} cannot be written: {error.strerror}") from None


def read_key(key_file: str) -> str:
    if not key_file:
        raise Stop("KEY_FILE=... is missing: a file with a key of Stripe that may write webhook endpoints.")
    try:
        key = Path(key_file).read_text().strip()
    except (OSError, ValueError) as error:
        raise Stop(f"KEY_FILE={key_file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise Stop(f"KEY_FILE={key_file} does not hold a key of Stripe, and nothing else.")
    return key


def checked_url(text: str) -> str:
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.path != PATH or parts.query or parts.fragment:
        raise Stop(f"URL={text} is not the webhook's address: <EdgeUrl>{PATH}, with the EdgeUrl that the deployment has printed.")
    if ".execute-api." in parts.netloc:
        raise Stop(f"URL={text} is the API's own address, at which every request is answered 403: it is <EdgeUrl>{PATH}.")
    return text


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--key-file", default="")
    parser.add_argument("--secret-file", default="")
    given = parser.parse_args(arguments)
    try:
        url = checked_url(given.url)
        stripe = Stripe(os.environ.get("STRIPE_API_URL") or STRIPE_URL, read_key(given.key_file))
        for line in register(stripe, url, Path(given.secret_file) if given.secret_file else None):
            print(line)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
