"""What `make chaos` needs around its run: queues that hand out again soon, the program, and the stack as it was before."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import aws
import build
import config
from commands import tool_env

# A message that failed is hidden for three minutes: the run would last as long. The functions get the same messages as
# often as ever, only sooner; some while they are still at work, which queues may do at any time.
HIDDEN_SECONDS = 10
QUEUE, DEAD_LETTERS = "_QUEUE_URL", "_DEAD_LETTERS_QUEUE_URL"


def consumed_queues(values: dict[str, str]) -> list[str]:
    """URLs of the queues that functions consume: those whose failed messages go to dead letters."""
    return [values[name.replace(DEAD_LETTERS, QUEUE)] for name in values if name.endswith(DEAD_LETTERS)]


def visibility_timeout(url: str) -> str:
    asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
    return aws.call("sqs", "AmazonSQS.GetQueueAttributes", asked)["Attributes"]["VisibilityTimeout"]


def set_visibility_timeout(url: str, seconds: str) -> None:
    aws.call("sqs", "AmazonSQS.SetQueueAttributes", {"QueueUrl": url, "Attributes": {"VisibilityTimeout": seconds}})


@contextmanager
def impatient_queues(values: dict[str, str]) -> Iterator[None]:
    """Messages that failed come again soon, until the block ends."""
    before = {url: visibility_timeout(url) for url in consumed_queues(values)}
    for url in before:
        set_visibility_timeout(url, str(HIDDEN_SECONDS))
    try:
        yield
    finally:
        for url, seconds in before.items():
            set_visibility_timeout(url, seconds)


def run(values: dict[str, str], seed: str, seconds: str, callers: str) -> int:
    """The run itself; its exit status."""
    command = [f"{build.cargo_target_dir()}/debug/chaos", "--microburst", config.MICROBURST_URL]
    for name, value in (("--seed", seed), ("--seconds", seconds), ("--callers", callers)):
        command += [name, value] if value else []
    with impatient_queues(values):
        return subprocess.run(command, env=tool_env(**values), stdin=subprocess.DEVNULL).returncode
