"""Deploys the CDK template to MiniStack, tells the neighbours of it, writes down what came out."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from datetime import date
from urllib.parse import urlencode

import aws
import config
import fingerprint
import processes
from commands import run_logged, tool_env
from console import Stop, step

CDK = config.CDK_DIR / "node_modules" / ".bin" / "cdk"
CATALOGUE_DIR = config.ROOT / "tools" / "catalogue"
CATALOGUE_LOADER = CATALOGUE_DIR / "load.py"
OUTPUTS_FILE = config.LOCAL_DIR / "cdk-outputs.json"
MAIL_DOMAIN = "example.com"

# As the CDK app has them by itself, unless the functions reach the neighbours under another name.
CONTEXT = [
    "-c", "local=true",
    "-c", f"issuerUrl={config.TOKEN_ISSUER}",
    "-c", f"staffIssuerUrl={config.TOKEN_ISSUER}{config.STAFF_PATH}",
    "-c", f"stripeApiUrl=http://{config.NEIGHBOUR_HOST}:{config.STRIPE_PORT}",
    "-c", f"partnerWebhookUrl=http://{config.NEIGHBOUR_HOST}:{config.INBOX_PORT}/webhooks",
    "-c", f"publicUrl={config.API_URL.format(ApiId='{ApiId}')}",
    # Where nobody listens: who signs in at the emulator's pool takes the code from the address.
    "-c", f"guestCallbackUrls={config.SIGNED_IN_URL}",
    # Origins whose pages may call the API: CORS_ORIGINS=http://localhost:3000 make up
    "-c", f"corsOrigins={os.environ.get('CORS_ORIGINS', '')}",
]

# Kept in the emulator, not in a file: they come and go with the state that they describe.
DEPLOYED_PARAMETER = "/holdfast/local/deployed"
OUTPUTS_PARAMETER = "/holdfast/local/outputs"
CATALOGUE_PARAMETER = "/holdfast/local/catalogue"


def deploy() -> None:
    with step("Stack (cdk deploy)") as note:
        wanted = fingerprint.of_files(
            [
                *(config.CDK_DIR / name for name in ("bin", "lib", "cdk.json", "package-lock.json")),
                config.ROOT / "statemachines",
                config.ROOT / "docs" / "openapi.json",
                config.ROOT / "docs" / "events" / "catalogue.json",
                config.LAMBDA_DIR,
            ]
        ) + " ".join(CONTEXT)
        if aws.parameter(DEPLOYED_PARAMETER) == wanted:
            note("unchanged")
        else:
            cdk_bootstrap()
            cdk_deploy()
            aws.put_parameter(OUTPUTS_PARAMETER, json.dumps(read_outputs()))
            aws.put_parameter(DEPLOYED_PARAMETER, wanted)
            note("deployed")
    aws.verify_mail_domain(MAIL_DOMAIN)
    values = stack_values(json.loads(aws.parameter(OUTPUTS_PARAMETER) or "{}"))
    check_api(values["API_URL"])
    set_webhook_target(values["API_URL"])
    write_values(values)


def cdk(*arguments: str, log_name: str, what: str) -> None:
    # The CLI's own checks cost seconds and say nothing of this stack: cdk-nag and, in `make test`, cfn-lint look at the template.
    env = tool_env(**config.AWS_ENV, CDK_DISABLE_CLI_TELEMETRY="true", CDK_VALIDATION="false", CI="true")
    run_logged([str(CDK), *arguments], log_name, what=what, env=env, cwd=config.CDK_DIR)


def cdk_bootstrap() -> None:
    """The bucket and roles that `cdk deploy` expects in an account."""
    version = aws.parameter("/cdk-bootstrap/hnb659fds/version")
    if version is None:
        cdk("bootstrap", f"aws://{config.ACCOUNT}/{config.REGION}", *CONTEXT, log_name="cdk-bootstrap", what="cdk bootstrap")


def cdk_deploy() -> None:
    cdk(
        "deploy", config.STACK_NAME, "--method", "direct", "--require-approval", "never", *CONTEXT,
        "--outputs-file", str(OUTPUTS_FILE), "--progress", "events", log_name="cdk-deploy", what="cdk deploy",
    )


def read_outputs() -> dict[str, str]:
    outputs = json.loads(OUTPUTS_FILE.read_text()).get(config.STACK_NAME)
    if not outputs or "ApiId" not in outputs:
        raise Stop("cdk deploy wrote no output ApiId: see .local/logs/cdk-deploy.log.")
    return outputs


def stack_values(outputs: dict[str, str]) -> dict[str, str]:
    """What `make env` prints: the stack's outputs under environment names, and the local neighbours."""
    named = {upper_snake(name): value for name, value in sorted(outputs.items())}
    return {
        "API_URL": config.API_URL.format(ApiId=outputs["ApiId"]),
        # The distribution, for who sends EDGE_HOST as the Host header: its own name leads to AWS.
        "EDGE_URL": config.AWS_ENDPOINT_URL,
        **config.AWS_ENV,
        "STRIPE_API_URL": config.STRIPE_API_URL,
        "STRIPE_API_KEY": config.STRIPE_API_KEY,
        "STRIPE_WEBHOOK_SECRET": config.STRIPE_WEBHOOK_SECRET,
        "ISSUER_URL": config.ISSUER_URL,
        "PARTNER_INBOX_URL": config.PARTNER_INBOX_URL,
        "PARTNER_SIGNING_SECRET": config.PARTNER_SIGNING_SECRET,
    } | {name: value for name, value in named.items() if name not in ("API_URL", "EDGE_URL")}


