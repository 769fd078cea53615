#!/usr/bin/env python3
"""Writes Grafana's dashboards from the short description in this file.

    python3 tools/generate_dashboards.py deploy/grafana/dashboards [--check]

The files are provisioned as they are, and are part of the program, which makes the same dashboards through Grafana's HTTP
API (`cellmon monitor --grafana`). With --check nothing is written; the exit status is 1 when a file is not what it would be.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

DATA_SOURCE = {"type": "prometheus", "uid": "cellmon-prometheus"}
RATE = "[$__rate_interval]"
WIDTH, HEIGHT = 24, 8


@dataclass
class Panel:
    """A plot over time: expressions with the legend of each, and the unit as Grafana names it."""

    title: str
    unit: str
    queries: list[tuple[str, str]]
    about: str = ""
    least: float | None = 0
    width: int = 8
    # Values and their colours from there on, for what is good or bad.
    thresholds: list[tuple[float | None, str]] = field(default_factory=list)
    kind: str = "timeseries"
    words: dict[int, str] = field(default_factory=dict)


def of_server(text: str) -> str:
    """With the label that tells servers apart in every selector written as `{…}`."""
    return text.replace("{", '{instance=~"$instance",').replace(",}", "}")


def quantile(share: float, name: str) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({name}_bucket{{}}{RATE})))"


SERVER = [
    ("受け付け / Ingest", [
        Panel("イベント / Events", "evps", [(f"sum by (outcome) (rate(cellmon_ingest_events_total{{}}{RATE}))", "{{outcome}}")],
              "stored: 保存、duplicate: 再送、conflict: 同じ ID で別の内容、refused: 拒否"),
        Panel("リクエスト / Requests", "reqps", [(f"sum by (class) (rate(cellmon_http_requests_total{{}}{RATE}))", "{{class}}")]),
        Panel("応答時間 / Response time", "s", [(quantile(0.5, "cellmon_http_request_seconds"), "p50"),
                                             (quantile(0.95, "cellmon_http_request_seconds"), "p95"),
                                             (quantile(0.99, "cellmon_http_request_seconds"), "p99")],
              "最初のバイトから応答まで / From the first byte of a request to its answer",
              thresholds=[(None, "green"), (0.5, "red")]),
        Panel("エラー率 / Error rate", "percentunit",
              [(f'sum(rate(cellmon_http_requests_total{{class="5xx"}}{RATE})) / sum(rate(cellmon_http_requests_total{{}}{RATE}))', "5xx")],
              thresholds=[(None, "green"), (0.001, "red")]),
        Panel("ジャーナルの同期 / Journal sync", "s", [("cellmon_journal_last_sync_seconds{}", "{{instance}}")],
              "最後の書き込みと同期にかかった時間 / Duration of the last write and sync"),
        Panel("書き込み待ち / Waiting for the journal", "bytes", [("cellmon_journal_queue_bytes{}", "{{instance}}")]),
    ]),
    ("ストア / Stores", [
        Panel("遅れ（イベント） / Lag in events", "short", [("cellmon_projection_lag_events{}", "{{projection}}")]),
        Panel("遅れ（時間） / Lag in time", "s", [("cellmon_projection_lag_seconds{}", "{{projection}}")],
              thresholds=[(None, "green"), (60, "red")]),
        Panel("適用イベント / Events applied", "evps",
              [(f"sum by (projection) (rate(cellmon_projection_batch_events_sum{{}}{RATE}))", "{{projection}}")]),
        Panel("失敗 / Failures", "short", [(f"sum by (projection) (increase(cellmon_projection_failures_total{{}}{RATE}))", "{{projection}}")]),
        Panel("ストアの状態 / Stores away", "none", [("cellmon_projection_waiting{}", "{{projection}}")],
              "1: 応答なし、再試行中 / 1 while a store is away", width=4, kind="stat",
              thresholds=[(None, "green"), (1, "red")], words={0: "OK", 1: "応答なし / away"}),
        Panel("要対応 / Alarms", "none", [("cellmon_projection_alarm{}", "{{projection}}")],
              "1: 人の判断が必要 / 1 when somebody has to look", width=4, kind="stat",
              thresholds=[(None, "green"), (1, "red")], words={0: "OK", 1: "要対応 / look"}),
        Panel("保存できないイベント / Dead letters", "short", [("cellmon_projection_dead_letters{}", "{{projection}}")], width=4, kind="stat",
              thresholds=[(None, "green"), (1, "red")]),
        Panel("監査 / Audit", "none", [("cellmon_audit_clean{}", "{{store}}")],
              "1: 前回の監査で差異なし / 1 when the last audit found no difference", width=4, kind="stat",
              thresholds=[(None, "red"), (1, "green")], words={0: "差異あり / differs", 1: "OK"}),
    ]),
    ("ライブ表示 / Live", [
        Panel("学生 / Students", "short", [("cellmon_live_students{}", "{{status}}")]),
        Panel("WebSocket", "short", [("cellmon_http_websockets{}", "open"), ("cellmon_push_clients{}", "live")]),
        Panel("配信メッセージ / Messages sent", "ops", [(f"sum(rate(cellmon_push_messages_total{{}}{RATE}))", "messages")]),
    ]),
    ("プロセス / Process", [
        Panel("CPU", "percentunit", [(f"rate(process_cpu_seconds_total{{}}{RATE})", "{{instance}}")],
              "1 コアに対する割合 / Share of one core"),
        Panel("メモリ / Memory", "bytes", [("process_resident_memory_bytes{}", "{{instance}}")]),
        Panel("ファイルとスレッド / Files and threads", "short", [("process_open_fds{}", "files"), ("process_threads{}", "threads")]),
    ]),
]

TEST_RUN = [
    ("概要 / At a glance", [
        Panel("健全性 / Health", "none", [("cellmon_monitor_health{}", "{{instance}}")], width=6, kind="stat",
              thresholds=[(None, "green"), (1, "orange"), (2, "red")],
              words={0: "正常 / healthy", 1: "警告 / warning", 2: "危険 / critical"}),
        Panel("保存レート / Stored", "evps", [("cellmon_monitor_throughput_events_per_s{}", "events/s")], width=6, kind="stat"),
        Panel("応答時間 / Response time", "ms", [("cellmon_monitor_response_time_ms{}", "ms")], width=6, kind="stat",
              thresholds=[(None, "green"), (500, "red")]),
        Panel("CPU", "percent", [("cellmon_monitor_cpu_percent{}", "%")], "サーバーとストア、全コアに対する割合 / Server and stores, share of all cores",
              width=6, kind="stat", thresholds=[(None, "green"), (80, "red")]),
    ]),
    ("負荷 / Load", [
        Panel("スループット / Throughput", "evps", [("cellmon_monitor_throughput_events_per_s{}", "stored")]),
        Panel("応答時間 / Response time", "ms", [("cellmon_monitor_response_time_ms{}", "health check")], thresholds=[(None, "green"), (500, "red")]),
        Panel("エラー率 / Error rate", "percentunit", [("cellmon_monitor_error_rate{}", "5xx")], thresholds=[(None, "green"), (0.001, "red")]),
    ]),
    ("資源 / Resources", [
        Panel("CPU", "percent", [("cellmon_monitor_cpu_percent{}", "server + stores"), ("cellmon_monitor_host_cpu_percent{}", "host"),
                                 ("cellmon_monitor_generator_cpu_percent{}", "generator")], thresholds=[(None, "green"), (80, "red")]),
        Panel("CPU（プロセス別） / CPU of each part", "percent", [("cellmon_monitor_process_cpu_percent{}", "{{process}}")]),
        Panel("メモリ（プロセス別） / Memory of each part", "decmbytes", [("cellmon_monitor_process_memory_mb{}", "{{process}}")]),
        Panel("メモリ / Memory", "decmbytes", [("cellmon_monitor_memory_mb{}", "server + stores")], thresholds=[(None, "green"), (4000, "red")]),
        Panel("メモリ使用率 / Memory used", "percent", [("cellmon_monitor_memory_percent{}", "server + stores"),
                                                   ("cellmon_monitor_host_memory_percent{}", "host")]),
        Panel("ディスク / Disk", "MBs", [("cellmon_monitor_disk_read_mb_s{}", "read"), ("cellmon_monitor_disk_write_mb_s{}", "written")]),
        Panel("ディスク使用率 / Disk busy", "percent", [("cellmon_monitor_disk_busy_percent{}", "busiest disk")]),
        Panel("ネットワーク / Network", "MBs", [("cellmon_monitor_network_in_mb_s{}", "in"), ("cellmon_monitor_network_out_mb_s{}", "out")]),
    ]),
    ("ストアと接続 / Stores and connections", [
        Panel("Redis 接続 / Redis clients", "short", [("cellmon_monitor_redis_connected_clients{}", "clients")], thresholds=[(None, "green"), (200, "red")]),
        Panel("PostgreSQL セッション / PostgreSQL sessions", "short", [("cellmon_monitor_postgresql_active_sessions{}", "active")]),
        Panel("InfluxDB ポイント / InfluxDB points", "short", [("cellmon_monitor_influxdb_point_count{}", "points")]),
        Panel("WebSocket", "short", [("cellmon_monitor_websocket_connections{}", "open")]),
    ]),
]


def panel_json(panel: Panel, number: int, x: int, y: int) -> dict:
    defaults: dict = {"unit": panel.unit}
    if panel.least is not None:
        defaults["min"] = panel.least
    if panel.thresholds:
        defaults["thresholds"] = {"mode": "absolute",
                                  "steps": [{"value": value, "color": colour} for value, colour in panel.thresholds]}
    if panel.words:
        defaults["mappings"] = [{"type": "value", "options": {str(value): {"text": text} for value, text in panel.words.items()}}]
    if panel.kind == "timeseries":
        defaults["custom"] = {"lineWidth": 1, "fillOpacity": 10, "spanNulls": False,
                              **({"thresholdsStyle": {"mode": "line"}} if panel.thresholds else {})}
    options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "stat":
        options = {"colorMode": "background", "graphMode": "area" if not panel.words else "none", "textMode": "auto",
                   "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": DATA_SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": HEIGHT if panel.kind == "timeseries" else HEIGHT // 2},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [{"refId": chr(ord("A") + index), "datasource": DATA_SOURCE, "expr": of_server(expression), "legendFormat": legend}
                    for index, (expression, legend) in enumerate(panel.queries)],
    }


def rows_json(rows: list[tuple[str, list[Panel]]]) -> list[dict]:
    made: list[dict] = []
    y = 0
    for title, panels in rows:
        made.append({"id": len(made) + 1, "type": "row", "title": title, "collapsed": False, "panels": [],
                     "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        y += 1
        x = height = 0
        for panel in panels:
            if x + panel.width > WIDTH:
                x, y = 0, y + height
                height = 0
            made.append(panel_json(panel, len(made) + 1, x, y))
            x += panel.width
            height = max(height, made[-1]["gridPos"]["h"])
        y += height
    return made


def annotations() -> dict:
    own = {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "hide": True,
           "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard"}

    def tagged(name: str, tag: str, colour: str) -> dict:
        return {"datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "iconColor": colour, "name": name,
                "target": {"type": "tags", "tags": ["cellmon", tag], "matchAny": False, "limit": 1000}}

    return {"list": [own, tagged("フェーズ / Phases", "phase", "blue"), tagged("障害 / Faults", "fault", "red")]}


def dashboard(uid: str, title: str, about: str, rows: list[tuple[str, list[Panel]]], instances: str) -> dict:
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["cellmon"],
        "timezone": "browser",
        "schemaVersion": 38,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "5s",
        "time": {"from": "now-15m", "to": "now"},
        "annotations": annotations(),
        "links": [{"type": "dashboards", "title": "Cell Monitor", "tags": ["cellmon"], "asDropdown": True, "includeVars": False,
                   "keepTime": True}],
        "templating": {"list": [{
            "name": "instance", "label": "インスタンス / Instance", "type": "query", "datasource": DATA_SOURCE,
            "query": {"query": f"label_values({instances}, instance)", "refId": "instance"}, "definition": f"label_values({instances}, instance)",
            "refresh": 2, "multi": True, "includeAll": True, "current": {"selected": True, "text": "All", "value": "$__all"},
            "options": [], "sort": 1}]},
        "panels": rows_json(rows),
    }


DASHBOARDS = {
    "cellmon-server.json": dashboard("cellmon-server", "Cell Monitor サーバー / server", "What a server says of itself at /metrics", SERVER,
                                     "cellmon_ingest_events_total"),
    "cellmon-test-run.json": dashboard("cellmon-test-run", "Cell Monitor テスト実行 / test run",
                                       "What `cellmon monitor --export` measures from outside while a test runs", TEST_RUN,
                                       "cellmon_monitor_health"),
}


def main() -> int:
    folder, check = Path(sys.argv[1]), "--check" in sys.argv[2:]
    status = 0
    for name, content in DASHBOARDS.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        file = folder / name
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            print(f"{file} is not what {Path(__file__).name} says: run tools/generate", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
