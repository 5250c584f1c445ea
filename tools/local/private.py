"""What the stack wrote while something ran, searched for what it must never write: addresses, names and phone numbers of guests, numbers
of cards.

Logs of every function, events on the bus, histories of executions, and the ledger's items about bookings, which its stream and its backups
carry on. So that a look that sees nothing does not pass for a clean
one, an address is planted in each of them, and must be found there.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aws
import config
import running
from console import Stop, say

# What the tests say that guests are called (`tests/e2e/src/contacts.rs`, `tests/demo/src/world.rs`).
NAMES = ("Lovelace",)
# The phone numbers that they send: one that is taken, one that is refused.
PHONES = ("4930901820", "030 901820")
# The sender of our mails is no guest's.
SENDER = "bookings@example.com"
PLANTED = "planted.control@example.net"

# What is looked at.
KINDS = {"log", "bus", "history", "ledger"}
LISTENER = "holdfast-private-listener"
CONTROL_GROUP = "/aws/lambda/holdfast-private-control"
CONTROL_MACHINE = "holdfast-private-control"
# How long the bus may be silent before what was planted has come.
SILENCE_SECONDS_MAX = 60
TEXT_SHOWN = 200

ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# Random digits that are no card: traces, X-Ray's as well, and UUIDs.
RANDOM = re.compile(
    r"\b[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b|\b1-[0-9a-f]{8}-[0-9a-f]{24}\b"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
)
# Groups of digits that no letter touches, and such as one separator is between.
GROUP = r"(?<![0-9A-Za-z])[0-9]+(?![0-9A-Za-z])"
RUN = re.compile(rf"{GROUP}(?:[ ._/-]{GROUP})*")
# As the numbers of cards in use begin, and as long as they are (`shared/http/src/read/cards.rs`): instants in milliseconds are not.
CARD = re.compile(r"4[0-9]{15}(?:[0-9]{3})?|(?:5[1-5]|2[2-7])[0-9]{14}|3[47][0-9]{13}|3[0689][0-9]{12}|(?:35|5[06-9]|6)[0-9]{14,17}")
DIGITS_MIN, DIGITS_MAX = 13, 19


def passes(digits: str) -> bool:
    """The check of the last digit (Luhn)."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def cards_in(text: str) -> Iterator[str]:
    """The first number of a card in each run of digits: it begins with a group, and ends anywhere, since other digits may follow."""
    for run in RUN.findall(RANDOM.sub(" ", text)):
        groups = re.findall("[0-9]+", run)
        rests = ("".join(groups[first:]) for first in range(len(groups)))
        numbers = (rest[:length] for rest in rests for length in range(DIGITS_MIN, DIGITS_MAX + 1) if length <= len(rest))
        yield from itertools.islice((number for number in numbers if CARD.fullmatch(number) and passes(number)), 1)


def found_in(text: str) -> list[str]:
    """What of a text is private."""
    found = [address for address in ADDRESS.findall(text) if address != SENDER]
    found += [known for known in (*NAMES, *PHONES) if known in text]
    return found + list(cards_in(text))


def pages(service: str, target: str, body: dict[str, Any], token: str = "nextToken") -> Iterator[dict[str, Any]]:
    """The answers to a call that answers page by page."""
    more: dict[str, Any] = {}
    while True:
        answer = aws.call(service, target, body | more)
        yield answer
        if not answer.get(token):
            return
        more = {token: answer[token]}


def log_lines(since_milliseconds: int) -> Iterator[tuple[str, str]]:
    for group in aws.log_groups():
        yield from lines_of(group, since_milliseconds)


def lines_of(group: str, since_milliseconds: int) -> Iterator[tuple[str, str]]:
    """Lines of a log; some twice, since the emulator gives the first of them without a token for the rest."""
    since = since_milliseconds
    while True:
        events = aws.log_events(group, since)
        yield from ((f"log {group}", event["message"]) for event in events)
        if len(events) < aws.LOG_EVENTS_MAX:
            return
        if events[-1]["timestamp"] <= since:
            raise Stop(f"{group} has more lines of one millisecond than can be read.")
        since = events[-1]["timestamp"]


