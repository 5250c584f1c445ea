"""What `make deploy` makes of what an account says, with an `aws` and an `npx` that say what a test wants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).resolve().parent / "deploy.py"

# Answers by the first two words of a command, and writes down all of it; a text that is no JSON goes to the errors.
FAKE = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([{name!r}, *sys.argv[1:]]) + "\\n")
answers = json.loads((folder / "answers.json").read_text())
if "--outputs-file" in sys.argv:
    made = {{"WebAclArn": "arn:acl", **({{"CertificateArn": "arn:cert"}} if "domainName=a.example.com" in sys.argv else {{}})}}
    pathlib.Path(sys.argv[sys.argv.index("--outputs-file") + 1]).write_text(json.dumps({{"HoldfastEdge": made}}))
answer = answers.get(" ".join([{name!r}, *sys.argv[1:3]]), {{}})
if isinstance(answer, str):
    sys.exit(answer)
if isinstance(answer, int):
    sys.exit(answer)
print(json.dumps(answer))
"""

NO_STACK = "An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id Holdfast does not exist"


def stack(**values: str) -> dict[str, Any]:
    return {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in values.items()]}]}


def limit(executions: int, unreserved: int) -> dict[str, Any]:
    return {"AccountLimit": {"ConcurrentExecutions": executions, "UnreservedConcurrentExecutions": unreserved}}


class DeployTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def deploy(self, *options: str, aws: bool = True, status: int = 0, ends: int | None = None, **answers: Any) -> tuple[str, list[list[str]]]:
        """What is said, and which commands were called. Answers are named like `lambda_get_account_settings`."""
        services = {"describe_stacks": "cloudformation describe-stacks", "get_account_settings": "lambda get-account-settings",
                    "list_subscriptions": "sns list-subscriptions-by-topic"}
        said = {f"aws {services[name]}": answer for name, answer in answers.items()} | {"npx cdk deploy": status}
        (self.folder / "answers.json").write_text(json.dumps(said))
        (self.folder / "calls").unlink(missing_ok=True)
        for name in ("aws", "npx"):
            program = self.folder / name
            program.unlink(missing_ok=True)
            if name != "aws" or aws:
                program.write_text(FAKE.format(python=sys.executable, folder=str(self.folder), name=name))
                program.chmod(0o755)
        done = subprocess.run([sys.executable, str(DEPLOY), "--architecture=arm64", *options], capture_output=True, text=True,
                              env={**os.environ, "PATH": str(self.folder)})
        self.assertEqual(done.returncode, status if ends is None else ends, done.stderr)
        self.assertEqual(done.stderr, "")
        made = self.folder / "calls"
        calls = [json.loads(line) for line in made.read_text().splitlines()] if made.exists() else []
        return done.stdout, calls

    @staticmethod
    def cdk(calls: list[list[str]], stack: str = "Holdfast") -> list[str]:
        return next(call for call in calls if call[0] == "npx" and call[3] == stack)

    def test_the_first_deployment_counts_with_what_nobody_has_reserved(self) -> None:
        said, calls = self.deploy("-c", "alarmEmail=a@example.com", describe_stacks=NO_STACK, get_account_settings=limit(1000, 900))
        self.assertIn("allows 1000 concurrent executions; others have reserved 100, so this stack may count with 900", said)
        self.assertEqual(
            self.cdk(calls),
            ["npx", "cdk", "deploy", "Holdfast", "-c", "architecture=arm64", "-c", "accountConcurrency=900", "-c", "alarmEmail=a@example.com",
             "--parameters", "Holdfast:EdgeWebAclArn=arn:acl"],
        )

    def test_the_stack_in_us_east_1_comes_first_and_its_outputs_are_parameters_of_the_other(self) -> None:
        options = ("-c", "domainName=a.example.com", "-c", "hostedZoneId=Z1")
        _, calls = self.deploy(*options, describe_stacks=NO_STACK, get_account_settings=limit(1000, 1000))
        self.assertEqual([call[3] for call in calls if call[0] == "npx"], ["HoldfastEdge", "Holdfast"])
        self.assertEqual([one for one in options if one not in self.cdk(calls, "HoldfastEdge")], [])
        self.assertEqual(
            self.cdk(calls)[-4:],
            ["--parameters", "Holdfast:EdgeCertificateArn=arn:cert", "--parameters", "Holdfast:EdgeWebAclArn=arn:acl"],
        )

    def test_the_key_of_the_edge_is_the_one_in_use_or_the_next(self) -> None:
        said = {"describe_stacks": stack(EdgeKey="3", EdgeUrl="https://d1.cloudfront.net"), "get_account_settings": limit(1000, 1000)}
        told, calls = self.deploy(**said)
        self.assertIn("edgeKey=3", self.cdk(calls))
        self.assertIn("make stripe-webhook URL=https://d1.cloudfront.net/api/webhooks/stripe", told)
        for number in ("3", "4"):
            _, calls = self.deploy("-c", f"edgeKey={number}", **said)
            self.assertEqual([word for word in self.cdk(calls) if word.startswith("edgeKey")], [f"edgeKey={number}"])
        for number in ("2", "5", "one"):
            refused, calls = self.deploy("-c", f"edgeKey={number}", ends=2, **said)
            self.assertIn("number 3", refused)
            self.assertFalse([call for call in calls if call[0] == "npx"])

    def test_what_is_encrypted_with_a_key_of_ones_own_stays_so(self) -> None:
        account = {"get_account_settings": limit(1000, 1000)}
        for kept, options, words in (
            ("own", (), ["encryptionKey=own"]),
            ("own", ("-c", "encryptionKey=own"), ["encryptionKey=own"]),
            # Going back is asked for.
            ("own", ("-c", "encryptionKey=aws"), ["encryptionKey=aws"]),
            ("aws", (), []),
            ("aws", ("-c", "encryptionKey=own"), ["encryptionKey=own"]),
        ):
            for deployed in (stack(EdgeKey="1", EncryptionKey=kept), stack(EncryptionKey=kept)):
                _, calls = self.deploy(*options, describe_stacks=deployed, **account)
                for one in ("HoldfastEdge", "Holdfast"):
                    self.assertEqual([word for word in self.cdk(calls, one) if word.startswith("encryptionKey")], words)

    def test_what_cannot_be_read_of_the_stack_is_said_by_options_or_nothing_is_deployed(self) -> None:
        account = {"get_account_settings": limit(1000, 1000)}
        throttled = "An error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 4): Rate exceeded"
        denied = "An error occurred (AccessDenied) when calling the DescribeStacks operation: not authorized to perform: cloudformation:DescribeStacks"
        for unknown, answers in (
            ("Rate exceeded", {"describe_stacks": throttled}),
            ("not authorized", {"describe_stacks": denied}),
            ("Could not connect", {"describe_stacks": 'Could not connect to the endpoint URL: "https://cloudformation.eu-central-1.amazonaws.com/"'}),
            # Something else that is not there says nothing of the stack.
            ("profile", {"describe_stacks": "The source profile does not exist"}),
            ("Role", {"describe_stacks": "An error occurred (ValidationError) when calling the AssumeRole operation: Role x does not exist"}),
            ("no `aws` command", {"aws": False}),
            ("answers no stack", {"describe_stacks": {}}),
            ("answers no stack", {"describe_stacks": {"Stacks": []}}),
            ("answers no stack", {"describe_stacks": {"Stacks": [{"Outputs": [{}]}]}}),
            ("EdgeKey", {"describe_stacks": stack(EdgeKey="new")}),
        ):
            for options, missing in (
                ((), ["encryptionKey", "edgeKey"]),
                (("-c", "encryptionKey=own"), ["edgeKey"]),
                (("--context=edgeKey=2",), ["encryptionKey"]),
                (("-c", "accountConcurrency=400"), ["encryptionKey", "edgeKey"]),
            ):
                with self.subTest(unknown=unknown, options=options):
                    said, calls = self.deploy(*options, ends=2, **account, **answers)
                    self.assertEqual([call for call in calls if call[0] == "npx"], [])
                    self.assertIn(unknown, said)
                    self.assertIn("cloudformation:DescribeStacks", said)
                    self.assertEqual([name for name in ("encryptionKey", "edgeKey") if f"-c {name}=" in said], missing)
            with self.subTest(unknown=unknown, options="both"):
                said, calls = self.deploy("-c", "encryptionKey=own", "-c", "edgeKey=2", **account, **answers)
                for one in ("HoldfastEdge", "Holdfast"):
                    told = [word for word in self.cdk(calls, one) if word.startswith(("encryptionKey", "edgeKey", "accountConcurrency"))]
                    # What the stack has reserved itself is not known either, nor what is left without it.
                    self.assertEqual(told, ["encryptionKey=own", "edgeKey=2"])
                self.assertIn(unknown, said)
                self.assertIn("What the account allows is not known", said)

    def test_what_the_account_does_not_say_leaves_what_was_read_of_the_stack(self) -> None:
        denied = "An error occurred (AccessDeniedException) when calling the GetAccountSettings operation: not authorized"
        for account in (denied, {}, {"AccountLimit": None}, {"AccountLimit": {"ConcurrentExecutions": None, "UnreservedConcurrentExecutions": 1}}):
            said, calls = self.deploy(describe_stacks=stack(EdgeKey="3", EncryptionKey="own"), get_account_settings=account)
            for one in ("HoldfastEdge", "Holdfast"):
                told = [word for word in self.cdk(calls, one) if word.startswith(("encryptionKey", "edgeKey", "accountConcurrency"))]
                self.assertEqual(told, ["edgeKey=3", "encryptionKey=own"])
            self.assertIn("What the account allows is not known", said)
            self.assertNotIn("which keys", said)

    def test_a_later_deployment_counts_with_what_the_stack_has_reserved_itself(self) -> None:
        deployed = stack(ReservedConcurrency="payment=250 stripe-webhook=100 relay=50")
        said, calls = self.deploy(describe_stacks=deployed, get_account_settings=limit(1000, 600))
        self.assertIn("others have reserved 0, so this stack may count with 1000", said)
        self.assertIn("accountConcurrency=1000", self.cdk(calls))
        self.assertIn("Reserved: payment=250 stripe-webhook=100 relay=50.", said)

    def test_without_knowledge_nothing_is_reserved_and_that_is_said(self) -> None:
        denied = "An error occurred (AccessDeniedException) when calling the GetAccountSettings operation: not authorized"
        for what, answers in (
            ("not authorized", {"describe_stacks": NO_STACK, "get_account_settings": denied}),
            ("AccountLimit", {"describe_stacks": NO_STACK, "get_account_settings": {}}),
        ):
            said, calls = self.deploy(**answers)
            self.assertIn("What the account allows is not known", said)
            self.assertIn(what, said)
            self.assertFalse([option for option in self.cdk(calls) if option.startswith("accountConcurrency")])

    def test_without_the_aws_command_it_deploys_what_the_options_say(self) -> None:
        said, calls = self.deploy("-c", "encryptionKey=aws", "-c", "edgeKey=1", aws=False)
        self.assertIn("there is no `aws` command", said)
        self.assertEqual([call[0] for call in calls], ["npx", "npx"])

    def test_what_is_asked_for_is_not_asked_of_the_account(self) -> None:
        _, calls = self.deploy("-c", "accountConcurrency=400", describe_stacks=NO_STACK)
        self.assertEqual([word for word in self.cdk(calls) if "Concurrency" in word], ["accountConcurrency=400"])
        self.assertFalse([call for call in calls if call[1:3] == ["lambda", "get-account-settings"]])

    def test_it_ends_with_whom_alarms_reach_and_how_to_hear_one(self) -> None:
        topic, alarm = "arn:aws:sns:eu-central-1:1:alarms", "Holdfast-ManualReviewWaiting-X1"
        deployed = stack(AlarmTopicArn=topic, AlarmToTry=alarm, ReservedConcurrency="none")
        pending = {"SubscriptionArn": "PendingConfirmation", "Endpoint": "late@example.com"}
        confirmed = {"SubscriptionArn": f"{topic}:1", "Endpoint": "a@example.com"}
        for subscriptions, expected in (
            ([pending, confirmed], "Alarms reach a@example.com."),
            ([pending], "Alarms reach nobody"),
            ([], "Alarms reach nobody"),
        ):
            said, _ = self.deploy(
                describe_stacks=deployed, get_account_settings=limit(10, 10), list_subscriptions={"Subscriptions": subscriptions}
            )
            self.assertIn(expected, said)
            self.assertIn("Reserved for no function", said)
            self.assertTrue(said.splitlines()[-1].startswith(f"  aws cloudwatch set-alarm-state --alarm-name {alarm} --state-value ALARM"), said)

    def test_a_deployment_that_fails_ends_so_and_says_no_more(self) -> None:
        said, calls = self.deploy(status=7, describe_stacks=NO_STACK, get_account_settings=limit(1000, 1000))
        self.assertNotIn("Reserved", said)
        self.assertEqual(calls[-1][0], "npx")


if __name__ == "__main__":
    unittest.main()
