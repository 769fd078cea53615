"""Counts the test cases in JUnit reports.

    python3 tools/count_tests.py REPORT…      prints `<passed> <failed>`, and each failed case on standard error

A case that was skipped or did not run counts as failed: it proves nothing, and a suite must not shrink unseen. A missing
or unreadable report is one failure.
"""

import sys
import xml.etree.ElementTree as ElementTree


def outcome(case: ElementTree.Element) -> str:
    """Empty for a case that passed, else the reason."""
    for tag in ("failure", "error", "skipped"):
        child = case.find(tag)
        if child is not None:
            return f"{tag}: {(child.get('message') or child.text or '').strip().splitlines()[:1]}"
    # CTest says it in an attribute: run, fail, notrun, disabled.
    status = case.get("status", "run")
    return "" if status in ("run", "passed") else status


def count(report: str) -> tuple[int, int]:
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"  failed: {report}: no report ({error})", file=sys.stderr)
        return 0, 1
    passed = failed = 0
    for case in root.iter("testcase"):
        reason = outcome(case)
        if reason:
            failed += 1
            print(f"  failed: {case.get('classname')} {case.get('name')}: {reason}", file=sys.stderr)
        else:
            passed += 1
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