def histories(since_milliseconds: int) -> Iterator[tuple[str, str]]:
    for machine in aws.call("states", "AWSStepFunctions.ListStateMachines", {})["stateMachines"]:
        body = {"stateMachineArn": machine["stateMachineArn"]}
        for page in pages("states", "AWSStepFunctions.ListExecutions", body):
            for execution in page["executions"]:
                if instant(execution["startDate"]) * 1000 >= since_milliseconds:
                    yield from history(execution["executionArn"])


def instant(written: float | str) -> float:
    """Seconds of an instant, whichever way the emulator writes it."""
    if isinstance(written, str):
        return datetime.fromisoformat(written.replace("Z", "+00:00")).timestamp()
    return float(written)


def history(execution: str) -> Iterator[tuple[str, str]]:
    name = execution.rpartition(":")[2]
    for page in pages("states", "AWSStepFunctions.GetExecutionHistory", {"executionArn": execution}):
        yield from ((f"history of {name}", json.dumps(event)) for event in page["events"])


def of_bookings(items: Iterable[dict[str, Any]], since_milliseconds: int) -> Iterator[tuple[str, str]]:
    """Items of bookings that were made since, as texts."""
    partitions: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if item["pk"]["S"].startswith("B#"):
            partitions.setdefault(item["pk"]["S"], []).append(item)
    for key, parts in partitions.items():
        if any(int(part["c"]["N"]) >= since_milliseconds for part in parts if "c" in part):
            yield from ((f"ledger {key}", json.dumps(part)) for part in parts)


def ledger_items() -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {"TableName": running.values()["LEDGER_TABLE"]}
    while True:
        answer = aws.call("dynamodb", "DynamoDB_20120810.Scan", more)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        more |= {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


@contextmanager
def planted_item() -> Iterator[None]:
    """An address in an item of the ledger that is there for it alone."""
    key = {"pk": {"S": "B#private-control"}, "sk": {"S": "control"}}
    table = {"TableName": running.values()["LEDGER_TABLE"]}
    item = key | {"c": {"N": str(int(time.time() * 1000))}, "to": {"S": PLANTED}}
    aws.call("dynamodb", "DynamoDB_20120810.PutItem", table | {"Item": item})
    try:
        yield
    finally:
        aws.call("dynamodb", "DynamoDB_20120810.DeleteItem", table | {"Key": key})


class Bus:
    """A queue of our own that gets every event of a bus."""

    def __init__(self, bus: str, queue: str = "") -> None:
        self._bus = bus
        self._queue = queue
        self._rule = {"Name": LISTENER, "EventBusName": bus}

    def listen(self) -> str:
        """Begins; gives the queue."""
        self._queue = aws.call("sqs", "AmazonSQS.CreateQueue", {"QueueName": LISTENER})["QueueUrl"]
        aws.call("sqs", "AmazonSQS.PurgeQueue", {"QueueUrl": self._queue})
        attributes = {"QueueUrl": self._queue, "AttributeNames": ["QueueArn"]}
        arn = aws.call("sqs", "AmazonSQS.GetQueueAttributes", attributes)["Attributes"]["QueueArn"]
        aws.call("events", "AWSEvents.PutRule", self._rule | {"EventPattern": json.dumps({"source": ["holdfast"]})})
        targets = {"Rule": LISTENER, "EventBusName": self._bus, "Targets": [{"Id": "1", "Arn": arn}]}
        aws.call("events", "AWSEvents.PutTargets", targets)
        return self._queue

    def events(self) -> Iterator[tuple[str, str]]:
        """What has come, until the planted event has: it was published last. However long it takes, as long as something comes."""
        heard = time.monotonic()
        came = False
        while not came and time.monotonic() < heard + SILENCE_SECONDS_MAX:
            body = {"QueueUrl": self._queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}
            messages = aws.call("sqs", "AmazonSQS.ReceiveMessage", body).get("Messages", [])
            for message in messages:
                came = came or PLANTED in message["Body"]
                yield "bus", message["Body"]
            if messages:
                heard = time.monotonic()
                entries = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(messages)]
                aws.call("sqs", "AmazonSQS.DeleteMessageBatch", {"QueueUrl": self._queue, "Entries": entries})

    def publish(self, detail: dict[str, str]) -> None:
        entry = {"EventBusName": self._bus, "Source": "holdfast", "DetailType": "control", "Detail": json.dumps(detail)}
        aws.call("events", "AWSEvents.PutEvents", {"Entries": [entry]})

    def end(self) -> None:
        aws.call("events", "AWSEvents.RemoveTargets", {"Rule": LISTENER, "EventBusName": self._bus, "Ids": ["1"]})
        aws.call("events", "AWSEvents.DeleteRule", self._rule)
        aws.call("sqs", "AmazonSQS.DeleteQueue", {"QueueUrl": self._queue})


