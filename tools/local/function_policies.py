"""Holds functions to their own policies, as AWS does: what no statement of a function's role allows is answered AccessDenied.

MiniStack does the most of it when it is started with AUTH=true (`services.py`). A function's process gets a session of its role
in place of the shared test key; each of its requests is turned into IAM actions on ARNs (every part of a transaction, every
table of a batch, every bus of PutEvents); the role's inline and attached policies and the resource's own policy decide, as
CloudFormation has set them at that moment. The test key is the account's root and may do all: developers, tests and the CDK
use it. Here is what it lacks for these functions, each named by what goes wrong without it.

Not enforced, by MiniStack or here: what the emulator does by itself for others (it reads streams and queues for event source
mappings, invokes functions for the API, rules and machines, and does a machine's own tasks), key policies of AWS's own keys,
service control policies, and resource policies of event buses and state machines.
"""

from __future__ import annotations

import contextvars
import functools
import json
import re
import threading

# No policy names it, unless it allows everything.
UNKNOWN = "UnknownToTheLocalStack"

SEND_EMAIL = ("POST", "/v2/email/outbound-emails")
TASK_CALLBACKS = ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")

LEADING_KEYS = "dynamodb:LeadingKeys"


def refuse_what_is_unknown() -> None:
    """A request of which MiniStack cannot say the action is let through: a model that allows what it does not know shows nothing."""
    from ministack.core import iam_actions, iam_evaluator, router

    extract_iam_action = iam_actions.extract_iam_action

    def extract_or_name_unknown(service, method, path, headers, body, query_params):
        action = extract_iam_action(service, method, path, headers, body, query_params)
        if action is None and not iam_evaluator.is_root_access_key(router.extract_access_key_id(headers, query_params)):
            return f"{service}:{UNKNOWN}"
        return action

    iam_actions.extract_iam_action = extract_or_name_unknown


