"""What the roles of functions allow in the AWS template, and whether calls that were recorded need just that.

Policies are decided by MiniStack's evaluator (MIT): an explicit Deny, then an Allow, then nothing; wildcards, NotAction, conditions.
`tests/test_policies.py` holds it against examples of AWS's documentation. (The simulator that npm has, `@cloud-copilot/iam-simulate`, is
under the AGPL.) The documents are those of the template that goes to
AWS; only the names of its resources are those that the local stack gave them, since the calls were made there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import config
from recorded_calls import Call

# Of the resources that statements name, the ARN of one that has a physical id in the local stack.
ARNS: Mapping[str, Callable[[str], str]] = {
    "AWS::Cognito::UserPool": lambda id: f"arn:aws:cognito-idp:{config.REGION}:{config.ACCOUNT}:userpool/{id}",
    "AWS::DynamoDB::Table": lambda name: f"arn:aws:dynamodb:{config.REGION}:{config.ACCOUNT}:table/{name}",
    "AWS::Events::EventBus": lambda name: f"arn:aws:events:{config.REGION}:{config.ACCOUNT}:event-bus/{name.rpartition('/')[2]}",
    "AWS::Logs::LogGroup": lambda name: f"arn:aws:logs:{config.REGION}:{config.ACCOUNT}:log-group:{name}:*",
    "AWS::SecretsManager::Secret": lambda arn: arn,
    # Its physical id is a URL.
    "AWS::SQS::Queue": lambda url: f"arn:aws:sqs:{config.REGION}:{config.ACCOUNT}:{url.rpartition('/')[2]}",
}
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": config.REGION, "AWS::AccountId": config.ACCOUNT}
HASH = re.compile(r"[0-9A-F]{8}$")
LEADING_KEYS = "dynamodb:LeadingKeys"


@dataclass(frozen=True)
class Right:
    """One action that a role allows on one resource, for items with such partition keys if it says so."""

    function: str
    action: str
    # ARN or pattern.
    resource: str
    # The resource as the template names it: its logical id without the hash, or the end of a fixed ARN.
    place: str
    keys: str = ""

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.place}" + (f" of {self.keys}" if self.keys else "")


@dataclass(frozen=True)
class Sources:
    """What calls a function by way of its event source mappings: ARNs of streams and queues, and where what fails goes."""

    read: frozenset[str]
    failures: frozenset[str]


class Roles:
    """The roles of a template's functions."""

    def __init__(self, template: dict, physical_ids: Mapping[str, str]) -> None:
        self._resources: dict[str, dict] = template["Resources"]
        self._physical_ids = physical_ids
        self.documents: dict[str, list[dict]] = {}
        self.sources: dict[str, Sources] = {}
        self._places: dict[str, str] = {}
        functions = {id: one["Properties"] for id, one in self._of_type("AWS::Lambda::Function")}
        for id, function in functions.items():
            role = function["Role"]["Fn::GetAtt"][0]
            name = function["FunctionName"]
            self.documents[name] = [self._resolved(document) for document in self._policies_of(role)]
            self.sources[name] = self._sources_of(id)

    def _of_type(self, kind: str) -> Iterable[tuple[str, dict]]:
        return ((id, one) for id, one in self._resources.items() if one["Type"] == kind)

    def _policies_of(self, role: str) -> list[dict]:
        own = self._resources[role]["Properties"]
        assert not own.get("ManagedPolicyArns"), f"{role} has managed policies, whose content no template says"
        inline = [one["PolicyDocument"] for one in own.get("Policies", [])]
        attached = [
            one["Properties"]["PolicyDocument"] for _, one in self._of_type("AWS::IAM::Policy")
            if {"Ref": role} in one["Properties"]["Roles"]
        ]
        return inline + attached

    def _sources_of(self, function: str) -> Sources:
        mappings = [
            one["Properties"] for _, one in self._of_type("AWS::Lambda::EventSourceMapping")
            if one["Properties"]["FunctionName"] == {"Ref": function}
        ]
        failures = [one["DestinationConfig"]["OnFailure"]["Destination"] for one in mappings if "DestinationConfig" in one]
        read = frozenset(self._text(one["EventSourceArn"]) for one in mappings)
        return Sources(read, frozenset(map(self._text, failures)))

    def _resolved(self, document: dict) -> dict:
        def with_arns(statement: dict) -> dict:
            # AWS refuses such a document; the evaluator would take it for every action.
            assert statement["Action"] and statement["Resource"], statement
            return statement | {"Resource": [self._text(one) for one in listed(statement["Resource"])]}

        return document | {"Statement": [with_arns(one) for one in listed(document["Statement"])]}

    def _text(self, value: Any) -> str:
        """A value of the template; it also notes how to name it to people."""
        arn, place = self._arn_and_place(value)
        self._places[arn] = place
        return arn

    def _arn_and_place(self, value: Any) -> tuple[str, str]:
        if isinstance(value, str):
            return value, value.rpartition(":")[2]
        if "Fn::Join" in value:
            joiner, parts = value["Fn::Join"]
            texts = [self._arn_and_place(part) for part in parts]
            arn = joiner.join(arn for arn, _ in texts)
            is_of_a_resource = any("Fn::GetAtt" in part for part in parts if isinstance(part, dict))
            return arn, joiner.join(place for _, place in texts) if is_of_a_resource else ":".join(arn.split(":")[5:])
        if value.get("Ref") in PSEUDO:
            return PSEUDO[value["Ref"]], ""
        id, attribute = value["Fn::GetAtt"] if "Fn::GetAtt" in value else (value["Ref"], "")
        kind, place = self._resources[id]["Type"], HASH.sub("", id)
        if id not in self._physical_ids or kind not in ARNS:
            return f"not-deployed:{id}", place
        arn = ARNS[kind](self._physical_ids[id])
        return (f"{arn}/stream/*", f"{place}/stream") if attribute == "StreamArn" else (arn, place)

    def rights(self) -> list[Right]:
        """Everything that the roles allow, one by one."""
        rights = []
        for function, documents in self.documents.items():
            for statement in (one for document in documents for one in listed(document["Statement"])):
                assert statement["Effect"] == "Allow", f"{function}: a Deny has no rights to look for"
                keys = listed((statement.get("Condition") or {}).get("ForAllValues:StringLike", {}).get(LEADING_KEYS, ""))
                rights += [
                    Right(function, action, resource, self._places[resource], key)
                    for action in listed(statement["Action"]) for resource in statement["Resource"] for key in keys
                ]
        return list(dict.fromkeys(rights))


