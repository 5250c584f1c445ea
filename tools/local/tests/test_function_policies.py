"""The local stack holds functions to their policies: a real emulator, a real function, and what it is answered."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import aws  # noqa: E402
import config  # noqa: E402
import function_policies  # noqa: E402
import policies  # noqa: E402
import policy_check  # noqa: E402
import processes  # noqa: E402
import recorded_calls  # noqa: E402
import services  # noqa: E402
import watching  # noqa: E402

ROLE, FUNCTION = "probe-role", "probe"
HERE = f"{config.REGION}:{config.ACCOUNT}"
LEDGER = f"arn:aws:dynamodb:{HERE}:table/ledger"
HOLDS = f"arn:aws:dynamodb:{HERE}:table/holds"
TIMERS = f"arn:aws:sqs:{HERE}:timers"
BUS = f"arn:aws:events:{HERE}:event-bus/facts"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:booking"
EXECUTION = f"arn:aws:states:{HERE}:execution:booking:one"
MAILS = f"arn:aws:ses:{HERE}:identity/example.com"
QUEUES = f"http://localhost/{config.ACCOUNT}"

# Does the one request that its event describes, with the credentials that it was started with.
PROBE = f"""#!{sys.executable}
import json, os, time, urllib.error, urllib.request

def answer_of(call):
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

runtime = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(runtime + "next") as next:
        event, id = json.load(next), next.headers["Lambda-Runtime-Aws-Request-Id"]
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = "/".join([os.environ["AWS_ACCESS_KEY_ID"], now[:8], os.environ["AWS_REGION"], event["service"], "aws4_request"])
    headers = {{
        "Authorization": f"AWS4-HMAC-SHA256 Credential={{scope}}, SignedHeaders=host;x-amz-date, Signature=0",
        "X-Amz-Date": now, "X-Amz-Security-Token": os.environ["AWS_SESSION_TOKEN"], "Content-Type": "application/x-amz-json-1.0",
    }}
    if event.get("target"):
        headers["X-Amz-Target"] = event["target"]
    url = os.environ["AWS_ENDPOINT_URL"] + event.get("path", "/")
    call = urllib.request.Request(url, json.dumps(event["body"]).encode(), headers, method="POST")
    status, text = answer_of(call)
    answer = json.dumps({{"status": status, "text": text}}).encode()
    urllib.request.urlopen(urllib.request.Request(runtime + id + "/response", answer, method="POST")).read()
