"""A deployed function's log, line by line."""

from __future__ import annotations

import time
from collections.abc import Iterator

import aws


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
