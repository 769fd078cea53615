"""Goal: what judges a server finds a defect of it, exactly that one, and says what is wrong; and finds none in a good server.

Method: a class, and clients of the live socket, against the real server behind a proxy that spoils one thing (support/bad_target.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.bad_servers import bad_server
from support.server import run_command

NO_FAULTS = dict.fromkeys(("lost", "phantom", "doubled", "wrong", "refused", "order", "differs"), 0)


def audit(folder: Path, defect: str) -> tuple[int, dict[str, int], str]:
    """Exit status, faults of the export by kind, what a person reads."""
    server = bad_server(folder / "data", defect).start()
    try:
        url = f"http://127.0.0.1:{server.port}"
        run_command("simulate", "--server", url, "--speed", "max", "--batch", 20, "--connections", 4, "--students", 20, "--events", 10_000,
                    "--seed", 5, "--ledger", folder / "ledger")
        asked = ("audit", "--server", url, "--ledger", folder / "ledger")
        seen = json.loads(run_command(*asked, "--json", check=False).stdout)
        text = run_command(*asked, check=False)
    finally:
        server.stop()
    (store,) = seen["stores"]
    return text.returncode, {kind: store[kind] for kind in NO_FAULTS}, text.stdout.decode()


def test_a_good_server_has_no_fault(tmp_path: Path) -> None:
    status, faults, text = audit(tmp_path, "none")
    assert (status, faults) == (0, NO_FAULTS), text


@pytest.mark.parametrize(("defect", "kind", "number"), [("drops", "lost", 1), ("doubles", "doubled", 1), ("changes", "wrong", 1)])
def test_the_audit_finds_exactly_what_is_wrong(tmp_path: Path, defect: str, kind: str, number: int) -> None:
    status, faults, text = audit(tmp_path, defect)
    assert (status, faults) == (1, NO_FAULTS | {kind: number}), text
    assert f"{kind:<9}export " in text and "A promise is broken." in text


def load(folder: Path, defect: str, status: int = 0) -> dict:
    server = bad_server(folder / f"data-{defect}", defect).start()
    try:
        done = run_command("load", "--url", f"http://127.0.0.1:{server.port}", "--json", "--rate", 100, "--duration", 3, "--warm-up", 0,
                           "--max-lag", 60_000, "--max-cpu", 1_000, check=False)
    finally:
        server.stop()
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


@pytest.mark.alone
def test_the_load_sees_a_server_that_stalls(tmp_path: Path) -> None:
    good, bad = load(tmp_path, "none"), load(tmp_path, "stalls")
    assert bad["latency"]["p95_ms"] >= 600 > 500 >= good["latency"]["p95_ms"]
    assert bad["errors"] == good["errors"] == {}


def test_the_load_sees_a_server_that_fails(tmp_path: Path) -> None:
    bad = load(tmp_path, "fails", status=1)
    assert bad["errors"] == {"status_503": (bad["offered"]["requests"] + 7) // 10}, "the third and each tenth behind it"
