"""Goal: whatever happens to PostgreSQL while a class goes on, no event is lost or doubled, nobody waits for it, and it has all of them
soon behind the fault.

Method: the table of `support/faults.py`, each fault for real beside the other two stores (`support/fault_run.py`); the judges are
the generator's ledger and the rows as any program reads them.
"""

from __future__ import annotations

from typing import Callable

import pytest

from support.events import cell_executed
from support.faults import FAULTS
from support.gate import Gate
from support.live_watch import LiveWatch
from support.postgres import Postgres
from support.server import Server, wait_until
from support.stores import PostgresStore


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(run_fault: Callable[..., None], fault: str) -> None:
    run_fault(fault, "postgres")


def test_fault_and_deaths_of_the_server(run_fault: Callable[..., None]) -> None:
    run_fault("killed", "postgres", server_dies=True)


def test_the_live_page_waits_for_no_store(new_server: Callable[..., Server], new_gate: Callable[[int], Gate], postgres: Postgres) -> None:
    """With the timeouts of a school, half a minute for an answer, PostgreSQL says nothing: the figures of the live page go on each second,
    also those of a server that began meanwhile."""
    gate = new_gate(postgres.port)
    server = new_server(environment=PostgresStore(postgres, gate, shared=True).environment).start()
    watch = LiveWatch(server.port, server_may_die=True)
    try:
        sent = 0

        def goes_on(figures: int) -> None:
            """One comes a second."""
            nonlocal sent
            for _ in range(figures):
                assert server.post([cell_executed()]).status == 202
                sent += 1
                wait_until(lambda: watch.received >= sent, "the live page shows it", 4)

        goes_on(2)
        gate.stall()
        goes_on(5)
        port = server.port
        server.kill()
        server.start(port=port)
        goes_on(5)
        gate.open()
        server.wait_until_projected(60)
        goes_on(2)
    finally:
        watch.close()
