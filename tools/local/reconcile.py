"""Calls the deployed reconciliation function, and shows its report as a table."""

from __future__ import annotations

from typing import Any

import aws
from console import Stop, counted, heartbeat

# The function's own timeout, and some seconds for the way.
SECONDS_MAX = 910
DETAIL_LENGTH_MAX = 160


def run(function_name: str, dry_run: bool) -> dict[str, Any]:
    """The report of one run; while it lasts, every few seconds a line says so."""
    with heartbeat("pages, bookings and payments are compared"):
        report, headers = aws.request(
            "lambda", "POST", f"/2015-03-31/functions/{function_name}/invocations", {"dryRun": dry_run}, seconds_max=SECONDS_MAX
        )
    if any(name.lower() == "x-amz-function-error" for name in headers):
        raise Stop(f"The reconciliation has not come to its end: {report}. `make logs FN=reconciliation` says why.")
    return report


def lines(report: dict[str, Any]) -> list[str]:
    """The report for people: what it comes to, then each finding."""
    looked_at = report["lookedAt"]
    out = [
        f"{'Dry run' if report['dryRun'] else 'Run'} of {report['at']}: {counted(looked_at['pages'], 'page')}, "
        f"{counted(looked_at['bookings'], 'booking')}, {counted(looked_at['payments'], 'payment')} looked at"
    ]
    findings = report["findings"]
    if findings:
        repaired = f"{report['repaired']} {'repairable' if report['dryRun'] else 'repaired'}"
        parked = "" if report["dryRun"] else f", {report['parked']} of them parked now"
        out.append(f"{counted(sum(map(len, findings.values())), 'difference')}: {repaired}, {report['forReview']} for review{parked}")
        out += [f"  {len(found):6} {kind}" for kind, found in findings.items()]
    else:
        out.append("No drift.")
    if report["changing"]:
        out.append(f"{counted(report['changing'], 'thing')} changed meanwhile: the next run looks again")
    if report["more"]:
        out.append("The run stopped at its bound: there may be more")
    if findings:
        out += ["", f"{'KIND':20} {'REMEDY':10} SUBJECT"]
    for kind, found in findings.items():
        for finding in found:
            remedy = finding["remedy"] if not report["dryRun"] or finding["remedy"] == "review" else "repairable"
            out.append(f"{kind:20} {remedy:10} {finding['subject']}")
            out.append(f"{'':31} {finding['detail'][:DETAIL_LENGTH_MAX]}")
    return out


def show(report: dict[str, Any]) -> int:
    """Prints the report; the exit status: 1 if something waits for a person."""
    for line in lines(report):
        print(line)
    return 1 if report["forReview"] else 0
