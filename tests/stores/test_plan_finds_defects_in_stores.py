"""Goal: a plan finds what is wrong in one store, by exactly the criterion of it, and names the store in English and Japanese.

Method: one run of small phases with the three stores, started by the plan. The server is the real one with a proxy in front of InfluxDB
that spoils a point, or with somebody beside it who changes a row or crowds Redis (support/bad_target.py); phases of kind `transactions`
are between two defects.
"""

from __future__ import annotations

from pathlib import Path

from support import plans
from support.bad_servers import bad_program

LIMITS = {"latency_p95": 60_000}


def crossed(id_: str) -> str:
    return plans.phase(id_, "cross_store", students=5, minutes=5, events_per_student_s=10)


def load(id_: str) -> str:
    return plans.phase(id_, "phased_load", steps=[5], minutes=8, events_per_student_s=10,
                       limits={**LIMITS, "throughput_per_student": 0.1, "health": 10})


def turn(number: int) -> str:
    return plans.phase(f"t{number}", "transactions", transactions=3)


def test_what_is_wrong_in_a_store_is_found_there(tmp_path: Path) -> None:
    wide = {**LIMITS, "memory_growth": 10_000, "memory_peak": 10_000, "cpu_peak": 100}
    run = plans.play(tmp_path, plans.plan(
        crossed("good"), turn(1), crossed("haunts"), turn(2), crossed("lengthens"), turn(3), crossed("losesold"), turn(4), load("merges"),
        turn(5), load("repeats"), turn(6), load("lacks"), turn(7),
        plans.phase("crowds", "resources", students=5, events_per_student_s=10, seconds=3, baseline_s=3, limits=wide)),
        "--profile", "stores", "--program", bad_program(tmp_path, "none,haunts,lengthens,shortens+losesold,merges,repeats,lacks,crowds"))
    event = "[0-9a-f-]{36}"
    run.check({
        "haunts": ("students_equal", "PostgreSQL has 5 students, InfluxDB 6", "学生数が PostgreSQL では 5、InfluxDB では 6"),
        "lengthens": ("duration_difference", "PostgreSQL has .* s of runs, InfluxDB", "実行時間の合計（秒）が PostgreSQL では"),
        "losesold": ("totals_equal", r"PostgreSQL has \d+ events, InfluxDB \d+", r"イベント数が PostgreSQL では \d+、InfluxDB では"),
        "merges": ("events_lost", f"^1 promised event is missing in InfluxDB, the first: {event}", "^InfluxDB にない、確約済みのイベントが 1 件"),
        "repeats": ("events_duplicated", f"^1 event stands more than once in InfluxDB, the first: {event}", "^InfluxDB で重複しているイベントが 1 件"),
        "lacks": ("events_lost", f"^1 promised event is missing in PostgreSQL, the first: {event}", "^PostgreSQL にない、確約済みのイベントが 1 件"),
        "crowds": ("redis_connections", r"Redis had 2\d\d clients", r"Redis の接続が 2\d\d 本"),
    })