def plant(bus: Bus) -> None:
    """An address in a log and on the bus."""
    stream = {"logGroupName": CONTROL_GROUP, "logStreamName": "control"}
    try:
        aws.call("logs", "Logs_20140328.CreateLogGroup", {"logGroupName": CONTROL_GROUP})
        aws.call("logs", "Logs_20140328.CreateLogStream", stream)
    except aws.AwsError as error:
        if error.kind != "ResourceAlreadyExistsException":
            raise
    events = [{"timestamp": int(time.time() * 1000), "message": f"mailed {PLANTED}"}]
    aws.call("logs", "Logs_20140328.PutLogEvents", stream | {"logEvents": events})
    bus.publish({"to": PLANTED})


@contextmanager
def planted_history() -> Iterator[None]:
    """An address in the history of an execution, of a machine that is there for it alone."""
    booking = aws.call("states", "AWSStepFunctions.DescribeStateMachine", {"stateMachineArn": running.values()["BOOKING_MACHINE_ARN"]})
    machine = {
        "name": CONTROL_MACHINE,
        "definition": json.dumps({"StartAt": "Control", "States": {"Control": {"Type": "Pass", "End": True}}}),
        "roleArn": booking["roleArn"],
    }
    created = {"stateMachineArn": aws.call("states", "AWSStepFunctions.CreateStateMachine", machine)["stateMachineArn"]}
    try:
        aws.call("states", "AWSStepFunctions.StartExecution", created | {"input": json.dumps({"to": PLANTED})})
        yield
    finally:
        aws.call("states", "AWSStepFunctions.DeleteStateMachine", created)


def verdict(written: Iterator[tuple[str, str]]) -> dict[str, int]:
    """How much was looked at in each kind of place, beside what was planted.

    Raises `Stop` if anything private is there, if what was planted is not found, or if there was nothing else to look at.
    """
    looked: dict[str, int] = {}
    planted: set[str] = set()
    private: list[str] = []
    for place, text in written:
        kind = place.partition(" ")[0]
        found = found_in(text)
        if PLANTED in found:
            planted.add(kind)
        else:
            looked[kind] = looked.get(kind, 0) + 1
        private += [f"{place}: {one} in {text[:TEXT_SHOWN]}" for one in found if one != PLANTED]
    if private:
        raise Stop("\n".join(["What must not be written was:", *private[:20], f"{len(private)} in all."]))
    if planted != KINDS:
        raise Stop(f"What was planted was found in {sorted(planted)} only, of {looked}: the look sees too little.")
    if looked.keys() != KINDS:
        raise Stop(f"Nothing was looked at but {sorted(looked)}.")
    return looked


def listen(note: Path) -> None:
    """Notes when what is looked at begins, and listens on the bus from then on."""
    since = int(time.time() * 1000)
    bus = Bus(running.values()["BUS_NAME"])
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"since": since, "queue": bus.listen()}))


def check(note: Path) -> None:
    """What was written since the note was made must have nothing private in it."""
    noted = json.loads(note.read_text())
    bus = Bus(running.values()["BUS_NAME"], noted["queue"])
    try:
        plant(bus)
        with planted_history(), planted_item():
            since = noted["since"]
            ledger = of_bookings(ledger_items(), since)
            looked = verdict(itertools.chain(bus.events(), log_lines(since), histories(since), ledger))
    finally:
        bus.end()
    say(
        f"Nothing private in {looked['log']} lines of logs, {looked['bus']} events, {looked['history']} steps of executions and "
        f"{looked['ledger']} items of bookings."
    )


def main(arguments: list[str]) -> int:
    commands = {"--listen": listen, "--check": check}
    try:
        commands[arguments[0]](Path(arguments[1]))
    except Stop as stop:
        say(str(stop))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
