"""What deployed functions log: one function's log line by line, and what all of them said of single requests."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator

import aws

# As a test prints an answer that it did not expect.
REQUEST_ID = re.compile(r"x-request-id\W+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def tail(function_name: str, minutes: float) -> Iterator[str]:
    """Lines of the last minutes on, for as long as it is asked; an empty text whenever there is nothing new."""
    seen: set[tuple[int, str, str]] = set()
    since = int((time.time() - minutes * 60) * 1000)
    while True:
        try:
            events = aws.log_events(f"/aws/lambda/{function_name}", since)
        except aws.AwsError as error:
            # A function that was never called has no log yet.
            if error.kind != "ResourceNotFoundException":
                raise
            events = []
        for event in events:
            # The emulator gives its events no id.
            identity = (event["timestamp"], event.get("logStreamName", ""), event["message"])
            if identity not in seen:
                seen.add(identity)
                at = time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000))
                yield f"{at} {event['message'].rstrip()}"
        yield ""


def request_ids(text: str) -> list[str]:
    """The ids of requests whose answers are printed in the text."""
    return REQUEST_ID.findall(text)


def of_requests(groups: Iterable[str], ids: Iterable[str], since_milliseconds: int) -> Iterator[str]:
    """Lines of these log groups that name one of the requests, request by request."""
    groups = list(groups)
    for request in ids:
        for group in groups:
            for event in aws.log_events(group, since_milliseconds, request):
                yield f"{group.rpartition('/')[2]}: {event['message'].rstrip()}"