def name_resources_as_aws_does() -> None:
    """Mails and answers to state machines are checked on `*`, which the policies of least privilege do not allow.

    AWS checks a mail on the identity that it is sent from, and an answer on the machine that its token belongs to.
    """
    from ministack.core import iam_actions

    extract_resource_arn = iam_actions.extract_resource_arn

    def extract_or_derive(service, method, path, headers, body, query_params, region, account_id):
        if service == "ses" and (method, path.rstrip("/")) == SEND_EMAIL:
            identity = identity_of(iam_actions._safe_json_field(body, "FromEmailAddress"))
            return f"arn:aws:ses:{region}:{account_id}:identity/{identity}"
        if service == "states" and iam_actions._action_from_target(headers) in TASK_CALLBACKS:
            _, _, machine = iam_actions._safe_json_field(body, "taskToken").partition(".")
            return f"arn:aws:states:{region}:{account_id}:stateMachine:{machine}"
        return extract_resource_arn(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_or_derive


def identity_of(sender: str) -> str:
    """The verified identity behind a sender (`Name <address>`): the address if it is one, else its domain."""
    from ministack.services import ses

    address = sender.rpartition("<")[2].removesuffix(">").strip()
    return address if address in ses._identities else address.rpartition("@")[2]


def let_tokens_say_their_machine() -> None:
    """A task token is a bare random id, of which nobody can say the machine once its task has ended. On AWS the token says it."""
    from ministack.services import stepfunctions

    here = threading.local()
    execute_task = stepfunctions._execute_task
    new_uuid = stepfunctions.new_uuid

    def execute_task_of_machine(state, raw_input, execution, context):
        # The first id that a task with a token needs is the token.
        with_token = ".waitForTaskToken" in state.get("Resource", "")
        here.machine = execution["stateMachineArn"].rpartition(":")[2] if with_token else None
        try:
            return execute_task(state, raw_input, execution, context)
        finally:
            here.machine = None

    def new_uuid_or_token() -> str:
        machine, here.machine = getattr(here, "machine", None), None
        return f"{new_uuid()}.{machine}" if machine else new_uuid()

    stepfunctions._execute_task = execute_task_of_machine
    stepfunctions.new_uuid = new_uuid_or_token


def take_every_request_for_encrypted() -> None:
    """Policies of queues and topics refuse requests without TLS. Locally there is none: plain HTTP stands for it."""
    from ministack.core import iam_evaluator

    pin_request_origin = iam_evaluator.pin_request_origin
    iam_evaluator.pin_request_origin = lambda source_ip, _secure: pin_request_origin(source_ip, True)


def believe_signatures() -> None:
    """The proxy of `make chaos` passes requests on under another host, which a signature covers. Whose key a request names is what
    counts here; that session tokens are sent is still checked."""
    from ministack.core import sigv4

    assert callable(sigv4.header_signature_failure), "the pinned version of MiniStack checks signatures by this name"
    sigv4.header_signature_failure = lambda *_, **__: None


class ItemArn(str):
    """The ARN of a table, and the partition keys of the items that a part of a request is about."""

    leading_keys: list[str]

    def __new__(cls, arn: str, leading_keys: list[str]) -> ItemArn:
        one = super().__new__(cls, arn)
        one.leading_keys = leading_keys
        return one


def name_the_items() -> None:
    """`dynamodb:LeadingKeys`, the partition keys that a request names, is unknown: a policy that allows some items allows all.

    Each part of a transaction is decided with the key of its own item. A batch over several tables, which no function makes, would be
    decided with the keys of all.
    """
    from ministack.core import iam_actions, iam_evaluator

    dynamodb_service_context = iam_actions.dynamodb_service_context
    dynamodb_transaction_checks = iam_actions.dynamodb_transaction_checks
    enforce = iam_evaluator.enforce

    def context_with_keys(body: bytes) -> dict:
        context = dynamodb_service_context(body)
        keys = leading_keys(json_of(body))
        return context | ({LEADING_KEYS: keys} if keys else {})

    def checks_with_keys(iam_action, body, region, account_id):
        checks = dynamodb_transaction_checks(iam_action, body, region, account_id)
        if not checks:
            return checks
        parts = [
            item[member] for item in json_of(body)["TransactItems"] for member in iam_actions._DYNAMODB_TRANSACT_ITEM_ACTIONS
            if member in item
        ]
        return [(action, ItemArn(arn, leading_keys(part))) for (action, arn), part in zip(checks, parts, strict=True)]

    def enforce_with_keys(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        if isinstance(resource_arn, ItemArn):
            service_context = (service_context or {}) | {LEADING_KEYS: resource_arn.leading_keys}
        return enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)

    iam_actions.dynamodb_service_context = context_with_keys
    iam_actions.dynamodb_transaction_checks = checks_with_keys
    iam_evaluator.enforce = enforce_with_keys


def json_of(body: bytes) -> dict:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def leading_keys(request: dict) -> list[str]:
    """The partition keys that a request to DynamoDB names, or a part of a transaction; none of a scan."""
    if batch := request.get("RequestItems"):
        return [key for table, of_table in batch.items() for key in keys_of_items(table, items_of_batch(of_table))]
    table = request.get("TableName", "")
    if condition := request.get("KeyConditionExpression"):
        return keys_of_query(partition_key(table, request.get("IndexName")), condition, request)
    return keys_of_items(table, [item for item in (request.get("Key"), request.get("Item")) if item])


def items_of_batch(of_table: dict | list) -> list[dict]:
    """What a batch has for a table: keys to read (`BatchGetItem`), or requests to put and delete (`BatchWriteItem`)."""
    if isinstance(of_table, dict):
        return of_table.get("Keys") or []
    return [part.get("Item") or part.get("Key") or {} for request in of_table for part in request.values()]


def keys_of_items(table: str, items: list[dict]) -> list[str]:
    name = partition_key(table)
    return [str(value) for item in items for value in item.get(name, {}).values()]


def keys_of_query(name: str, condition: str, request: dict) -> list[str]:
    """A query names its partition key by equality: `pk = :pk AND begins_with(sk, :prefix)`."""
    names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
    equal = re.findall(r"([#\w]+)\s*=\s*(:\w+)", condition)
    return [str(one) for left, right in equal if names.get(left, left) == name for one in values.get(right, {}).values()]


def partition_key(table: str, index: str | None = None) -> str:
    from ministack.services import dynamodb

    description = dynamodb._tables.get(table.rpartition("/")[2]) or {}
    schema = description.get("KeySchema", [])
    for one in description.get("GlobalSecondaryIndexes") or []:
        if one["IndexName"] == index:
            schema = one["KeySchema"]
    return next((key["AttributeName"] for key in schema if key["KeyType"] == "HASH"), "")


def say_on_which_resource() -> None:
    """A refusal does not say the resource, and comes with status 403 from services of the JSON protocols, where AWS has 400."""
    from ministack.core import iam_actions, iam_evaluator

    checked: contextvars.ContextVar[str] = contextvars.ContextVar("checked_resource", default="*")
    enforce = iam_evaluator.enforce
    access_denied_response = iam_actions.access_denied_response

    def enforce_and_note(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        checked.set(resource_arn)
        return enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)

    def denied_on_resource(service, action, principal_arn, request_id, **more):
        by_policy = not more.get("error_code") and not more.get("resource_policy_arn")
        if by_policy and not more.get("message"):
            explicit = more.get("explicit_deny", False)
            more["message"] = iam_actions.identity_denial_message(action, principal_arn, checked.get(), explicit)
        status, headers, body = access_denied_response(service, action, principal_arn, request_id, **more)
        of_json = (more.get("headers") or {}).get("x-amz-target") and service != "sqs"
        return 400 if of_json and status == 403 else status, headers, body

    iam_evaluator.enforce = enforce_and_note
    iam_actions.access_denied_response = denied_on_resource


def read_policies_once() -> None:
    """Each check reads each policy of the role anew. Documents that are the same text are the same policy."""
    from ministack.core import iam_evaluator

    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(maxsize=1024)(parse)
    iam_evaluator.parse_policy_document = lambda document: (parse_text if isinstance(document, str) else parse)(document)


def hold_functions_to_their_policies() -> None:
    refuse_what_is_unknown()
    name_resources_as_aws_does()
    let_tokens_say_their_machine()
    take_every_request_for_encrypted()
    believe_signatures()
    say_on_which_resource()
    name_the_items()
    read_policies_once()
