"""`make deploy`: looks what the account has room for, deploys with the CDK, and says what is left to do.

There are two stacks. The one of us-east-1 has the web ACL and, with a name of one's own, its certificate; what it puts out are
parameters of the other, which is everything else.

It asks AWS by the `aws` command, with the credentials that the CDK uses too. Without knowing which keys a stack has it deploys nothing, unless the
options name them: with others, functions lose what they read with. Whatever else it cannot find out it says, and goes on without.

    python3 tools/deploy/deploy.py --architecture=arm64 [options of `cdk deploy`, such as -c alarmEmail=you@example.com]
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CDK_DIR = Path(__file__).resolve().parents[2] / "infra" / "cdk"
STACK_NAME = "Holdfast"
EDGE_STACK_NAME = "HoldfastEdge"
# Outputs of the stack in us-east-1, and the parameters of the other that they are.
EDGE_PARAMETERS = {"WebAclArn": "EdgeWebAclArn", "CertificateArn": "EdgeCertificateArn"}
ASKING_SECONDS_MAX = 60


class Unknown(Exception):
    """What AWS was asked and has not said."""


class Refused(Exception):
    """What is not done, and why."""


def say(text: str) -> None:
    print(text, flush=True)


def ask(*arguments: str) -> Any:
    """The answer of one `aws` command."""
    command = ["aws", *arguments, "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASKING_SECONDS_MAX)
    except FileNotFoundError as error:
        raise Unknown("there is no `aws` command") from error
    except subprocess.TimeoutExpired as error:
        raise Unknown(f"`aws {arguments[0]} {arguments[1]}` does not answer") from error
    if done.returncode != 0:
        raise Unknown((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise Unknown(f"`aws {arguments[0]} {arguments[1]}` answers no JSON") from error


def outputs() -> dict[str, str]:
    """The outputs of the stack; none if it does not exist yet."""
    try:
        stacks = ask("cloudformation", "describe-stacks", "--stack-name", STACK_NAME)
    except Unknown as unknown:
        if "(ValidationError)" in str(unknown) and f"{STACK_NAME} does not exist" in str(unknown):
            return {}
        raise
    try:
        return {one["OutputKey"]: one["OutputValue"] for one in stacks["Stacks"][0].get("Outputs", [])}
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Unknown("`aws cloudformation describe-stacks` answers no stack with outputs") from error


def reserved(text: str) -> int:
    """How many executions a stack has reserved, by its output: `payment=250 relay=50`, or `none`."""
    return sum(int(number) for number in re.findall(r"=(\d+)", text))


def executions(deployed: dict[str, str]) -> int:
    """How many concurrent executions this stack may count with: what nobody has reserved, and what it has reserved itself."""
    own = reserved(deployed.get("ReservedConcurrency", ""))
    limit = ask("lambda", "get-account-settings")["AccountLimit"]
    free = int(limit["UnreservedConcurrentExecutions"]) + own
    others = int(limit["ConcurrentExecutions"]) - free
    say(
        f"The account allows {limit['ConcurrentExecutions']} concurrent executions; others have reserved {others}, "
        f"so this stack may count with {free}."
    )
    return free


def given(options: list[str], name: str) -> str | None:
    """What the options say of a context value."""
    texts = [option.removeprefix("--context=") for option in options]
    values = [text.partition("=")[2] for text in texts if text.startswith(f"{name}=")]
    return values[-1] if values else None


# Values that must stay what they are unless the options say otherwise: what they may be, for somebody who says so.
KEPT = {
    "encryptionKey": "-c encryptionKey=own or -c encryptionKey=aws: whose key encrypts what is stored (output EncryptionKey; a first deployment has aws)",
    "edgeKey": "-c edgeKey=<number>: the edge's key (output EdgeKey; a first deployment has 1)",
}


def context(options: list[str]) -> list[str]:
    """What the CDK is told of the account and of what is deployed, unless the options say it."""
    try:
        deployed = outputs()
        words = [*edge_key(deployed, given(options, "edgeKey")), *encryption_key(deployed, given(options, "encryptionKey"))]
    except Unknown as unknown:
        missing = [name for name in KEPT if given(options, name) is None]
        if missing:
            raise Refused(untold(unknown, missing)) from unknown
        say(f"What is deployed is not known ({unknown}): its keys are taken to be those of the options.")
        deployed, words = None, []
    if given(options, "accountConcurrency") is None:
        words += concurrency(deployed)
    return words


def untold(unknown: Unknown, missing: list[str]) -> str:
    """Why nothing is deployed while the keys of a stack are not known, and what helps."""
    return "\n".join([
        f"Nothing is deployed: whether there is a stack {STACK_NAME}, and which keys it has, is not known ({unknown}).",
        "With other keys its functions would lose what they read with, or refuse what the edge sends.",
        "Asking needs the `aws` command and the right cloudformation:DescribeStacks on that stack. Where AWS is busy or out of reach, try again.",
        "To go on without asking, say what there is:",
        *(f"  {KEPT[name]}" for name in missing),
    ])


def concurrency(deployed: dict[str, str] | None) -> list[str]:
    """How many executions the CDK may count with, if the account and the stack say so."""
    try:
        if deployed is None:
            raise Unknown("what the stack has reserved itself is not")
        return ["-c", f"accountConcurrency={executions(deployed)}"]
    except (Unknown, KeyError, ValueError, TypeError) as unknown:
        say(f"What the account allows is not known ({unknown}): no executions are reserved, for no function.")
        return []


def edge_key(deployed: dict[str, str], wanted: str | None) -> list[str]:
    """The number of the edge's key: the one in use, unless the next one is wanted. The functions know no others."""
    present = deployed.get("EdgeKey")
    if present is None:
        return []
    if not present.isdecimal():
        raise Unknown(f"the output EdgeKey is {present!r}, and no number")
    if wanted is None:
        return ["-c", f"edgeKey={present}"]
    if wanted not in (present, str(int(present) + 1)):
        raise Refused(f"The edge's key is number {present}: the functions know that one and the next, and would refuse number {wanted}.")
    return []


