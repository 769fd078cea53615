"""Goal: what deploy/ has for Prometheus and Grafana is right: each expression of each panel and alert finds data.

Method: promtool holds the files; a real Prometheus scrapes a real server with all stores and `cellmon monitor`'s exporter, while events come
and a class is watched; each expression is asked as Grafana would ask it.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest
import yaml

from support.events import cell_executed
from support.influxdb import InfluxDB
from support.monitor import Monitor
from support.ports import free_port
from support.postgres import Postgres
from support.prometheus import Prometheus
from support.redis_server import RedisServer
from support.server import ROOT, Server, wait_until
from support.stores import InfluxStore, PostgresStore, RedisStore, environment_of

DEPLOY = ROOT / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))


def promtool(*arguments: object) -> str:
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def alerts() -> list[dict]:
    content = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def test_promtool_takes_configuration_and_rules() -> None:
    assert "SUCCESS" in promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    assert "SUCCESS" in promtool("test", "rules", DEPLOY / "prometheus" / "alerts_test.yml")


def test_each_alert_is_tried() -> None:
    tried = (DEPLOY / "prometheus" / "alerts_test.yml").read_text(encoding="utf-8")
    for rule in alerts():
        assert f'alertname="{rule["alert"]}"' in tried and f"alertname: {rule['alert']}, exp_alerts: []" in tried, rule["alert"]


def panels() -> Iterator[tuple[str, str, str]]:
    """Dashboard, panel and expression."""
    for file in DASHBOARDS:
        dashboard = json.loads(file.read_text(encoding="utf-8"))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield dashboard["uid"], panel["title"], target["expr"]


@pytest.fixture(scope="module")
def expressions() -> list[tuple[str, str, str]]:
    return list(panels())


def scrape_of(server: int, exporter: int) -> str:
    """The shipped configuration, with the ports of this test and quick."""
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    assert "127.0.0.1:8000" in text and "127.0.0.1:9180" in text
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server}").replace("127.0.0.1:9180", f"127.0.0.1:{exporter}")
    return re.sub(r"(scrape_interval|evaluation_interval): \d+s", r"\1: 1s", text).replace("rule_files:\n  - alerts.yml\n", "")


def as_grafana_asks(expression: str, instance: str) -> str:
    """A chosen value is a regular expression in a text of PromQL: its backslashes are doubled."""
    return expression.replace("$__rate_interval", "10s").replace("$instance", re.escape(instance).replace("\\", "\\\\"))


def without_bound(expression: str) -> str:
    """What an alert looks at, without what is too much of it."""
    return re.sub(r"\s(==|>|<)\s[\d.e]+$", "", expression.strip())


def has_data(samples: list[dict]) -> bool:
    return any(not math.isnan(float(sample["value"][1])) for sample in samples)


def test_every_expression_finds_data(new_server: Callable[..., Server], postgres: Postgres, influxdb: InfluxDB, redis: RedisServer,
                                     expressions: list[tuple[str, str, str]], tmp_path: Path) -> None:
    environment = environment_of([PostgresStore(postgres, shared=True), InfluxStore(influxdb), RedisStore(redis)])
    server = new_server(environment={**environment, "CELLMON_AUDIT_INTERVAL": "1s", "CELLMON_BACKUP_DIRECTORY": str(tmp_path / "backups"),
                                     "CELLMON_RETENTION_PAYLOAD_DAYS": "3650"}).start()
    exporter = free_port()
    with Monitor("--server", f"http://127.0.0.1:{server.port}", "--generator", server.process.pid, "--interval", 0.5, "--export", exporter,
                 environment=environment) as monitor, Prometheus(scrape_of(server.port, exporter)) as prometheus:
        monitor.sample()
        wait_until(lambda: prometheus.targets() == {"cellmon": "up", "cellmon-monitor": "up"}, "both are scraped", 30)
        asked = {(f"{uid}: {title}", as_grafana_asks(expression, f"127.0.0.1:{exporter if uid == 'cellmon-test-run' else server.port}"))
                 for uid, title, expression in expressions}
        asked |= {(f"alert {rule['alert']}", without_bound(rule["expr"])) for rule in alerts()}
        missing = set(asked)

        def all_found() -> bool:
            server.post([cell_executed() for _ in range(50)])
            monitor.sample()
            missing.difference_update([one for one in missing if has_data(prometheus.query(one[1]))])
            return not missing

        try:
            wait_until(all_found, "each expression has data", 60)
        except AssertionError as error:
            raise AssertionError(f"{error}; no data: {sorted(missing)}") from None
        assert len(asked) > 50
        # The check itself can fail.
        assert not has_data(prometheus.query("cellmon_no_such_metric"))
        names = {name for _, expression in asked for name in re.findall(r"\bcellmon_\w+", expression)}
        shown = {one["metric"]["__name__"] for one in prometheus.query('{__name__=~"cellmon_.+"}')}
        assert names <= shown, names - shown
