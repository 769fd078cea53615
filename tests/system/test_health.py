"""Goal: the health routes tell a load balancer and a person the truth, and /metrics can be scraped.

Method: the documented shapes, and counters that move by what was done.
"""

from __future__ import annotations

import re
from typing import Callable

import pytest
import websocket

from support.events import cell_executed
from support.live import LiveClient
from support.options import projection_batch
from support.server import Server, wait_until

SERVICE_STATES = {"healthy", "unhealthy", "disabled"}


def test_health(shared: Server) -> None:
    answer = shared.get("/api/v1/health")
    assert answer.status == 200
    assert answer.json["status"] == "healthy"
    assert answer.json["timestamp"]
    services = answer.json["services"]
    assert {"postgres", "redis", "influxdb", "websocket"} <= services.keys()
    assert {service["status"] for service in services.values()} <= SERVICE_STATES
    for store in ("postgres", "redis", "influxdb"):
        assert services[store]["status"] == "disabled", "not configured"
    details = answer.json["details"]
    assert details["api_version"] == "v1"
    configured = [service for service in services.values() if service["status"] != "disabled"]
    assert details["total_services"] == len(configured)
    assert details["healthy_services"] == sum(service["status"] == "healthy" for service in configured)


def test_open_sockets_are_counted(server: Server) -> None:
    live = LiveClient(server.port)
    dashboards = [websocket.create_connection(f"ws://127.0.0.1:{server.port}/api/v1/dashboard/ws/dashboard") for _ in range(2)]

    others = [websocket.create_connection(f"ws://127.0.0.1:{server.port}/api/v1/{path}") for path in ("progress/ws/student/a", "progress/ws/instructor", "ws/a")]

    def counted() -> tuple[int, dict]:
        health = server.get("/api/v1/health").json
        details, sockets = health["details"], health["services"]["websocket"]
        assert (details["websocket_connections"], details["websocket_rooms"]) == (sockets["total_connections"], sockets["rooms"])
        return sockets["total_connections"], sockets["rooms"]

    wait_until(lambda: counted() == (6, {"live": 1, "dashboard": 2, "instructor": 0, "progress": 2, "client": 1}), "all are counted")
    for one in (live, *dashboards, *others):
        one.close()
    wait_until(lambda: counted() == (0, {"live": 0, "dashboard": 0, "instructor": 0, "progress": 0, "client": 0}), "none is left")


@pytest.mark.parametrize(("path", "status"), [("simple", "ok"), ("ready", "ready"), ("live", "alive")])
def test_short_forms(shared: Server, path: str, status: str) -> None:
    answer = shared.get(f"/api/v1/health/{path}")
    assert answer.status == 200
    assert answer.json["status"] == status
    assert answer.json["timestamp"]


def test_readiness_where_containers_look(shared: Server) -> None:
    answer = shared.get("/health/ready")
    assert (answer.status, answer.json["status"]) == (200, "ready")
    assert shared.get("/health").status == 404, "the contract has no such route"


def test_projections(server: Server) -> None:
    server.post([cell_executed() for _ in range(7)])
    entry = server.wait_until_projected()
    assert entry["cursor"]["sequence"] == 7
    assert entry["lagEvents"] == 0
    assert entry["lagSeconds"] == 0
    assert entry["state"] == "running"
    assert not entry["lastError"]


def test_projection_keeps_to_its_batches(new_server: Callable[..., Server]) -> None:
    server = new_server(*projection_batch(7)).start()
    server.post([cell_executed() for _ in range(70)])
    assert server.wait_until_projected()["batches"] >= 10


def sample(text: str, name: str) -> float:
    values = re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+-]+)$", text, re.MULTILINE)
    assert values, f"no sample of {name}"
    return sum(map(float, values))


def test_metrics(server: Server) -> None:
    answer = server.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    server.post([cell_executed() for _ in range(5)])
    before = sample(server.get("/metrics").body.decode(), "cellmon_journal_durable_sequence")
    server.post([cell_executed() for _ in range(3)])
    text = server.get("/metrics").body.decode()
    assert sample(text, "cellmon_journal_durable_sequence") - before == 3
    described = set(re.findall(r"^# HELP (\S+)", text, re.MULTILINE))
    named = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"^([a-z_:]+)", text, re.MULTILINE)}
    assert named <= described, "each metric says what it is"
