"""A template that names its secret names it by the ARN, as on AWS."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ministack.services import secretsmanager  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402

import ministack_launcher  # noqa: E402

ARN = r"^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:keys-\w{6}$"


class SecretsOfTemplates(unittest.TestCase):
    def setUp(self) -> None:
        self.handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
        patched = mock.patch.dict(self.handlers)
        patched.start()
        self.addCleanup(patched.stop)
        self.addCleanup(secretsmanager._secrets.clear)
        ministack_launcher.refer_to_secrets_by_arn()

    def test_a_secret_lives_and_dies_under_its_arn(self) -> None:
        before, after = ({"Name": "keys", "SecretString": text} for text in ("old", "new"))
        arn, _ = self.handlers["create"]("Keys", before, "Holdfast")
        self.assertRegex(arn, ARN)
        updated, _ = self.handlers["update"](arn, before, after, "Holdfast", "Keys")
        self.assertEqual(updated, arn)
        self.assertEqual(len(secretsmanager._secrets["keys"]["Versions"]), 2)
        self.handlers["delete"](arn, after)
        self.assertNotIn("keys", secretsmanager._secrets)

    def test_another_name_is_another_secret(self) -> None:
        before, after = {"Name": "other", "SecretString": "s"}, {"Name": "keys", "SecretString": "s"}
        arn, _ = self.handlers["create"]("Keys", before, "Holdfast")
        renamed, _ = self.handlers["update"](arn, before, after, "Holdfast", "Keys")
        self.assertRegex(renamed, ARN)
        self.assertNotIn("other", secretsmanager._secrets)


if __name__ == "__main__":
    unittest.main()
