"""Goal: existing, unchanged dashboards work: the routes and the socket of contract 3.10 and 4.1 say what the contract says, what
an instructor did is shown at once and survives, and nothing but the history needs the relational store.

Method: requests and a socket as the dashboard has them. The rhythm of ten minutes is played on a simulated clock by the unit
test `dashboard_rhythm_test`.
"""

from __future__ import annotations

import json
import time
from urllib.parse import quote

import websocket

from support.client import Answer
from support.events import cell_executed, text_time
from support.server import PATIENCE, Server, wait_until

BASE = "/api/v1/dashboard"
ALICE, BOB = "alice@example.com", "bob+1@example.com"


def overview(server: Server, time_range: str = "1h") -> dict:
    answer = server.get(f"{BASE}/overview?time_range={time_range}")
    assert answer.status == 200, answer
    return answer.json


def student(server: Server, email: str) -> dict:
    found = [one for one in overview(server)["students"] if one["emailAddress"] == email]
    return found[0] if found else {}


def act(server: Server, email: str, action: str) -> Answer:
    return server.client.request("POST", f"{BASE}/students/{quote(email, safe='')}/{action}")


def ask(server: Server, email: str, event_type: str = "help") -> None:
    assert server.post([{"eventType": event_type, "emailAddress": email, "eventTime": text_time(0)}]).status == 202


def wait_for(server: Server, email: str, **fields: object) -> dict:
    def as_wanted() -> dict | None:
        shown = student(server, email)
        return shown if shown and all(shown[name] == value for name, value in fields.items()) else None

    return wait_until(as_wanted, f"{email} with {fields}")


def total(chart: list[dict], name: str) -> int:
    return sum(window[name] for window in chart)


def test_an_overview_of_streaks_help_and_counts(server: Server) -> None:
    """The issue's mends: a success ends a streak, activity is the last event, helpCount counts students."""
    server.post([cell_executed(emailAddress=ALICE, userName="アリス", teamName="チームA", hasError=True) for _ in range(3)])
    server.post([cell_executed(emailAddress=BOB, userName=None, teamName=None)])
    stuck = wait_for(server, ALICE, status="significant_error", cellExecutions=3, errorCount=3, consecutiveErrorCount=3,
                     hasSignificantError=True, userName="アリス", teamName="チームA")
    assert stuck["lastActivity"].endswith("秒前")
    server.wait_until_projected()
    (cell,) = wait_until(lambda: [cell for cell in student(server, ALICE)["significantErrorCells"] if cell["cell_id"]],
                         "the id of the cell is known")
    assert isinstance(cell["cell_id"], int) and cell["consecutive_count"] == 3 and cell["last_error_time"].endswith("+00:00")
    server.post([cell_executed(emailAddress=ALICE)])
    wait_for(server, ALICE, status="active", cellExecutions=4, errorCount=3, consecutiveErrorCount=0, hasSignificantError=False,
             significantErrorCells=[])
    for _ in range(3):
        ask(server, BOB)
    asking = wait_for(server, BOB, status="help", isRequestingHelp=True, userName="bob+1", teamName=None)
    view = overview(server)
    assert view["students"][0] == asking | {"lastActivity": view["students"][0]["lastActivity"]}, "who asks comes first"
    assert view["metrics"] == {"totalStudents": 2, "totalActive": 1, "errorCount": 0, "significantErrorCount": 0,
                               "totalExecutions": 5, "helpCount": 1}


def test_charts_histories_and_metrics(server: Server) -> None:
    server.post([cell_executed(emailAddress=ALICE, executionCount=number, hasError=number % 3 == 0, executionDurationMs=500)
                 for number in range(1, 61)])
    wait_for(server, ALICE, cellExecutions=60)
    server.wait_until_projected()
    for time_range, windows in (("1h", 12), ("24h", 24), ("7d", 42), ("anything", 42)):
        chart = wait_until(lambda: (chart := overview(server, time_range)["activityChart"]) and total(chart, "executionCount") and chart,
                           "the chart is not the one of before")
        assert len(chart) == windows
        assert [total(chart, name) for name in ("executionCount", "errorCount", "helpCount")] == [60, 20, 0]
    answer = server.get(f"{BASE}/students/{quote(ALICE, safe='')}/activity")
    assert answer.status == 200 and list(answer.json) == ["student", "recentExecutions", "sessions"]
    assert answer.json["student"] == {"emailAddress": ALICE, "name": "受講生 001", "teamName": "チームA"}
    runs = answer.json["recentExecutions"]
    assert len(runs) == 50 and {run["executionTime"] for run in runs} == {0.5}
    assert {run["executionCount"]: run["status"] for run in runs}[60] == "error"
    (session,) = answer.json["sessions"]
    assert session["isActive"] and session["endedAt"] is None
    metrics = server.get(f"{BASE}/metrics").json
    assert metrics["timeRange"] == "1h" and metrics["totalStudents"] == 1 and metrics["activeSessions"] == 1
    assert metrics["activityData"] == {"totalExecutions": 60, "averageExecutionTime": 0.5, "errorRate": 0.333, "activeUsers": 1}
    unknown = server.get(f"{BASE}/students/nobody%40example.com/activity")
    assert (unknown.status, unknown.json) == (404, {"detail": "Student not found"})