"""


def dynamodb(operation: str, **body: Any) -> dict:
    return {"service": "dynamodb", "target": f"DynamoDB_20120810.{operation}", "body": body}


def sqs(queue: str) -> dict:
    return {"service": "sqs", "target": "AmazonSQS.SendMessage", "body": {"QueueUrl": f"{QUEUES}/{queue}", "MessageBody": "due"}}


def put_events(*buses: str) -> dict:
    entries = [{"EventBusName": bus, "Source": "test", "DetailType": "Test", "Detail": "{}"} for bus in buses]
    return {"service": "events", "target": "AWSEvents.PutEvents", "body": {"Entries": entries}}


def states(operation: str, **body: str) -> dict:
    return {"service": "states", "target": f"AWSStepFunctions.{operation}", "body": body}


def mail(sender: str) -> dict:
    content = {"Simple": {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "You"}}}}
    body = {"FromEmailAddress": sender, "Destination": {"ToAddresses": ["guest@example.org"]}, "Content": content}
    return {"service": "ses", "path": "/v2/email/outbound-emails", "body": body}


def allow(resource: str, *actions: str) -> dict:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def key(of: str) -> dict:
    return {"pk": {"S": of}}


def of(*keys: str) -> dict:
    """The condition of statements about some items of a table."""
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}}


GET, PUT, CHECK, BATCH, QUERY = (
    f"dynamodb:{name}" for name in ("GetItem", "PutItem", "ConditionCheckItem", "BatchGetItem", "Query")
)


class FunctionPoliciesTest(unittest.TestCase):
    emulator: subprocess.Popen
    record: Path

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        endpoint = f"http://localhost:{port}"
        cls.enterClassContext(mock.patch.object(config, "AWS_ENDPOINT_URL", endpoint))
        own = {"GATEWAY_PORT": str(port), "AWS_ENDPOINT_URL": endpoint, "PERSIST_STATE": "0", "TMPDIR": folder.name,
               "STATE_DIR": f"{folder.name}/state", "S3_DATA_DIR": f"{folder.name}/s3", "HOME": folder.name,
               recorded_calls.FILE_VARIABLE: f"{folder.name}/calls.jsonl"}
        cls.record = Path(folder.name) / "calls.jsonl"
        log = cls.enterClassContext((Path(folder.name) / "log").open("w"))
        launcher = [sys.executable, str(config.TOOLS_DIR / "ministack_launcher.py")]
        cls.emulator = subprocess.Popen(launcher, env=services.MINISTACK.env | own, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end_emulator)
        until = time.monotonic() + config.START_SECONDS_MAX
        while not processes.answers(f"{endpoint}/_localstack/health"):
            if cls.emulator.poll() is not None or time.monotonic() > until:
                raise AssertionError((Path(folder.name) / "log").read_text())
        cls.prepare(Path(folder.name))

    @classmethod
    def end_emulator(cls) -> None:
        cls.emulator.terminate()
        cls.emulator.wait(timeout=60)

    @classmethod
    def prepare(cls, folder: Path) -> None:
        """What the function is to reach, made with the test key, which may do all."""
        for table in ("ledger", "holds"):
            index = {"IndexName": "by-guest", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
            aws.call("dynamodb", "DynamoDB_20120810.CreateTable", {
                "TableName": table, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "GlobalSecondaryIndexes": [index],
            })
        for queue in ("timers", "other"):
            encrypted = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Resource": f"arn:aws:sqs:{HERE}:{queue}",
                         "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [encrypted]})
            aws.call("sqs", "AmazonSQS.CreateQueue", {"QueueName": queue, "Attributes": {"Policy": policy}})
        for bus in ("facts", "other"):
            aws.call("events", "AWSEvents.CreateEventBus", {"Name": bus})
        cls.secret = aws.call("secretsmanager", "secretsmanager.CreateSecret", {"Name": "keys", "SecretString": "s"})["ARN"]
        aws.query("iam", {"Action": "CreateRole", "RoleName": ROLE, "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ]})})
        role = f"arn:aws:iam::{config.ACCOUNT}:role/{ROLE}"
        answer = states("SendTaskSuccess", output="{}")
        task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 20, "End": True,
                "Parameters": {"FunctionName": FUNCTION, "Payload": answer | {"body": answer["body"] | {"taskToken.$": "$$.Task.Token"}}}}
        for name, state in (("booking", {"Type": "Succeed"}), ("waiting", task)):
            definition = json.dumps({"StartAt": "Only", "States": {"Only": state}})
            aws.call("states", "AWSStepFunctions.CreateStateMachine", {"name": name, "roleArn": role, "definition": definition})
        aws.verify_mail_domain("example.com")
        bootstrap = folder / "bootstrap"
        bootstrap.write_text(PROBE)
        aws.request("lambda", "POST", "/2015-03-31/functions", {
            "FunctionName": FUNCTION, "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role, "Timeout": 30,
            "Code": {"ZipFile": watching.code_of(bootstrap)},
        })

    def with_policy(self, *statements: dict) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        aws.query("iam", {"Action": "PutRolePolicy", "RoleName": ROLE, "PolicyName": "own", "PolicyDocument": document})

    def as_function(self, request: dict) -> tuple[int, str]:
        answer, _ = aws.request("lambda", "POST", f"/2015-03-31/functions/{FUNCTION}/invocations", request)
        self.assertIn("status", answer, answer)
        return answer["status"], answer["text"]

    def assert_passes(self, request: dict) -> str:
        status, text = self.as_function(request)
        self.assertNotIn("AccessDenied", text)
        self.assertNotIn("not authorized", text)
        self.assertNotEqual(status, 403, text)
        return text

    def assert_refused(self, request: dict, action: str, resource: str, status: int = 400) -> None:
        answered, text = self.as_function(request)
        self.assertEqual(answered, status, text)
        self.assertIn("AccessDenied", text)
        user = f"arn:aws:sts::{config.ACCOUNT}:assumed-role/{ROLE}/{FUNCTION}"
        self.assertIn(f"User: {user} is not authorized to perform: {action} on resource: {resource} ", text)

    def test_what_a_statement_allows_passes_and_nothing_else(self) -> None:
        self.with_policy(allow(LEDGER, GET))
        self.assert_passes(dynamodb("GetItem", TableName="ledger", Key=key("a")))
        self.assert_refused(dynamodb("PutItem", TableName="ledger", Item=key("a")), PUT, LEDGER)
        self.assert_refused(dynamodb("GetItem", TableName="holds", Key=key("a")), GET, HOLDS)

    def test_without_a_policy_nothing_passes(self) -> None:
        self.with_policy(allow("*", "none:None"))
        self.assert_refused(dynamodb("GetItem", TableName="ledger", Key=key("a")), GET, LEDGER)

    def test_the_test_key_may_do_all(self) -> None:
        """What the emulator refuses the function it does for a developer: the refusals come from policies alone."""
        self.with_policy(allow("*", "none:None"))
        self.assertEqual(aws.call("dynamodb", "DynamoDB_20120810.GetItem", {"TableName": "ledger", "Key": key("a")}), {})

    def test_a_changed_policy_holds_at_once(self) -> None:
        request = dynamodb("GetItem", TableName="ledger", Key=key("a"))
        for actions, passes in ((PUT, False), (GET, True), (PUT, False)):
            self.with_policy(allow(LEDGER, actions))
            self.assert_passes(request) if passes else self.assert_refused(request, GET, LEDGER)

    def test_patterns_and_denials(self) -> None:
        get, put = dynamodb("GetItem", TableName="ledger", Key=key("a")), dynamodb("PutItem", TableName="ledger", Item=key("b"))
        self.with_policy(allow(f"arn:aws:dynamodb:{HERE}:table/l?dge*", "dynamodb:Get*"))
        self.assert_passes(get)
        self.assert_refused(put, PUT, LEDGER)
        self.with_policy(allow("*", "dynamodb:*"), {"Effect": "Deny", "Action": PUT, "Resource": LEDGER})
        self.assert_passes(get)
        self.assert_refused(put, PUT, f"{LEDGER} with an explicit deny")

    def test_each_part_of_a_transaction_needs_its_action_on_its_table(self) -> None:
        check = {"ConditionCheck": {"TableName": "ledger", "Key": key("none"), "ConditionExpression": "attribute_not_exists(pk)"}}
        both = dynamodb("TransactWriteItems", TransactItems=[{"Put": {"TableName": "holds", "Item": key("part")}}, check])
        self.with_policy(allow(HOLDS, PUT), allow(LEDGER, PUT))
        self.assert_refused(both, CHECK, LEDGER)
        self.with_policy(allow(LEDGER, CHECK, PUT))
        self.assert_refused(both, PUT, HOLDS)
        held = {"TableName": "holds", "Key": key("part")}
        self.assertEqual(aws.call("dynamodb", "DynamoDB_20120810.GetItem", held), {}, "nothing of it is done")
        self.with_policy(allow(HOLDS, PUT), allow(LEDGER, CHECK))
        self.assert_passes(both)

    def test_a_batch_needs_its_action_on_each_table(self) -> None:
        both = dynamodb("BatchGetItem", RequestItems={"ledger": {"Keys": [key("a")]}, "holds": {"Keys": [key("a")]}})
        self.with_policy(allow(LEDGER, BATCH), allow(HOLDS, GET))
        self.assert_refused(both, BATCH, HOLDS)
        self.with_policy(allow(LEDGER, BATCH), allow(HOLDS, BATCH))
        self.assert_passes(both)

    def test_a_statement_for_some_items_is_for_those_alone(self) -> None:
        self.with_policy(allow(LEDGER, GET, PUT, BATCH, CHECK, QUERY) | {"Condition": of("R#*")})
        one, other = key("R#a"), key("B#a")
        query = {"KeyConditionExpression": "#k = :a", "ExpressionAttributeNames": {"#k": "pk"}}
        for request, action in (
            (lambda item: dynamodb("GetItem", TableName="ledger", Key=item), GET),
            (lambda item: dynamodb("PutItem", TableName="ledger", Item=item), PUT),
            (lambda item: dynamodb("BatchGetItem", RequestItems={"ledger": {"Keys": [one, item]}} if item != one else
                                   {"ledger": {"Keys": [one]}}), BATCH),
            (lambda item: dynamodb("Query", TableName="ledger", ExpressionAttributeValues={":a": item["pk"]}, **query), QUERY),
        ):
            self.assert_passes(request(one))
            self.assert_refused(request(other), action, LEDGER)

    def test_each_part_of_a_transaction_is_decided_by_its_own_item(self) -> None:
        self.with_policy(allow(LEDGER, PUT) | {"Condition": of("B#*")}, allow(LEDGER, CHECK) | {"Condition": of("R#*")})
        check = {"TableName": "ledger", "ConditionExpression": "attribute_not_exists(pk)"}

        def both(put: str, checked: str) -> dict:
            parts = [{"Put": {"TableName": "ledger", "Item": key(put)}}, {"ConditionCheck": check | {"Key": key(checked)}}]
            return dynamodb("TransactWriteItems", TransactItems=parts)

        self.assert_passes(both("B#one", "R#none"))
        self.assert_refused(both("R#one", "R#none"), PUT, LEDGER)
        self.assert_refused(both("B#two", "B#none"), CHECK, LEDGER)

    def test_calls_are_recorded_with_the_kinds_of_their_items_and_once(self) -> None:
        self.with_policy(allow(LEDGER, GET, PUT, CHECK))
        self.record.unlink(missing_ok=True)
        for name in ("B#1", "B#2", "R#1"):
            self.assert_passes(dynamodb("GetItem", TableName="ledger", Key=key(name)))
        self.assert_refused(sqs("timers"), "sqs:SendMessage", TIMERS, status=403)
        parts = [{"Put": {"TableName": "ledger", "Item": key("B#3")}},
                 {"ConditionCheck": {"TableName": "ledger", "Key": key("R#3"), "ConditionExpression": "attribute_not_exists(pk)"}}]
        self.assert_passes(dynamodb("TransactWriteItems", TransactItems=parts))
        aws.call("dynamodb", "DynamoDB_20120810.GetItem", {"TableName": "holds", "Key": key("a")})
        expected = [(GET, LEDGER, ("B#1",)), (GET, LEDGER, ("R#1",)), ("sqs:SendMessage", TIMERS, ()), (PUT, LEDGER, ("B#3",)),
                    (CHECK, LEDGER, ("R#3",))]
        calls = recorded_calls.read(self.record)
        self.assertEqual(calls, [recorded_calls.Call(FUNCTION, *one) for one in expected])
        self.record.unlink()
        self.assert_passes(dynamodb("GetItem", TableName="ledger", Key=key("B#1")))
        self.assertEqual(recorded_calls.read(self.record), calls[:1], "a record that was taken away is begun anew")

    def test_resources_of_a_stack_have_the_arns_that_calls_name(self) -> None:
        key_schema = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
                      "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
        resources = {
            "Items": {"Type": "AWS::DynamoDB::Table", "Properties": key_schema}, "Waiting": {"Type": "AWS::SQS::Queue"},
            "Facts": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "named"}},
            "Key": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s"}},
        }
        # More than one answer names.
        resources |= {f"Queue{number}": {"Type": "AWS::SQS::Queue"} for number in range(120)}
        outputs = {id: {"Value": {"Fn::GetAtt": [id, "Arn"]}} for id in ("Items", "Waiting", "Facts")} | {"Key": {"Value": {"Ref": "Key"}}}
        template = json.dumps({"Resources": resources, "Outputs": outputs})
        aws.query("cloudformation", {"Action": "CreateStack", "StackName": config.STACK_NAME, "TemplateBody": template})
        until = time.monotonic() + 20
        while set(ids := policy_check.physical_ids_of_stack()) != set(resources) and time.monotonic() < until:
            time.sleep(0.1)
        said = aws.query("cloudformation", {"Action": "DescribeStacks", "StackName": config.STACK_NAME}).decode()
        self.assertEqual(set(ids), set(resources))
        for id, one in list(resources.items())[:4]:
            self.assertIn(f">{policies.ARNS[one['Type']](ids[id])}<", said)

    def test_an_index_is_a_resource_of_its_own(self) -> None:
        query = dynamodb("Query", TableName="ledger", IndexName="by-guest", KeyConditionExpression="pk = :a",
                         ExpressionAttributeValues={":a": {"S": "a"}})
        self.with_policy(allow(LEDGER, "dynamodb:Query"))
        self.assert_refused(query, "dynamodb:Query", f"{LEDGER}/index/by-guest")
        self.with_policy(allow(f"{LEDGER}/index/by-guest", "dynamodb:Query"))
        self.assert_passes(query)

    def test_queues(self) -> None:
        """Their own policy demands TLS, for which plain HTTP stands."""
        self.with_policy(allow(TIMERS, "sqs:SendMessage"))
        self.assert_passes(sqs("timers"))
        self.assert_refused(sqs("other"), "sqs:SendMessage", TIMERS.replace("timers", "other"), status=403)

    def test_each_event_needs_its_bus(self) -> None:
        self.with_policy(allow(BUS, "events:PutEvents"))
        self.assert_passes(put_events("facts"))
        self.assert_refused(put_events("facts", "other"), "events:PutEvents", BUS.replace("facts", "other"))

    def test_machines_and_executions(self) -> None:
        start, look = states("StartExecution", stateMachineArn=MACHINE, name="one"), states("DescribeExecution", executionArn=EXECUTION)
        self.with_policy(allow(MACHINE, "states:StartExecution", "states:DescribeExecution"))
        self.assert_passes(start)
        self.assert_refused(look, "states:DescribeExecution", EXECUTION)
        self.with_policy(allow(EXECUTION.replace("one", "*"), "states:DescribeExecution"))
        self.assert_passes(look)
        self.assert_refused(start, "states:StartExecution", MACHINE)

    def test_an_answer_to_a_task_needs_its_machine(self) -> None:
        answer = states("SendTaskSuccess", taskToken="0000.booking", output="{}")
        self.with_policy(allow(MACHINE, "states:SendTaskSuccess"))
        self.assertIn("TaskDoesNotExist", self.assert_passes(answer))
        self.with_policy(allow(MACHINE.replace("booking", "other"), "states:SendTaskSuccess"))
        self.assert_refused(answer, "states:SendTaskSuccess", MACHINE)

    def test_a_token_says_its_machine(self) -> None:
        """The machine hands its token to the function, which answers with it."""
        self.with_policy(allow(MACHINE.replace("booking", "waiting"), "states:SendTaskSuccess"))
        machine = MACHINE.replace("booking", "waiting")
        execution = aws.call("states", "AWSStepFunctions.StartExecution", {"stateMachineArn": machine})["executionArn"]
        described = {"status": "RUNNING"}
        while described["status"] == "RUNNING":
            described = aws.call("states", "AWSStepFunctions.DescribeExecution", {"executionArn": execution})
        self.assertEqual(described["status"], "SUCCEEDED", described)

    def test_a_secret_by_its_full_name(self) -> None:
        get = {"service": "secretsmanager", "target": "secretsmanager.GetSecretValue", "body": {"SecretId": self.secret}}
        self.with_policy(allow(self.secret, "secretsmanager:GetSecretValue"))
        self.assert_passes(get)
        self.with_policy(allow(self.secret.rpartition("-")[0], "secretsmanager:GetSecretValue"))
        self.assert_refused(get, "secretsmanager:GetSecretValue", self.secret)

    def test_a_mail_needs_the_identity_that_it_is_sent_from(self) -> None:
        request = mail("Holdfast <bookings@example.com>")
        self.with_policy(allow(MAILS, "ses:SendEmail"))
        self.assert_passes(request)
        self.with_policy(allow(MAILS.replace("example.com", "example.org"), "ses:SendEmail"))
        self.assert_refused(request, "ses:SendEmail", MAILS, status=403)

    def test_what_is_unknown_is_refused(self) -> None:
        self.with_policy(allow("*", "dynamodb:*", "ses:Send*"))
        self.assert_refused({"service": "ses", "path": "/v2/email/unheard-of", "body": {}}, "ses:UnknownToTheLocalStack", "*", status=403)


class BatchesTest(unittest.TestCase):
    def test_a_batch_names_what_it_reads_puts_and_deletes(self) -> None:
        one, other = {"pk": {"S": "R#1"}}, {"pk": {"S": "B#1"}}
        self.assertEqual(function_policies.items_of_batch({"Keys": [one, other]}), [one, other])
        written = [{"PutRequest": {"Item": one}}, {"DeleteRequest": {"Key": other}}]
        self.assertEqual(function_policies.items_of_batch(written), [one, other])


if __name__ == "__main__":
    unittest.main()