def encryption_key(deployed: dict[str, str], wanted: str | None) -> list[str]:
    """Whose key encrypts what is stored: it stays as it is, unless the options say otherwise."""
    if wanted is None and deployed.get("EncryptionKey") == "own":
        return ["-c", "encryptionKey=own"]
    return []


def cdk(stack: str, *words: str) -> int:
    command = ["npx", "cdk", "deploy", stack, *words]
    say(shlex.join(command))
    return subprocess.run(command, cwd=CDK_DIR).returncode


def deploy(architecture: str, options: list[str]) -> int:
    words = ["-c", f"architecture={architecture}", *context(options), *options]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outputs.json"
        status = cdk(EDGE_STACK_NAME, *words, "--outputs-file", str(file))
        if status != 0:
            return status
        made = json.loads(file.read_text())[EDGE_STACK_NAME]
    parameters = [f"{STACK_NAME}:{EDGE_PARAMETERS[name]}={value}" for name, value in sorted(made.items()) if name in EDGE_PARAMETERS]
    return cdk(STACK_NAME, *words, *(word for parameter in parameters for word in ("--parameters", parameter)))


def report() -> None:
    """What was reserved, whom alarms reach, and how to hear one."""
    try:
        values = outputs()
    except Unknown as unknown:
        say(f"What was deployed is not known ({unknown}).")
        return
    if "EdgeUrl" in values:
        say(f"Clients reach the API at {values['EdgeUrl']}, and so does Stripe: make stripe-webhook URL={values['EdgeUrl']}/api/webhooks/stripe ...")
    kept = values.get("ReservedConcurrency", "none")
    if kept == "none":
        say("Reserved for no function: whoever calls public routes competes with payments. Ask for a higher limit of concurrent executions")
        say("(Service Quotas, Lambda) and deploy again.")
    else:
        say(f"Reserved: {kept}.")
    topic, alarm = values.get("AlarmTopicArn"), values.get("AlarmToTry")
    if topic is None or alarm is None:
        return
    try:
        subscriptions = ask("sns", "list-subscriptions-by-topic", "--topic-arn", topic)["Subscriptions"]
        confirmed = [one for one in subscriptions if one["SubscriptionArn"].startswith("arn:")]
        if confirmed:
            say(f"Alarms reach {', '.join(sorted(one['Endpoint'] for one in confirmed))}.")
        else:
            say("Alarms reach nobody: deploy with -c alarmEmail=..., and confirm the subscription.")
    except (Unknown, KeyError) as unknown:
        say(f"Whom alarms reach is not known ({unknown}).")
    say("Last, hear one (docs/runbook.md, First deployment):")
    say("  " + shlex.join([
        "aws", "cloudwatch", "set-alarm-state", "--alarm-name", alarm, "--state-value", "ALARM",
        "--state-reason", "A test of the way from alarm to people",
    ]))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--architecture", required=True, choices=("arm64", "x86_64"))
    known, options = parser.parse_known_args(arguments)
    try:
        status = deploy(known.architecture, options)
    except Refused as refused:
        say(str(refused))
        return 2
    if status == 0:
        report()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
