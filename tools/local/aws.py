"""The few calls to the emulated AWS that the tooling makes itself: JSON over HTTP, no SDK, no signature to check."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import config

CALL_SECONDS_MAX = 30
# The most lines of a log in one answer.
LOG_EVENTS_MAX = 10_000


class AwsError(Exception):
    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.status = status
        self.kind = kind


def request(service: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None,
            seconds_max: float = CALL_SECONDS_MAX) -> tuple[Any, dict[str, str]]:
    """One call; the emulator reads account, region and service from the credential scope and never checks the signature."""
    scope = f"{config.AWS_ENV['AWS_ACCESS_KEY_ID']}/20260101/{config.REGION}/{service}/aws4_request"
    all_headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/json",
    } | (headers or {})
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    call = urllib.request.Request(config.AWS_ENDPOINT_URL + path, data=data, headers=all_headers, method=method)
    try:
        with urllib.request.urlopen(call, timeout=seconds_max) as answer:
            return json.loads(answer.read() or b"null"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        try:
            content = json.loads(text)
        except ValueError:
            content = {}
        kind = str(content.get("__type") or error.headers.get("x-amzn-errortype") or error.code).rpartition("#")[2]
        raise AwsError(error.code, kind, str(content.get("message") or content.get("Message") or text)) from error


def call(service: str, target: str, body: dict[str, Any]) -> Any:
    """A call of a service with the JSON protocol, `AmazonSSM.GetParameter` for example."""
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    return request(service, "POST", "/", body, headers)[0]


def query(service: str, form: dict[str, str]) -> bytes:
    """A call of a service with the query protocol; its answer is XML."""
    scope = f"{config.AWS_ENV['AWS_ACCESS_KEY_ID']}/20260101/{config.REGION}/{service}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    call = urllib.request.Request(config.AWS_ENDPOINT_URL, urllib.parse.urlencode(form).encode(), headers)
    with urllib.request.urlopen(call, timeout=CALL_SECONDS_MAX) as answer:
        return answer.read()


def parameter(name: str) -> str | None:
    try:
        return call("ssm", "AmazonSSM.GetParameter", {"Name": name})["Parameter"]["Value"]
    except AwsError as error:
        if error.kind == "ParameterNotFound":
            return None
        raise


def put_parameter(name: str, value: str) -> None:
    call("ssm", "AmazonSSM.PutParameter", {"Name": name, "Value": value, "Type": "String", "Overwrite": True})


def verify_mail_domain(domain: str) -> None:
    """SES refuses mail from senders that are not verified; locally one call verifies."""
    try:
        request("ses", "POST", "/v2/email/identities", {"EmailIdentity": domain})
    except AwsError as error:
        if error.kind != "AlreadyExistsException":
            raise


def function_configuration(name: str) -> dict[str, Any]:
    return request("lambda", "GET", f"/2015-03-31/functions/{name}/configuration")[0]


def log_groups() -> list[str]:
    """The names of all log groups."""
    names: list[str] = []
    body: dict[str, Any] = {}
    while True:
        page = call("logs", "Logs_20140328.DescribeLogGroups", body)
        names += [group["logGroupName"] for group in page["logGroups"]]
        if not page.get("nextToken"):
            return names
        body = {"nextToken": page["nextToken"]}


def log_events(group: str, since_milliseconds: int, text: str = "") -> list[dict[str, Any]]:
    """The first lines since then that have the text, at most `LOG_EVENTS_MAX`, the oldest first."""
    body: dict[str, Any] = {"logGroupName": group, "startTime": since_milliseconds, "limit": LOG_EVENTS_MAX}
    if text:
        body["filterPattern"] = f'"{text}"'
    return call("logs", "Logs_20140328.FilterLogEvents", body)["events"]
