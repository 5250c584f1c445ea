"""`make invoke`: a call of a function in the running stack with an event."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, timedelta
from pathlib import Path

import aws
import config
import deploy
from console import say

# What the samples are about lies so many days ahead at least.
AHEAD_DAYS_MIN = 30
# Some functions work for minutes.
SECONDS_MAX = 910
DATE = re.compile(r"(?<![0-9])(20[0-9]{2})-(0[1-9]|1[0-2])-([0-3][0-9])(?![0-9])")


def relative_to_today(event: str, today: date) -> str:
    """The event with its years moved, so that the earliest of its dates lies ahead. An event has one moment that it speaks of,
    and everything else in it keeps its distance in years: whatever follows from its dates still does."""
    days = [day for day in map(date_of, DATE.finditer(event)) if day is not None]
    if not days:
        return event
    years = 0
    while moved(min(days), years) < today + timedelta(days=AHEAD_DAYS_MIN):
        years += 1

    def later(found: re.Match[str]) -> str:
        day = date_of(found)
        return found.group(0) if day is None else moved(day, years).isoformat()

    return DATE.sub(later, event)


def date_of(found: re.Match[str]) -> date | None:
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def moved(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def signed(event: str) -> str:
    """The event with a token that functions believe: of the caller whom the sample's own names, which nobody has signed."""
    request = json.loads(event)
    token = request["headers"].get("authorization")
    if token is None:
        return event
    payload = token.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    request["headers"]["authorization"] = f"Bearer {deploy.issue_token(said['sub'], said['scope'], groups=' '.join(said.get('cognito:groups', [])))}"
    return json.dumps(request)


def call(function: str, name: str, event_file: Path) -> int:
    """Calls the function and prints its answer; the exit status: 1 if it ended with an error."""
    event = event_file.read_text()
    if event_file.resolve().is_relative_to(config.SAMPLES_DIR / "http"):
        event = signed(relative_to_today(event, date.today()))
    path = f"/2015-03-31/functions/{name}/invocations"
    answer, headers = aws.request("lambda", "POST", path, event.encode(), seconds_max=SECONDS_MAX)
    print(json.dumps(readable(answer), indent=2, ensure_ascii=False))
    if any(header.lower() == "x-amz-function-error" for header in headers):
        error = answer if isinstance(answer, dict) else {}
        say(f"{function} ended with the error {error.get('errorType', '?')}: {error.get('errorMessage', answer)}")
        return 1
    return 0


def readable(answer: object) -> object:
    """An answer to HTTP with its JSON body as JSON."""
    if isinstance(answer, dict) and isinstance(answer.get("body"), str):
        try:
            return answer | {"body": json.loads(answer["body"])}
        except ValueError:
            pass
    return answer
