"""The evaluator of policies against examples of AWS's documentation, and what is held against roles with it."""

from __future__ import annotations

import copy
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config  # noqa: E402
import policies  # noqa: E402
import policy_check  # noqa: E402
import recorded_calls  # noqa: E402
from console import Stop  # noqa: E402
from policies import Right, Roles, decision  # noqa: E402
from rare_rights import RARE, Rare  # noqa: E402
from recorded_calls import Call, Recorder, one_of_each_kind  # noqa: E402

SCORES = "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores"


def policy(*statements: dict) -> list[dict]:
    return [{"Version": "2012-10-17", "Statement": list(statements)}]


def asked(action: str, resource: str, *keys: str) -> Call:
    return Call("function", action, resource, keys)


class EvaluatorTest(unittest.TestCase):
    def check(self, documents: list[dict], call: Call, expected: str) -> None:
        self.assertEqual(decision(documents, call), expected, call)

    def test_items_with_a_partition_key(self) -> None:
        """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html, example 1"""
        documents = policy({
            "Effect": "Allow", "Resource": [SCORES],
            "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"],
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["amzn1.account.one"]}},
        })
        self.check(documents, asked("dynamodb:GetItem", SCORES, "amzn1.account.one"), "Allow")
        self.check(documents, asked("dynamodb:GetItem", SCORES, "amzn1.account.two"), "ImplicitDeny")
        self.check(documents, asked("dynamodb:BatchGetItem", SCORES, "amzn1.account.one", "amzn1.account.two"), "ImplicitDeny")
        self.check(documents, asked("dynamodb:Scan", SCORES), "ImplicitDeny")
        self.check(documents, asked("dynamodb:Query", f"{SCORES}/index/by-score", "amzn1.account.one"), "ImplicitDeny")

    def test_every_value_of_a_request_and_none(self) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html: a
        request without the key fulfils ForAllValues."""
        documents = policy({"Effect": "Allow", "Action": "*", "Resource": "*",
                            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["R#*", "B#?"]}}})
        for keys, expected in ((("R#1", "R#2"), "Allow"), (("B#1",), "Allow"), (("B#12",), "ImplicitDeny"), (("R#1", "X#1"), "ImplicitDeny"),
                               (("r#1",), "ImplicitDeny"), ((), "Allow")):
            self.check(documents, asked("dynamodb:GetItem", SCORES, *keys), expected)

    def test_a_denial_counts_for_more_than_any_allowance(self) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_AccessPolicyLanguage_Interplay.html"""
        documents = policy({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}) + policy(
            {"Effect": "Deny", "Action": "dynamodb:Delete*", "Resource": SCORES})
        self.check(documents, asked("dynamodb:DeleteItem", SCORES), "Deny")
        self.check(documents, asked("dynamodb:DeleteItem", f"{SCORES}2"), "Allow")
        self.check(documents, asked("dynamodb:PutItem", SCORES), "Allow")

    def test_all_actions_but_some(self) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"""
        documents = policy({"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*"})
        self.check(documents, asked("s3:PutObject", "arn:aws:s3:::bucket/key"), "Allow")
        self.check(documents, asked("s3:DeleteBucket", "arn:aws:s3:::bucket"), "ImplicitDeny")
        self.check(documents, asked("sqs:SendMessage", "arn:aws:sqs:us-west-2:123456789012:queue"), "ImplicitDeny")

    def test_wildcards(self) -> None:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html and ..._resource.html"""
        documents = policy({"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::111122223333:user/Bob?"})
        for action, user, expected in (("iam:CreateAccessKey", "Bob1", "Allow"), ("IAM:createaccesskey", "Bob1", "Allow"),
                                       ("iam:CreateUser", "Bob1", "ImplicitDeny"), ("iam:CreateAccessKey", "bob1", "ImplicitDeny"),
                                       ("iam:CreateAccessKey", "Bob", "ImplicitDeny")):
            self.check(documents, asked(action, f"arn:aws:iam::111122223333:user/{user}"), expected)

    def test_a_condition_that_nobody_knows_is_not_fulfilled(self) -> None:
        documents = policy({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringSimilar": {"dynamodb:LeadingKeys": "R"}}})
        self.check(documents, asked("dynamodb:GetItem", SCORES, "R"), "ImplicitDeny")


class RecordTest(unittest.TestCase):
    def test_of_each_kind_of_items_one_is_recorded(self) -> None:
        self.assertEqual(one_of_each_kind(["B#2", "R#1", "B#1", "Y"]), ("B#1", "R#1", "Y"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calls.jsonl"
            self.assertEqual(recorded_calls.read(path), [])
            for recorder in (Recorder(path), Recorder(path)):
                for key in ("B#1", "B#2", "R#1"):
                    recorder.note("hold", "dynamodb:GetItem", SCORES, [key])
            expected = [Call("hold", "dynamodb:GetItem", SCORES, (key,)) for key in ("B#1", "R#1")]
            self.assertEqual(recorded_calls.read(path), expected)


class RolesTest(unittest.TestCase):
    """On the template that goes to AWS, with physical ids and calls as a run makes them."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = json.loads(policy_check.TEMPLATE.read_text())
        cls.ids = {id: physical_id(id, one["Type"]) for id, one in cls.template["Resources"].items()}
        cls.roles = Roles(cls.template, cls.ids)
        # A run that does everything that the roles allow, once.
        own = [right for right in cls.roles.rights() if not policy_check.is_used_by_aws(right, cls.roles)]
        cls.calls = [call_of(right) for right in own]

    def findings(self, template: dict, calls: list[Call], rare: list[Rare] | None = None) -> list[str]:
        return policy_check.findings(Roles(template, self.ids), calls, RARE if rare is None else rare)

    def test_a_run_that_does_everything_that_is_allowed_finds_nothing(self) -> None:
        self.assertEqual(self.findings(self.template, self.calls), [])
        self.assertEqual(policy_check.controls(self.template, self.ids, self.calls), [])

    def test_a_run_that_recorded_nothing_is_none(self) -> None:
        self.assertIn("No call was recorded.", self.findings(self.template, []))

    def test_the_check_reads_the_record_and_says_what_it_has_held(self) -> None:
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(policy_check, "physical_ids_of_stack", lambda: self.ids):
            path = Path(folder) / "calls.jsonl"
            recorder = Recorder(path)
            for call in (*self.calls, Call("aws-cdk", "ssm:GetParameter", "*")):
                recorder.note(call.function, call.action, call.resource, call.leading_keys)
            with mock.patch.object(policy_check, "say") as said:
                policy_check.main(path)
            self.assertIn(f"{len(self.calls)} kinds of calls of 16 functions: 0 denied.", said.call_args.args[0])
            recorder.note("holdfast-search", "dynamodb:Scan", self.calls[0].resource, [])
            with self.assertRaises(Stop) as stop:
                policy_check.main(path)
            self.assertIn("AWS would deny holdfast-search: dynamodb:Scan", str(stop.exception))

    def test_each_action_too_few_is_found(self) -> None:
        for call in self.calls:
            found = self.findings(policy_check.with_one_less(self.template, call), self.calls, [])
            self.assertTrue(any(line.startswith(f"AWS would deny {call.function}: {call.action} on ") for line in found), call)

    def test_an_action_too_many_is_found(self) -> None:
        for call in {call.function: call for call in self.calls}.values():
            found = self.findings(policy_check.with_one_more(self.template, call), self.calls)
            self.assertEqual(found, [f"No call needed {call.function}: dynamodb:DeleteTable on *"])

    def test_items_too_many_are_found(self) -> None:
        changed = copy.deepcopy(self.template)
        for statement in policy_check.statements_of(changed, "holdfast-search"):
            if "Condition" in statement:
                keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
                keys.append("B#*")
        found = self.findings(changed, self.calls)
        rights = [("GetItem", "TablesLedger"), ("BatchGetItem", "TablesLedger"), ("GetItem", "TablesHolds"), ("UpdateItem", "TablesHolds")]
        expected = {f"No call needed holdfast-search: dynamodb:{action} on {table} of B#*" for action, table in rights}
        self.assertEqual(set(found), expected)

    def test_a_call_about_other_items_is_denied(self) -> None:
        ledger = next(right.resource for right in self.roles.rights() if right.place == "TablesLedger")
        found = self.findings(self.template, [*self.calls, Call("holdfast-search", "dynamodb:GetItem", ledger, ("B#1",))])
        self.assertEqual(found, [f"AWS would deny holdfast-search: dynamodb:GetItem on {ledger} of B#1"])

    def test_what_is_not_called_and_not_known_to_be_rare_is_found(self) -> None:
        without = [call for call in self.calls if call.function != "holdfast-relay"]
        self.assertEqual(self.findings(self.template, without), ["No call needed holdfast-relay: events:PutEvents on ChannelsBus"])

    def test_what_is_rare_may_be_missing_and_may_be_there(self) -> None:
        is_rare = [any(policy_check.is_of(right, one) for one in RARE) for right in self.rights_of_calls()]
        without = [call for call, rare in zip(self.calls, is_rare, strict=True) if not rare]
        self.assertEqual(len(self.calls) - len(without), len(RARE))
        self.assertEqual(self.findings(self.template, without), [])

    def rights_of_calls(self) -> list[Right]:
        return [right for right in self.roles.rights() if not policy_check.is_used_by_aws(right, self.roles)]

    def test_a_line_for_no_right_or_without_its_test_is_found(self) -> None:
        stale = Rare("search", "dynamodb:PutItem", "TablesLedger", "R#*", "Makefile", "test")
        found = self.findings(self.template, self.calls, [stale])
        self.assertEqual(found, [
            "rare_rights.py: no role has search: dynamodb:PutItem on TablesLedger of R#*",
            "rare_rights.py: there is no such test for search: dynamodb:PutItem on TablesLedger of R#*",
        ])

    def test_what_aws_does_is_bound_to_what_feeds_the_function(self) -> None:
        right = Right("holdfast-notify", "sqs:ReceiveMessage", f"arn:aws:sqs:{config.REGION}:{config.ACCOUNT}:other", "other")
        self.assertFalse(policy_check.is_used_by_aws(right, self.roles))
        self.assertIn("ChannelsNotify", {one.place for one in self.roles.rights() if one.action == right.action})


def physical_id(id: str, kind: str) -> str:
    if kind == "AWS::SQS::Queue":
        return f"http://localhost:4566/{config.ACCOUNT}/{id}"
    if kind == "AWS::SecretsManager::Secret":
        return f"arn:aws:secretsmanager:{config.REGION}:{config.ACCOUNT}:secret:{id}"
    return id


def call_of(right: Right) -> Call:
    """A call that needs that right: patterns are filled in."""
    keys = (right.keys.replace("*", "1"),) if right.keys else ()
    return Call(right.function, right.action, right.resource.replace("*", "one"), keys)


if __name__ == "__main__":
    unittest.main()
