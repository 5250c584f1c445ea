"""Calls the deployed reconciliation function, and shows its report as a table."""

from __future__ import annotations

from typing import Any

import aws
from console import Stop, counted, heartbeat, say

# The function's own timeout, and some seconds for the way.
SECONDS_MAX = 910
DETAIL_LENGTH_MAX = 160


def run(function_name: str, dry_run: bool) -> dict[str, Any]:
    """The report of everything, however many runs that takes; while one lasts, every few seconds a line says so. A dry run is one
    run: nothing is kept from which another could go on."""
    reports = [call(function_name, {"dryRun": True} if dry_run else {"begin": True})]
    while not dry_run and not is_whole(reports[-1]):
        say(f"      {so_far(reports[-1])}; the next run goes on")
        # Another run beside this one may have kept its own cycle: then this one goes over everything once more.
        reports.append(call(function_name, {"begin": not (reports[-1]["cycle"]["isKept"] or reports[-1]["cycle"]["isOver"])}))
    return together(reports)


def call(function_name: str, request: dict[str, bool]) -> dict[str, Any]:
    """The report of one run."""
    with heartbeat("pages, bookings and payments are compared"):
        report, headers = aws.request(
            "lambda", "POST", f"/2015-03-31/functions/{function_name}/invocations", request, seconds_max=SECONDS_MAX
        )
    if any(name.lower() == "x-amz-function-error" for name in headers):
        raise Stop(f"The reconciliation has not come to its end: {report}. `make logs FN=reconciliation` says why.")
    return report


def is_whole(report: dict[str, Any]) -> bool:
    """Whether everything has been looked at, and every page compared."""
    return report["cycle"]["isOver"] and report["cycle"]["isWhole"]


def so_far(report: dict[str, Any]) -> str:
    looked_at = report["lookedAt"]
    what = ", ".join(counted(looked_at[kind], kind.removesuffix("s")) for kind in ("pages", "bookings", "payments"))
    return f"this run has looked at {what}"


def together(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """What several runs have found as one report. A cycle after the first looks at everything again, to compare further pages."""
    findings: dict[str, dict[str, Any]] = {}
    cycles: dict[str, dict[str, int]] = {}
    for report in reports:
        for kind, found in report["findings"].items():
            findings.setdefault(kind, {}).update({finding["subject"]: finding for finding in found})
        seen = cycles.setdefault(report["cycle"]["beganAt"], {})
        for kind, count in report["lookedAt"].items():
            seen[kind] = seen.get(kind, 0) + count
    remedies = [finding["remedy"] for found in findings.values() for finding in found.values()]
    return reports[-1] | {
        "at": reports[0]["at"],
        "lookedAt": {kind: max(seen[kind] for seen in cycles.values()) for kind in reports[-1]["lookedAt"]},
        "changing": sum(report["changing"] for report in reports),
        "repaired": remedies.count("repaired"),
        "forReview": remedies.count("review"),
        "parked": sum(report["parked"] for report in reports),
        "more": any(report["more"] for report in reports),
        "findings": {kind: list(found.values()) for kind, found in findings.items()},
    }


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
    if report["left"]:
        left = ", ".join(f"{count} {work}" for work, count in report["left"].items())
        out.append(f"Left to the next run, which has a budget of its own: {left}")
    if not report["cycle"]["isOver"]:
        out.append("Its time was up before everything was looked at")
    if report.get("notShown"):
        out.append(f"{counted(report['notShown'], 'difference')} more in the log: the answer has no room for them")
    if report["more"]:
        out.append("There is more of a kind than one run reports: the next run has the rest")
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
