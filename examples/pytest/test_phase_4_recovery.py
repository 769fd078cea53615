"""Phase 4: something dies while everybody works, and nothing is lost.

フェーズ4：障害回復と長時間安定性。
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cellmon_testing import (ClassroomSimulator, LocalSystem, PerformanceMonitor, SimulationResult, audit_ledger, audit_stores,
                             inject_redis_failure, program, recover_redis)
from sizes import SIZES

RECOVERED_S = 60.0


async def until_all_is_there(ledger: Path) -> dict[str, Any]:
    """Nothing lost, nothing doubled: the journal has what was promised, and each store has all of the journal."""
    deadline = time.monotonic() + RECOVERED_S
    promised = await asyncio.to_thread(audit_ledger, ledger, RECOVERED_S)
    assert promised["clean"], promised
    while True:
        stores = (await asyncio.to_thread(audit_stores))["stores"]
        behind = [store["store"] for store in stores if not store["clean"] or store["throughSequence"] < promised["promised"]]
        if not behind and len({store["throughSequence"] for store in stores}) == 1:
            return dict(promised)
        assert time.monotonic() < deadline, (behind, stores)
        await asyncio.sleep(0.2)


async def play_with_fault(ledger: Path, fault: Callable[[], object], recover: Callable[[], object]) -> tuple[SimulationResult, dict[str, Any], float]:
    """A class of 100 works; behind its middle everything is well again. The seconds from the end of the fault until all is there, at most: the
    rest of the class is among them."""
    simulator = ClassroomSimulator(students=100, session_duration_minutes=SIZES.faulty_session_minutes, ledger=ledger)
    load = asyncio.create_task(simulator.run_with_monitoring())
    await asyncio.sleep(SIZES.fault_begins)
    await asyncio.to_thread(fault)
    await asyncio.sleep(SIZES.fault_ends - SIZES.fault_begins)
    assert not load.done(), "the class was over before the fault was"
    await asyncio.to_thread(recover)
    over = time.monotonic()
    result = await load
    promised = await until_all_is_there(ledger)
    return result, promised, time.monotonic() - over


def check(result: SimulationResult, promised: dict[str, Any], seconds: float) -> str:
    assert result.errors.get("refused", 0) == result.errors.get("unknown", 0) == 0, result.errors
    assert result.error_rate == 0 and promised["promised"] == result.acknowledged_events
    assert seconds < RECOVERED_S
    return f"{promised['promised']} events promised, all there at most {seconds:.1f} s behind the end of the fault"


async def test_4_1_redis_fault(system: LocalSystem, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Redis is killed under load, and comes back."""
    outcome = await play_with_fault(tmp_path / "class.ndjson", inject_redis_failure, recover_redis)
    record_property("Redis", check(*outcome))


@pytest.mark.parametrize("name", ["postgresql", "influxdb"])
async def test_4_1_other_stores(system: LocalSystem, name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """The same for each other store."""
    (store,) = [one for one in system.stores if one.name == name]
    outcome = await play_with_fault(tmp_path / "class.ndjson", store.kill, store.start)
    record_property(name, check(*outcome))


async def test_4_1_server(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """kill -9 of the server itself; the clients send again what they have no answer for."""
    with LocalSystem() as system:
        outcome = await play_with_fault(tmp_path / "class.ndjson", system.server.kill, system.server.start)
        record_property("server", check(*outcome))


@pytest.mark.parametrize("phase", ["4.1-network", "4.1-disk", "4.1-clock"])
def test_4_1_faults_of_the_machine(phase: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """A slow network, a full disk, a clock that steps: `cellmon plan` gives the server a gate, a disk and a clock of its own for them."""
    out = tmp_path / "out"
    quick = ["--quick"] if SIZES.name == "quick" else []
    played = subprocess.run([program(), "plan", "run", "100-students", "--phase", phase, "--out", out, *quick], capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stderr
    (report,) = [one for one in json.loads((out / "report.json").read_text(encoding="utf-8"))["phases"] if one["id"] == phase]
    assert report["verdict"] == "passed", report["reason"]
    record_property(report["name"], {one["name"]: one["measured"] for one in report["criteria"]})


async def test_4_2_soak(system: LocalSystem, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """100 students, one class behind the other (4 h at full size): memory stays, nothing is lost."""
    monitor = PerformanceMonitor()
    await monitor.start_monitoring(interval_seconds=0.5 if SIZES.name == "quick" else 5.0)
    began, events, classes = time.monotonic(), 0, 0
    while time.monotonic() - began < SIZES.soak_seconds:
        ledger = tmp_path / "class.ndjson"
        result = await ClassroomSimulator(students=100, session_duration_minutes=SIZES.session_minutes, ledger=ledger).run_with_monitoring()
        assert result.error_rate == 0, result.errors
        promised = await until_all_is_there(ledger)
        events, classes = events + promised["promised"], classes + 1
    summary = await monitor.stop_monitoring()
    grown = {name: part["memory_growth_mb"] for name, part in summary["processes"].items()}
    record_property("soak", f"{events} events in {classes} classes, {time.monotonic() - began:.0f} s; memory growth in MB: {grown}")
    assert grown["server"] is not None and grown["server"] < 512
    assert summary["statistics"]["memory"]["peak"] < 4_000
