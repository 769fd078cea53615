"""Counts the test cases in JUnit reports, and in TAP reports (`*.tap`) of flat tests.

    python3 tools/count_tests.py REPORT…      prints `<passed> <failed>`, and each failed case on standard error

A case that was skipped or did not run counts as failed: it proves nothing, and a suite must not shrink unseen. A missing
or unreadable report is one failure.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from typing import Iterator


def outcome(case: ElementTree.Element) -> str:
    """Empty for a case that passed, else the reason."""
    for tag in ("failure", "error", "skipped"):
        child = case.find(tag)
        if child is not None:
            return f"{tag}: {(child.get('message') or child.text or '').strip().splitlines()[:1]}"
    # CTest says it in an attribute: run, fail, notrun, disabled.
    status = case.get("status", "run")
    return "" if status in ("run", "passed") else status


def junit_cases(report: str) -> Iterator[tuple[str, str]]:
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        yield f"{case.get('classname')} {case.get('name')}", outcome(case)


def tap_cases(report: str) -> Iterator[tuple[str, str]]:
    with open(report, encoding="utf-8") as file:
        lines = file.read().splitlines()
    results = [match for match in (re.match(r"(not )?ok \d+ - (.*)", line) for line in lines) if match]
    for result in results:
        skipped = re.search(r" # (SKIP|TODO)\b", result[2])
        yield result[2], "not ok" if result[1] else skipped[1].lower() if skipped else ""
    # The plan stands at the end: without it the run was cut off.
    if f"1..{len(results)}" not in lines:
        yield report, "the plan is missing"


def count(report: str) -> tuple[int, int]:
    passed = failed = 0
    try:
        for name, reason in tap_cases(report) if report.endswith(".tap") else junit_cases(report):
            if reason:
                failed += 1
                print(f"  failed: {name}: {reason}", file=sys.stderr)
            else:
                passed += 1
    except (OSError, ElementTree.ParseError) as error:
        print(f"  failed: {report}: no report ({error})", file=sys.stderr)
        return 0, 1
    if passed + failed == 0:
        print(f"  failed: {report}: holds no test at all", file=sys.stderr)
        return 0, 1
    return passed, failed


def main() -> int:
    totals = [count(report) for report in sys.argv[1:]]
    print(sum(passed for passed, _ in totals), sum(failed for _, failed in totals))
    return 0


if __name__ == "__main__":
    sys.exit(main())