def test_actions_are_shown_by_the_next_overview_and_survive(server: Server) -> None:
    server.post([cell_executed(emailAddress=ALICE, hasError=True) for _ in range(3)])
    wait_for(server, ALICE, status="significant_error")
    answer = act(server, ALICE, "resolve-error")
    assert answer.status == 200 and answer.json["success"] is True and answer.json["emailAddress"] == ALICE
    assert student(server, ALICE)["status"] == "active", "in the very next overview"
    ask(server, BOB)
    wait_for(server, BOB, isRequestingHelp=True)
    assert act(server, BOB, "dismiss-help").status == 200
    assert student(server, BOB)["isRequestingHelp"] is False, "in the very next overview"
    server.kill()
    server.start()
    assert student(server, ALICE)["hasSignificantError"] is False
    assert student(server, BOB)["isRequestingHelp"] is False
    assert act(server, "nobody@example.com", "dismiss-help").json["success"] is True
    refused = act(server, "nobody@example.com", "resolve-error")
    assert (refused.status, refused.json) == (404, {"detail": "Student not found"})


def test_without_a_store(server: Server) -> None:
    """Law 5: students and actions need none; the history answers 503 and comes back."""
    server.post([cell_executed(emailAddress=ALICE, hasError=True)])
    server.stop()
    for file in server.data.glob("relational.db*"):
        file.unlink()
    server.database.mkdir()
    server.start()
    assert student(server, ALICE)["status"] == "error"
    assert overview(server)["activityChart"] == []
    assert act(server, ALICE, "resolve-error").status == 200
    for path in (f"{BASE}/metrics", f"{BASE}/students/{quote(ALICE, safe='')}/activity"):
        answer = server.get(path)
        assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1, path
    server.database.rmdir()
    server.wait_until_projected()
    assert server.get(f"{BASE}/metrics").json["activityData"]["totalExecutions"] == 1
    wait_until(lambda: overview(server)["activityChart"], "the chart is back")


class Dashboard:
    """The socket of a dashboard."""

    def __init__(self, server: Server) -> None:
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{server.port}{BASE}/ws/dashboard", timeout=30 * PATIENCE)

    def receive(self) -> dict:
        return json.loads(self.socket.recv())

    def receive_until(self, condition) -> dict:
        while True:
            message = self.receive()
            if condition(message):
                return message

    def say(self, text: str) -> None:
        self.socket.send(text)


def test_the_socket_answers_pings_whatever_else_is_said(server: Server) -> None:
    dashboard = Dashboard(server)
    for text in ("hello", "[1]", "7", "null", '{"type":"subscribe"}', '{"type":"ping"'):
        dashboard.say(text)
    dashboard.say('{"type":"ping"}')
    assert dashboard.receive() == {"type": "pong"}, "nothing on connect, nothing to the others"
    dashboard.say('{"type":"refresh_request"}')
    assert dashboard.receive()["type"] == "refresh_required"
    status = server.get(f"{BASE}/ws/dashboard/status").json
    assert status["connected_clients"] == 1 and status["connections_by_type"]["dashboard"] == 1
    assert [one["type"] for one in status["dashboard_connections"]] == ["dashboard"]
    dashboard.socket.close()
    wait_until(lambda: server.get(f"{BASE}/ws/dashboard/status").json["connected_clients"] == 0, "the socket is forgotten")


def test_pushes_are_true_and_help_comes_at_once(server: Server) -> None:
    dashboard = Dashboard(server)
    dashboard.say('{"type":"ping"}')
    assert dashboard.receive() == {"type": "pong"}
    server.post([cell_executed(emailAddress=ALICE, hasError=number > 1) for number in range(5)])
    told = dashboard.receive_until(lambda m: m["type"] == "progress_update" and m["data"]["cellExecutions"] == 5)["data"]
    assert (told["emailAddress"], told["errorCount"], told["status"]) == (ALICE, 3, "significant_error")
    began = time.monotonic()
    ask(server, BOB)
    asked = dashboard.receive_until(lambda m: m["type"] == "help_request")
    assert asked["data"]["emailAddress"] == BOB and time.monotonic() - began < 1.5 * PATIENCE
    assert dashboard.receive()["data"]["status"] == "help"
    began = time.monotonic()
    ask(server, BOB, "help_stop")
    assert dashboard.receive_until(lambda m: m["type"] == "help_resolved")["data"]["emailAddress"] == BOB
    assert time.monotonic() - began < 2.5 * PATIENCE
    assert dashboard.receive()["data"]["status"] == "active"


def test_pushes_leave_pauses(new_server) -> None:
    """In a class that never rests, more than 5 s pass between pushes, or no dashboard would fetch."""
    server = new_server().start()
    dashboard = Dashboard(server)
    pushed: list[float] = []
    deadline = time.monotonic() + 60 * PATIENCE
    dashboard.socket.settimeout(0.2)
    while len(pushed) < 3 and time.monotonic() < deadline:
        server.post([cell_executed(emailAddress=ALICE)])
        try:
            if dashboard.receive()["type"] == "progress_update":
                pushed.append(time.monotonic())
        except websocket.WebSocketTimeoutException:
            continue
    gaps = [later - earlier for earlier, later in zip(pushed, pushed[1:])]
    assert len(pushed) == 3 and min(gaps) > 5, gaps
