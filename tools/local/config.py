"""Names, ports and paths of the local stack, in one place. Standard library only: `make` runs this before any install."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS_DIR = ROOT / "tools" / "local"
CDK_DIR = ROOT / "infra" / "cdk"
SAMPLES_DIR = ROOT / "events" / "samples"
LOCAL_DIR = ROOT / ".local"

VENV_DIR = LOCAL_DIR / "venv"
AUDIT_DIR = LOCAL_DIR / "audit"
VENV_PYTHON = VENV_DIR / "bin" / "python"
LAMBDA_DIR = LOCAL_DIR / "lambda"
RUN_DIR = LOCAL_DIR / "run"
LOG_DIR = LOCAL_DIR / "logs"
STATE_DIR = LOCAL_DIR / "state"
LOCALSTRIPE_STATE = STATE_DIR / "localstripe.pickle"
SHIM_STATE = STATE_DIR / "stripe-shim.pickle"
INBOX_STATE = STATE_DIR / "partner-inbox.json"
KEYS_DIR = LOCAL_DIR / "keys"
STAMP_DIR = LOCAL_DIR / "stamps"
MUTANTS_DIR = LOCAL_DIR / "mutants"
# The calls of the deployed functions since somebody began the record anew, by taking the file away.
RECORDED_CALLS_FILE = RUN_DIR / "calls.jsonl"
STACK_ENV_FILE = LOCAL_DIR / "stack.env"
STACK_JSON_FILE = LOCAL_DIR / "stack.json"

STACK_NAME = "Holdfast"
REGION = "us-east-1"
ACCOUNT = "000000000000"

MINISTACK_PORT = 4566
LOCALSTRIPE_PORT = 8420
STRIPE_PORT = 8421
ISSUER_PORT = 8422
INBOX_PORT = 8423
MICROBURST_PORT = 8424

AWS_ENDPOINT_URL = f"http://localhost:{MINISTACK_PORT}"
# Where the API of a given id is. `%24default` is the stage `$default`; written so, it survives a shell that reads the line.
API_URL = f"{AWS_ENDPOINT_URL}/_aws/execute-api/{{ApiId}}/%24default"
LOCALSTRIPE_URL = f"http://localhost:{LOCALSTRIPE_PORT}"
STRIPE_API_URL = f"http://localhost:{STRIPE_PORT}"
ISSUER_URL = f"http://localhost:{ISSUER_PORT}"
PARTNER_INBOX_URL = f"http://localhost:{INBOX_PORT}"
MICROBURST_URL = f"http://localhost:{MICROBURST_PORT}"

# How functions reach the servers beside the emulator. Another name than localhost is needed only where they run in
# containers, as LocalStack's do; the servers then listen on all interfaces, and the issuer signs for callers on this machine alone.
NEIGHBOUR_HOST = os.environ.get("NEIGHBOUR_HOST", "localhost")
NEIGHBOUR_BIND = "127.0.0.1" if NEIGHBOUR_HOST == "localhost" else "0.0.0.0"
TOKEN_ISSUER = f"http://{NEIGHBOUR_HOST}:{ISSUER_PORT}"
# Where guests come back to who have signed in at the emulator's user pool.
SIGNED_IN_URL = "http://localhost:3000/signed-in"
# The issuer of staff's tokens, which has keys of its own, and alone may vouch for the scope of operators.
STAFF_PATH = "/staff"
STAFF_SCOPE = "booking/operator"

# The local stack's public test values, worth nothing anywhere else; the CDK app puts the same ones into its secret.
STRIPE_API_KEY = "sk_test_holdfast_local"
STRIPE_WEBHOOK_SECRET = "whsec_holdfast_local"
PARTNER_SIGNING_SECRET = "whsec_aG9sZGZhc3QtbG9jYWwtcGFydG5lci1zZWNyZXQ="
TOKEN_AUDIENCE = "holdfast-local"
STAFF_AUDIENCE = "holdfast-local-staff"

# Of a process that has nothing to save.
STOP_SECONDS_MAX = 20
# A busy machine loads much data slowly.
START_SECONDS_MAX = 180

AWS_ENV = {
    "AWS_ENDPOINT_URL": AWS_ENDPOINT_URL,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