def listed(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def decision(documents: Iterable[dict], call: Call) -> str:
    """`Allow`, `Deny` or `ImplicitDeny`, as IAM decides."""
    from ministack.core import iam_evaluator

    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{config.ACCOUNT}:assumed-role/role/{call.function}", principal_type="AssumedRole",
        principal_account=config.ACCOUNT, action=call.action, resource_arn=call.resource, region=config.REGION,
        service_context={LEADING_KEYS.lower(): list(call.leading_keys)} if call.leading_keys else {},
    )
    return iam_evaluator.evaluate(context, [iam_evaluator.parse_policy_document(one) for one in documents]).decision


def denied(roles: Roles, calls: Iterable[Call]) -> list[str]:
    """Calls that AWS would not allow."""
    refused = [call for call in calls if decision(roles.documents.get(call.function, []), call) != "Allow"]
    return [f"{call.function}: {call.action} on {call.resource} of {', '.join(call.leading_keys) or 'no items'}" for call in refused]


def unused(roles: Roles, calls: Iterable[Call]) -> list[Right]:
    """Rights that no call needed."""
    calls = list(calls)
    return [right for right in roles.rights() if not any(needs(call, right) for call in calls)]


def needs(call: Call, right: Right) -> bool:
    is_of_it = call.function == right.function and call.action.lower() == right.action.lower()
    has_key = not right.keys or any(like(right.keys, key) for key in call.leading_keys)
    return is_of_it and has_key and like(right.resource, call.resource)


def like(pattern: str, text: str) -> bool:
    from ministack.core import iam_evaluator

    return iam_evaluator.fnmatch_iam_cs(text, pattern)