def upper_snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def write_values(values: dict[str, str]) -> None:
    config.STACK_JSON_FILE.write_text(json.dumps(values, indent=2) + "\n")
    config.STACK_ENV_FILE.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def check_api(api_url: str) -> None:
    if not processes.answers(f"{api_url}/api/availability?resourceType=hotel&location=NYC&start=2030-01-01&end=2030-01-02", 20):
        raise Stop(
            "The deployed API does not answer a search: `make logs FN=search` shows the function's log; "
            "`make down clean-local up` starts from nothing."
        )


def set_webhook_target(api_url: str) -> None:
    wish = json.dumps({"webhookUrl": f"{api_url}/api/webhooks/stripe"}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{config.STRIPE_API_URL}/_config", data=wish, method="POST"), timeout=5)


def issue_token(subject: str, scope: str, expires_in: str = "", groups: str = "") -> str:
    """A token of staff if it is to have the scope of operators, else of a guest: no issuer may vouch for both."""
    odd = {"expires_in": expires_in, "groups": groups}
    form = {"sub": subject, "scope": scope} | {name: value for name, value in odd.items() if value}
    path = config.STAFF_PATH if config.STAFF_SCOPE in scope.split() else ""
    with urllib.request.urlopen(f"{config.ISSUER_URL}{path}/token", data=urlencode(form).encode(), timeout=5) as answer:
        return json.loads(answer.read())["access_token"]


def load_catalogue() -> None:
    with step("Sample catalogue") as note:
        if not CATALOGUE_LOADER.exists():
            note("none")
            return
        # Its flights and events lie some weeks ahead: each week brings new ones.
        year, week, _ = date.today().isocalendar()
        wanted = f"{fingerprint.of_files([CATALOGUE_DIR, config.SAMPLES_DIR])} {year}-{week}"
        if aws.parameter(CATALOGUE_PARAMETER) == wanted:
            note("loaded before")
            return
        values = json.loads(config.STACK_JSON_FILE.read_text())
        token = issue_token("catalogue", "booking/operator", groups="platform")
        # Its own environment variables too, so that neither the URL nor the token must stand in a process list.
        env = tool_env(API_URL=values["API_URL"], OPERATOR_TOKEN=token)
        run_logged([sys.executable, str(CATALOGUE_LOADER)], "catalogue", what="Loading the sample catalogue", env=env)
        aws.put_parameter(CATALOGUE_PARAMETER, wanted)
        note("loaded")
