"""The verdict on what a server kept, by `cellmon audit`."""

from __future__ import annotations

import os

from cellmon_testing._awaiting import AwaitableDict
from cellmon_testing._program import run_json
from cellmon_testing.target import Target, current_target


def audit_ledger(ledger: str | os.PathLike[str], timeout_seconds: float = 60.0, allow_others: bool = True,
                 target: Target | None = None) -> AwaitableDict:
    """Holds what clients were promised (ClassroomSimulator(ledger=…)) against what the server exports: `clean`, and the counts of each
    fault (lost, doubled, altered, …) in `stores`. `allow_others`: events that are not in the ledger are none.

    >>> assert audit_ledger("class.ndjson")["clean"]
    """
    used = target or current_target()
    options = ["--server", used.server, "--ledger", ledger, "--wait", f"{timeout_seconds:g}s", "--json"]
    return AwaitableDict(run_json(["audit", *options, *(["--allow-others"] if allow_others else [])], used.client_environment(), (0, 1),
                                  timeout_seconds + 600.0))


def audit_stores(target: Target | None = None) -> AwaitableDict:
    """Holds each store of the target against the journal, each row and point (`cellmon audit --deep`): `clean`, and `stores` with the
    differences of each, or the `error` of one that could not be read and is not clean. The target must name the server's data folder."""
    used = target or current_target()
    if not used.data:
        raise ValueError("the target does not name the server's data folder (CELLMON_SERVER_DATA)")
    said = run_json(["audit", "--data", used.data, "--deep", "--json"], used.store_environment(), (0, 1, 3))
    return AwaitableDict(said, clean=all(store["clean"] for store in said["stores"]))
