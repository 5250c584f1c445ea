"""Asks the running API what docs/openapi.json allows and what it forbids, and holds the answers against it (schemathesis).

Only what a deployed stack can show: no 5xx, no status, media type, header or body that the document does not have, be the answer the
functions' or the gateway's. That readers of requests and schemas agree is a Rust test, which names the rules that no schema
can say (shared/api/tests/http/agreement.rs).
"""

from __future__ import annotations

import subprocess
import sys

import config
import deploy
import running
from commands import tool_env
from console import Stop, say

SEED = 1
# Cases per operation and token: together about a minute.
EXAMPLES_MAX = 25
SCOPES = ("booking/guest", "booking/operator")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def command(url: str, token: str) -> list[str]:
    return [
        str(config.VENV_DIR / "bin" / "schemathesis"), "run", str(config.ROOT / "docs" / "openapi.json"), "--url", url,
        "--header", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS),
        "--phases", "examples,fuzzing", "--max-examples", str(EXAMPLES_MAX), "--seed", str(SEED), "--generation-database", "none",
        # Whoever stops holds stops everybody else at the stack.
        "--exclude-operation-id", "stopHolds", "--exclude-operation-id", "stopHoldsOfResource", "--workers", "1", "--request-timeout", "40", "--no-shrink", "--warnings", "off",
    ]


def main() -> int:
    url = running.values()["API_URL"]
    for scope in SCOPES:
        say(f"As {scope}")
        token = deploy.issue_token("document-check", scope, groups="platform")
        # In a folder of its own: it leaves its findings where it runs.
        status = subprocess.run(command(url, token), cwd=config.RUN_DIR, env=tool_env(), stdin=subprocess.DEVNULL).returncode
        if status != 0:
            say(f"Answers are not as docs/openapi.json says, or are 5xx: see above (seed {SEED}).")
            return status
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stop as stop:
        say(str(stop))
        sys.exit(1)
