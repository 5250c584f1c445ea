"""The webhook endpoint is registered from the list in the code, once, and brought up to date; no secret is shown."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

TOOLS = Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS))
# The fake of Stripe is the local stack's.
sys.path.insert(0, str(TOOLS.parent / "local/tests"))

import stripe_webhook  # noqa: E402
from test_shim import ShimThread  # noqa: E402

KEY = "sk_test_of_the_webhook"
URL = "https://api.example.com/api/webhooks/stripe"


class StripeWebhookTest(unittest.TestCase):
    def setUp(self) -> None:
        # Endpoints are the shim's own: nothing listens where localstripe would be.
        self.shim = ShimThread("http://127.0.0.1:9")
        self.addCleanup(self.shim.stop)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.secret_file = Path(folder.name) / "secret"
        self.stripe = stripe_webhook.Stripe(self.shim.url, KEY)

    def run_it(self, url: str = URL, secret_file: str = "", key: str = KEY) -> tuple[int, str]:
        """The exit status, and all that is printed."""
        out = io.StringIO()
        key_file = self.secret_file.with_name("key")
        key_file.write_text(key + "\n")
        with mock.patch.dict(os.environ, {"STRIPE_API_URL": self.shim.url}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = stripe_webhook.main(["--url", url, "--key-file", str(key_file), "--secret-file", secret_file])
        return status, out.getvalue()

    def test_it_is_registered_once_with_the_kinds_of_the_code(self) -> None:
        status, said = self.run_it(secret_file=str(self.secret_file))
        self.assertEqual(status, 0, said)
        [endpoint] = self.stripe.endpoints()
        self.assertEqual((endpoint["url"], endpoint["enabled_events"]), (URL, stripe_webhook.kinds()))
        self.assertIn("charge.dispute.created", endpoint["enabled_events"])
        secret = self.secret_file.read_text().strip()
        self.assertTrue(secret.startswith("whsec_"), "the signing secret is written down")
        self.assertEqual(stat.S_IMODE(self.secret_file.stat().st_mode), 0o600)
        again = self.run_it()
        self.assertEqual((again[0], len(self.stripe.endpoints())), (0, 1), again[1])
        self.assertIn("is as it should be", again[1])
        for hidden in (KEY, secret):
            self.assertNotIn(hidden, said + again[1])

    def test_another_endpoint_is_left_alone_and_an_old_one_is_brought_up_to_date(self) -> None:
        form = [("url", "https://other.example.com/hook"), ("enabled_events[]", "*")]
        other = self.stripe.call("POST", "/v1/webhook_endpoints", form)
        old = [("url", URL), ("enabled_events[]", "payment_intent.succeeded"), ("enabled_events[]", "customer.created")]
        known = self.stripe.call("POST", "/v1/webhook_endpoints", old)
        self.stripe.call("POST", f"/v1/webhook_endpoints/{known['id']}", [("disabled", "true")])
        status, said = self.run_it()
        self.assertEqual(status, 0, said)
        for line in (f"updated {known['id']}", "+ refund.failed", "- customer.created", "enabled again"):
            self.assertIn(line, said)
        by_id = {one["id"]: one for one in self.stripe.endpoints()}
        self.assertEqual(by_id[known["id"]]["enabled_events"], stripe_webhook.kinds())
        self.assertEqual(by_id[known["id"]]["status"], "enabled")
        self.assertEqual(by_id[other["id"]]["enabled_events"], ["*"])

    def test_what_is_not_right_is_said_before_anything_is_done(self) -> None:
        for url in ("https://api.example.com", "api.example.com/api/webhooks/stripe", URL + "?x=1"):
            self.assertIn("is not the webhook's address", self.run_it(url=url)[1])
        beside = "https://a1.execute-api.eu-central-1.amazonaws.com/api/webhooks/stripe"
        self.assertIn("is the API's own address", self.run_it(url=beside)[1])
        for key in ("", "two words", "sk_test_one\nsk_test_two"):
            self.assertIn("does not hold a key of Stripe", self.run_it(key=key)[1])
        for key_file, said in (("", "KEY_FILE=... is missing"), ("/nowhere/key", "KEY_FILE=/nowhere/key cannot be read")):
            out = io.StringIO()
            with contextlib.redirect_stderr(out):
                self.assertEqual(stripe_webhook.main(["--url", URL, "--key-file", key_file]), 1)
            self.assertIn(said, out.getvalue())
        self.assertIn("SECRET_FILE", self.run_it()[1])
        self.secret_file.write_text("kept")
        self.assertIn("exists", self.run_it(secret_file=str(self.secret_file))[1])
        self.assertEqual((self.stripe.endpoints(), self.secret_file.read_text()), ([], "kept"))
        status, said = self.run_it(key="pk_no_secret_key")
        self.assertEqual(status, 1)
        self.assertIn("Stripe answered 401", said)
        self.assertNotIn("pk_no_secret_key", said)

    def test_two_of_the_same_url_are_for_a_person(self) -> None:
        for _ in range(2):
            self.stripe.call("POST", "/v1/webhook_endpoints", [("url", URL), ("enabled_events[]", "*")])
        status, said = self.run_it()
        self.assertEqual(status, 1)
        self.assertIn("2 endpoints have the URL", said)


if __name__ == "__main__":
    unittest.main()
