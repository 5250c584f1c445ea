"""Holds the calls that functions made against their roles on AWS: every call is allowed, and every right is needed.

`make test` begins a record before the end-to-end tests and runs this after them (`checks.py`). A right that no call needed is one too
many, unless AWS uses it for the function (`BY_AWS`), or it is for what a run does not bring about (`RARE`), each with the test that
does. Both tables are held against the roles too: a line for a right that no role has is an error.
"""

from __future__ import annotations

import copy
import json
import sys
import xml.etree.ElementTree
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import aws
import config
import recorded_calls
from console import Stop, say
from policies import Right, Roles, Sources, denied, listed, unused
from rare_rights import RARE, Rare
from recorded_calls import Call

# What CDK makes of the app for AWS; `npm test` keeps it so.
TEMPLATE = config.CDK_DIR / "test" / "golden" / "holdfast.aws.template.json"


@dataclass(frozen=True)
class ByAws:
    """Rights that an AWS service uses with the function's role."""

    actions: tuple[str, ...]
    # Whether a resource is what the service uses them on.
    on: Callable[[str, Sources], bool]
    documentation: str


BY_AWS = (
    ByAws(("logs:CreateLogStream", "logs:PutLogEvents"), lambda resource, _: ":log-group:" in resource or resource.startswith("not-deployed:"),
          "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"),
    ByAws(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), lambda resource, _: resource == "*",
          "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"),
    ByAws(("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
          lambda resource, sources: resource in sources.read,
          "https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html"),
    ByAws(("dynamodb:ListStreams",), lambda resource, sources: resource == "*" and any("/stream/" in one for one in sources.read),
          "https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html"),
    ByAws(("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
          lambda resource, sources: resource in sources.read,
          "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"),
    ByAws(("sqs:SendMessage",), lambda resource, sources: resource in sources.failures,
          "https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html"),
)


def is_used_by_aws(right: Right, roles: Roles) -> bool:
    sources = roles.sources[right.function]
    return any(right.action in line.actions and line.on(right.resource, sources) for line in BY_AWS)


def is_of(right: Right, rare: Rare) -> bool:
    return (right.function, right.action, right.place, right.keys) == (
        f"{config.STACK_NAME.lower()}-{rare.function}", rare.action, rare.place, rare.keys,
    )


def findings(roles: Roles, calls: Iterable[Call], rare: Iterable[Rare] = RARE) -> list[str]:
    """What is wrong, a line each."""
    calls, rare = list(calls), list(rare)
    rights = roles.rights()
    needless = [
        right for right in unused(roles, calls)
        if not is_used_by_aws(right, roles) and not any(is_of(right, one) for one in rare)
    ]
    return [
        *([] if calls else ["No call was recorded."]),
        *(f"AWS would deny {call}" for call in denied(roles, calls)),
        *(f"No call needed {right}" for right in needless),
        *(f"rare_rights.py: no role has {one}" for one in rare if not any(is_of(right, one) for right in rights)),
        *(f"rare_rights.py: there is no such test for {one}" for one in rare if not is_tested(one)),
    ]


def is_tested(rare: Rare) -> bool:
    file = config.ROOT / rare.file
    return file.exists() and f"{'def' if file.suffix == '.py' else 'fn'} {rare.test}(" in file.read_text()


def with_one_less(template: dict, call: Call) -> dict:
    """The template, in which the role of a function lacks an action that it was recorded with."""
    changed = copy.deepcopy(template)
    statements = statements_of(changed, call.function)
    for statement in statements:
        statement["Action"] = [action for action in listed(statement["Action"]) if action != call.action]
    statements[:] = [statement for statement in statements if statement["Action"]]
    return changed


def with_one_more(template: dict, call: Call) -> dict:
    """The template, in which the role of a function has an action that nothing calls."""
    changed = copy.deepcopy(template)
    statements_of(changed, call.function).append({"Effect": "Allow", "Action": "dynamodb:DeleteTable", "Resource": "*"})
    return changed


def statements_of(template: dict, function: str) -> list[dict]:
    resources = template["Resources"].values()
    role = next(one["Properties"]["Role"]["Fn::GetAtt"][0] for one in resources if one.get("Properties", {}).get("FunctionName") == function)
    return next(
        one["Properties"]["PolicyDocument"]["Statement"] for one in resources
        if one["Type"] == "AWS::IAM::Policy" and {"Ref": role} in one["Properties"]["Roles"]
    )


def controls(template: dict, physical_ids: dict[str, str], calls: list[Call]) -> list[str]:
    """What the check does not find though it is there: an action too few, and one too many, of each function."""
    unseen = []
    for call in {call.function: call for call in calls}.values():
        for change, expected in (
            (with_one_less, f"AWS would deny {call.function}: {call.action} "),
            (with_one_more, f"No call needed {call.function}: dynamodb:DeleteTable "),
        ):
            found = findings(Roles(change(template, call), physical_ids), calls)
            if not any(line.startswith(expected) for line in found):
                unseen.append(f"Control: {change.__name__} of {call.function} is not found")
    return unseen


def physical_ids_of_stack() -> dict[str, str]:
    """What the local stack named the resources of the template."""
    ids: dict[str, str] = {}
    page: dict[str, str] | None = {}
    while page is not None:
        form = {"Action": "ListStackResources", "Version": "2010-05-15", "StackName": config.STACK_NAME} | page
        texts = {"NextToken": ""}
        for element in xml.etree.ElementTree.fromstring(aws.query("cloudformation", form)).iter():
            texts[element.tag.rpartition("}")[2]] = element.text or ""
            if element.tag.endswith("PhysicalResourceId"):
                ids[texts["LogicalResourceId"]] = texts["PhysicalResourceId"]
        page = {"NextToken": texts["NextToken"]} if texts["NextToken"] else None
    return ids


def main(record: Path = config.RECORDED_CALLS_FILE) -> None:
    template = json.loads(TEMPLATE.read_text())
    physical_ids = physical_ids_of_stack()
    # The CDK takes roles of its own.
    functions = f"{config.STACK_NAME.lower()}-"
    calls = [call for call in recorded_calls.read(record) if call.function.startswith(functions)]
    roles = Roles(template, physical_ids)
    found = findings(roles, calls) or controls(template, physical_ids, calls)
    if found:
        raise Stop("\n".join(found), f"The record is {record}.")
    rights = roles.rights()
    by_aws = sum(is_used_by_aws(right, roles) for right in rights)
    say(
        f"{len(calls)} kinds of calls of {len({call.function for call in calls})} functions: 0 denied. {len(rights)} rights: 0 unused, "
        f"{by_aws} used by AWS, {len(RARE)} of paths that other tests take. Controls: an action too few and one too many are found."
    )


if __name__ == "__main__":
    try:
        main()
    except Stop as stop:
        say(f"{stop}\n{stop.hint or ''}")
        sys.exit(1)
