"""Goal: whatever happens to Redis while a class goes on, no event is lost or doubled, nobody waits for it, and it has all of them
soon behind the fault.

Method: the table of `support/faults.py`, each fault for real beside the other two stores (`support/fault_run.py`); the judges are
the generator's ledger and the stream as any program reads it.
"""

from __future__ import annotations

from typing import Callable

import pytest

from support.faults import FAULTS


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(run_fault: Callable[..., None], fault: str) -> None:
    run_fault(fault, "redis")


def test_fault_and_deaths_of_the_server(run_fault: Callable[..., None]) -> None:
    run_fault("killed", "redis", server_dies=True)
