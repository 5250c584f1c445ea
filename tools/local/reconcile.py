"""Calls the deployed reconciliation function, and shows its report as a table."""

from __future__ import annotations

from typing import Any

import aws
from console import Stop

# The function's own timeout, and some seconds for the way.
SECONDS_MAX = 910
DETAIL_LENGTH_MAX = 160


def run(function_name: str, dry_run: bool) -> dict[str, Any]:
    """The report of one run."""
    report, headers = aws.request(
        "lambda", "POST", f"/2015-03-31/functions/{function_name}/invocations", {"dryRun": dry_run}, seconds_max=SECONDS_MAX
    )
    if any(name.lower() == "x-amz-function-error" for name in headers):
        raise Stop(f"The reconciliation has not come to its end: {report}. `make logs FN=reconciliation` says why.")
    return report


def lines(report: dict[str, Any]) -> list[str]:
    """The report for people."""
    looked_at = report["lookedAt"]
    out = [
        f"{'Dry run' if report['dryRun'] else 'Run'} of {report['at']}: {looked_at['pages']} pages, "
        f"{looked_at['bookings']} bookings, {looked_at['payments']} payments looked at"
    ]
    if not report["findings"]:
        return [*out, "No drift."]
    out.append(f"{'KIND':20} {'REMEDY':10} SUBJECT")
    for kind, findings in report["findings"].items():
        for finding in findings:
            remedy = finding["remedy"] if not report["dryRun"] or finding["remedy"] == "review" else "repairable"
            out.append(f"{kind:20} {remedy:10} {finding['subject']}")
            out.append(f"{'':31} {finding['detail'][:DETAIL_LENGTH_MAX]}")
    counts = ", ".join(f"{len(findings)} {kind}" for kind, findings in report["findings"].items())
    out.append(f"{counts}; {report['repaired']} {'repairable' if report['dryRun'] else 'repaired'}, {report['forReview']} for review"
               + ("" if report["dryRun"] else f", {report['parked']} of them parked now"))
    if report["changing"]:
        out.append(f"{report['changing']} things were changed meanwhile: the next run looks at them")
    if report["more"]:
        out.append("The run stopped at its bound: there may be more")
    return out


def show(report: dict[str, Any]) -> int:
    """Prints the report; the exit status: 1 if something waits for a person."""
    for line in lines(report):
        print(line)
    return 1 if report["forReview"] else 0
