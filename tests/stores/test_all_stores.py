"""Goal: what happens to all three stores at once while a class goes on costs no event either, and they come back together.

Method: as for each of them alone (`test_postgres_faults.py`).
"""

from __future__ import annotations

from typing import Callable

import pytest

from support.faults import FAULTS

ALL = ("postgres", "influxdb", "redis")


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(run_fault: Callable[..., None], fault: str) -> None:
    run_fault(fault, *ALL)


@pytest.mark.parametrize("fault", ["killed", "stalled"])
def test_fault_and_deaths_of_the_server(run_fault: Callable[..., None], fault: str) -> None:
    run_fault(fault, *ALL, server_dies=True)
