"""The emulator lets pages of the configured origins call, as the template says it."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ministack.services import apigateway  # noqa: E402

from ministack_launcher import read_origins_of_templates  # noqa: E402

ORIGIN = "http://localhost:3000"
# As CloudFormation hands it over.
CONFIGURATION = {
    "AllowOrigins": [ORIGIN],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["Idempotency-Key"],
    "ExposeHeaders": ["Location"],
    "MaxAge": 3600,
}


class Origins(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        read_origins_of_templates()

    def preflight(self, configuration: dict, origin: str) -> tuple[int, dict]:
        status, headers, _ = apigateway._cors_preflight_response(configuration, origin)
        return status, {name: value for name, value in headers.items() if name.startswith("Access-Control-")}

    def test_a_configured_origin_may_call(self) -> None:
        allowed = {
            "Access-Control-Allow-Origin": ORIGIN,
            "Access-Control-Allow-Methods": "GET,POST",
            "Access-Control-Allow-Headers": "Idempotency-Key",
            "Access-Control-Expose-Headers": "Location",
            "Access-Control-Max-Age": "3600",
        }
        self.assertEqual(self.preflight(CONFIGURATION, ORIGIN), (204, allowed))
        answered = apigateway._cors_response_headers(CONFIGURATION, ORIGIN)
        self.assertEqual(answered["Access-Control-Allow-Origin"], ORIGIN)
        self.assertEqual(answered["Access-Control-Expose-Headers"], "Location")

    def test_no_other_may(self) -> None:
        self.assertEqual(self.preflight(CONFIGURATION, "https://elsewhere.example.com"), (403, {}))
        self.assertEqual(apigateway._cors_response_headers(CONFIGURATION, "https://elsewhere.example.com"), {})
        self.assertEqual(self.preflight({}, ORIGIN), (403, {}))


if __name__ == "__main__":
    unittest.main()
