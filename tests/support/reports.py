"""Reports of runs that no plan has played, in the form of docs/reference/report.md."""

from __future__ import annotations

import copy
import json
import math
from datetime import datetime, timedelta, timezone
from pathlib import Path

BEGAN = datetime(2026, 9, 21, 14, 13, 20, tzinfo=timezone.utc)


def time_text(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def criterion(name: str, limit: str, unit: str, measured: float | None, held: bool, reason: str = "", reason_ja: str = "") -> dict:
    return {"name": name, "limit": limit, "unit": unit, "measured": measured, "applies": True, "held": held, "reason": reason, "reason_ja": reason_ja}


def series(name: str, unit: str, values: list[float | None]) -> dict:
    return {"name": name, "unit": unit, "at_us": [second * 1_000_000 for second in range(len(values))], "value": values}


def phase(number: str, name: str, name_ja: str, verdict: str, begin: float, end: float, **more: object) -> dict:
    return {"id": number, "name": name, "name_ja": name_ja, "verdict": verdict, "reason": "", "reason_ja": "", "began": time_text(begin),
            "ended": time_text(end), "criteria": [], "figures": [], "series": [], "faults": [], **more}


def load_series(seconds: int, rate: float, latency: float) -> list[dict]:
    def wave(second: int, of: float) -> float:
        return 1 + 0.08 * math.sin(second * of) + 0.05 * math.sin(second * of * 3.7 + of)

    steps = [0.1 + 0.225 * min(4, second * 5 // seconds) for second in range(seconds + 1)]
    return [
        series("achieved_events_per_s", "events/s", [round(rate * step * wave(second, 0.9), 1) for second, step in enumerate(steps)]),
        series("throughput_events_per_s", "events/s", [round(rate * step * wave(second, 1.3), 1) for second, step in enumerate(steps)]),
        series("latency_p50_ms", "ms", [round(latency / 4 * wave(second, 0.7), 2) for second in range(seconds + 1)]),
        series("latency_p95_ms", "ms", [round(latency * wave(second, 1.1), 2) for second in range(seconds + 1)]),
        series("latency_p99_ms", "ms", [round(latency * 2.1 * wave(second, 1.7), 2) for second in range(seconds + 1)]),
        series("cpu_percent", "%", [round(40 * step * wave(second, 0.6), 1) for second, step in enumerate(steps)]),
        series("host_cpu_percent", "%", [round(64 * step * wave(second, 0.5), 1) for second, step in enumerate(steps)]),
        series("generator_cpu_percent", "%", [round(17 * step * wave(second, 0.8), 1) for second, step in enumerate(steps)]),
        series("memory_mb", "MB", [round(92 + 0.04 * second, 1) for second in range(seconds + 1)]),
        series("lag_events", "", [float(int(20 * wave(second, 2.1))) for second in range(seconds + 1)]),
        series("response_time_ms", "ms", [None if second % 40 == 13 else round(0.8 * wave(second, 0.4), 3) for second in range(seconds + 1)]),
        series("redis_connected_clients", "", [4.0] * (seconds + 1)),
    ]


def fault_series() -> list[dict]:
    made = load_series(120, 1000, 4.2)
    for one in made:
        if one["name"] == "lag_events":
            one["value"][30:101] = [float(1000 * (second - 30) if second <= 60 else 30_000 - 750 * (second - 60)) for second in range(30, 101)]
        if one["name"].startswith("redis"):
            one["value"][30:61] = [None] * 31
    return made


def realistic(latency: float = 4.2) -> dict:
    """One of each verdict; it has failed."""
    return {
        "format": "cellmon-run-report", "version": 1, "verdict": "failed", "plan": "100-students", "profile": "stores",
        "target": "cellmon 0.1.0", "quick": False, "interrupted": True, "seed": 20_260_401, "began": time_text(0), "ended": time_text(1020),
        "machine": {"cpu": "AMD EPYC 7B13", "cores": 2, "memory_bytes": 8_323_000_000, "kernel": "Linux 6.1.0", "file_system": "ext4"},
        "bottleneck": "", "bottleneck_reason": "", "bottleneck_reason_ja": "", "left_out": [],
        "phases": [
            phase("2.1", "phased load", "段階負荷", "passed", 0, 300, criteria=[
                criterion("throughput_per_student", "≥ 10", "events/s", 10.02, True), criterion("latency_p95", "≤ 500", "ms", latency, True),
                criterion("error_rate", "≤ 0.1", "%", 0.0, True), criterion("events_lost", "≤ 0", "", 0.0, True)],
                figures=[{"name": "latency_p99_ms", "unit": "ms", "value": latency * 2.1, "better": "lower"},
                         {"name": "achieved_events_per_s", "unit": "events/s", "value": 1001.7, "better": "higher"},
                         {"name": "events_sent", "unit": "", "value": 165_281.0, "better": "neither"}],
                series=load_series(300, 1000, latency)),
            phase("4.1", "Redis killed", "Redis の強制終了", "failed", 310, 430, reason="2 of 3 criteria do not hold",
                  reason_ja="3 項目のうち 2 項目が満たされませんでした",
                  criteria=[criterion("events_lost", "≤ 0", "", 0.0, True),
                            criterion("recovery_time", "< 60", "s", 61.4, False, "The stream had caught up 61.4 s after the fault ended",
                                      "障害の終了から 61.4 秒後に追いつきました"),
                            criterion("events_duplicated", "≤ 0", "", None, False, "InfluxDB gave no answer within 30 s",
                                      "InfluxDB が 30 秒以内に応答しませんでした")],
                  series=fault_series(),
                  faults=[{"kind": "kill", "target": "redis", "began": time_text(340), "ended": time_text(370), "recovered": time_text(410)}]),
            phase("1.3", "WebSocket broadcast", "WebSocket 一斉配信", "invalid", 440, 452,
                  reason="The generator was late: 2.4 ms at the 99th percentile, 1 ms is allowed",
                  reason_ja="負荷生成側が遅れました（99 パーセンタイルで 2.4 ms、上限 1 ms）",
                  criteria=[criterion("broadcast_time", "< 10", "s", 0.18, True)]),
            phase("4.1-disk", "full disk", "ディスク満杯", "not_applicable", 452, 452, reason="The profile names no data directory",
                  reason_ja="このプロファイルにはデータディレクトリがありません"),
            phase("4.2", "soak", "長時間運転", "not_run", 460, 460, reason="The plan was stopped", reason_ja="計画が中断されました",
                  criteria=[criterion("memory_growth", "< 512", "MB", None, False)]),
        ],
    }


def passing(latency: float = 4.2, days: float = 0, **changes: object) -> dict:
    """The first phase alone, some days later."""
    report = realistic(latency)
    report.update(verdict="passed", interrupted=False, phases=report["phases"][:1], **changes)
    moved = copy.deepcopy(report)
    for one in (moved, *moved["phases"]):
        for name in ("began", "ended"):
            moment = datetime.strptime(one[name], "%Y-%m-%dT%H:%M:%S.%fZ") + timedelta(days=days)
            one[name] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return moved


def write(report: dict, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    return folder
