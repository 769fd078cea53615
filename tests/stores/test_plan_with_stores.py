"""Goal: `cellmon plan run --profile stores` starts real PostgreSQL, InfluxDB and Redis, hurts them, and finds in each of them what was sent.

Method: a small plan with a fault of each store; then nothing of it is left on the machine.
"""

from __future__ import annotations

from pathlib import Path

from support import plans
from support.influxdb import PASSWORD, USER, InfluxDB
from support.server import wait_until

LOAD = {"students": 5, "events_per_student_s": 10}


def test_a_small_plan_with_stores(tmp_path: Path) -> None:
    run = plans.play(tmp_path, plans.plan(
        plans.phase("1.1", "offline_sync", students=5, minutes=5),
        plans.phase("1.2", "lms", classes=2, assignments=2, students=5),
        plans.phase("2.2", "resources", **LOAD, seconds=4, baseline_s=2, limits={"cpu_peak": 100}),
        plans.phase("3.1", "cross_store", students=5, minutes=2, events_per_student_s=10),
        plans.phase("3.2", "transactions", transactions=20),
        *(plans.phase(f"4.1-{store}", "faults", **LOAD, seconds=6, fault=plans.fault("kill", store, 1, 2))
          for store in ("postgresql", "influxdb", "redis")),
        plans.phase("4.1-network", "faults", **LOAD, seconds=6,
                    fault="".join(plans.fault("slow", store, 1, 2, latency_ms=20) for store in ("postgresql", "influxdb", "redis"))),
        plans.phase("4.1-refused", "faults", **LOAD, seconds=6, fault=plans.fault("refuse", "postgresql", 1, 2)),
        plans.phase("availability", "availability", **LOAD, seconds=2),
        plans.phase("backup", "backup", **LOAD, seconds=4)), "--profile", "stores")
    assert [(phase["id"], phase["verdict"]) for phase in run.report["phases"] if phase["verdict"] != "passed"] == [], run.progress
    assert run.status == 0
    assert run.criteria("2.2")["redis_connections"]["measured"] >= 1
    for name in ("students_equal", "totals_equal", "duration_difference"):
        assert run.criteria("3.1")[name]["held"]
    (students,) = [one["value"] for one in run.phase("3.1")["figures"] if one["name"] == "students"]
    assert students == 5
    assert run.criteria("backup")["backup_restored"]["measured"] == 100
    assert len(run.phase("4.1-network")["faults"]) == 3
    assert plans.left_behind(tmp_path) == []


def test_points_that_go_are_seen(influxdb: InfluxDB, tmp_path: Path) -> None:
    """In an InfluxDB that somebody else started: a student's points are dropped between two phases."""
    database = influxdb.new_database()
    text = plans.plan(plans.phase("2.1", "phased_load", steps=[3], minutes=2, limits={"health": 10}),
                      plans.phase("availability", "availability", students=3, seconds=4),
                      plans.phase("3.1", "cross_store", students=3, minutes=1))
    process = plans.begin(tmp_path, text, "--profile", "stores", "--influx", f"http://127.0.0.1:{influxdb.port}", "--influx-database", database,
                          "--influx-user", USER, "--influx-password", PASSWORD)
    try:
        wait_until((tmp_path / "out" / "report.json").exists, "the first phase is over", plans.END_S)
        points = influxdb.query("SELECT count(sequence) FROM student_progress WHERE emailAddress = 'student001@example.com'", database)[0]["count"]
        influxdb.query("DROP SERIES FROM student_progress WHERE emailAddress = 'student001@example.com'", database)
        _, progress = process.communicate(timeout=plans.END_S)
    finally:
        process.kill()
        process.wait()
    run = plans.Run(process.returncode, tmp_path / "out", "", progress.decode())
    assert run.criteria("2.1")["events_lost"]["measured"] == 0, progress
    lost = run.criteria("availability")["events_lost"]
    assert lost["measured"] == points > 0 and "in InfluxDB" in lost["reason"]
    totals = run.criteria("3.1")["totals_equal"]
    assert totals["measured"] == points and "InfluxDB" in totals["reason"]
    assert run.status == 1
