"""Availability over all phases, and backup.

可用性とバックアップ。
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from availability import AvailabilityPoller
from cellmon_testing import ClassroomSimulator, LocalSystem, audit_ledger, audit_stores, program
from sizes import SIZES


def test_availability(poller: AvailabilityPoller, record_property: Callable[[str, object], None]) -> None:
    """Health was polled all along, also while stores were away; a server that was killed on purpose is another one."""
    assert poller.asked > 100, "play the other phases with this one"
    record_property("availability", f"{poller.share:.3%} of {poller.asked} questions")
    assert poller.share >= 0.999, poller.failures[:5]


def cellmon(*arguments: object) -> None:
    done = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.needs("backup")
async def test_backup(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Backup under load, wipe, restore: 100 % of what was acknowledged before the backup point. `cellmon plan run --profile stores --phase backup`
    plays it with PostgreSQL, InfluxDB and Redis."""
    ledger, before, where = tmp_path / "class.ndjson", tmp_path / "before.ndjson", tmp_path / "backups"
    with LocalSystem(stores=False) as system:
        data = system.target.data
        simulator = ClassroomSimulator(students=100, session_duration_minutes=SIZES.faulty_session_minutes, ledger=ledger)
        load = asyncio.create_task(simulator.run_with_monitoring())
        await asyncio.sleep(SIZES.fault_begins)
        # What was promised until now; its last line may be half written.
        shutil.copy(ledger, before)
        await asyncio.to_thread(cellmon, "backup", "--data", data, "--to", where)
        assert not load.done(), "the class was over before the backup was"
        await load
        system.server.stop()
        shutil.rmtree(data)
        await asyncio.to_thread(cellmon, "restore", "--from", where, "--data", data)
        system.server.start()
        promised = await asyncio.to_thread(audit_ledger, before, 60.0)
        assert promised["clean"] and promised["promised"] > 0, promised
        stores = (await asyncio.to_thread(audit_stores))["stores"]
        assert all(store["clean"] for store in stores), stores
        record_property("backup", f"all of {promised['promised']} events that were promised before it came back")
