"""Goal: with `--postgres` the rows made from events lie in PostgreSQL, each event once, over any death of the server or of
PostgreSQL; while it is away or belongs to another journal, events are taken all the same and the projection says what is wrong.

Method: PostgreSQL for real, killed and stopped under load; the judges are a ledger outside the server, the exported journal and
the rows as any program reads them.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.database import PostgresRows, event_rows
from support.events import cell_executed
from support.load import Ledger, Load, send_again
from support.postgres import QUOTED_PASSWORD, Postgres
from support.server import Server, run_command, wait_until

ROUNDS = 3
EVENTS_PER_ROUND = 400
BACKLOG = 16_000
DEATHS = 6


@pytest.fixture
def fragile() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, which it may stop."""
    one = Postgres().start()
    yield one
    one.remove()


@pytest.fixture
def stored(new_server: Callable[..., Server], postgres: Postgres) -> tuple[Server, PostgresRows]:
    """A server whose rows lie in PostgreSQL, not started yet, and these rows."""
    rows = PostgresRows(postgres, postgres.new_database())
    return new_server(environment=rows.environment), rows


def post(server: Server, count: int) -> None:
    for _ in range(count):
        assert server.post([cell_executed()]).status == 202


def executions_in_chart(server: Server) -> int:
    overview = server.get("/api/v1/dashboard/overview?time_range=1h")
    assert overview.status == 200, overview
    return sum(window["executionCount"] for window in overview.json["activityChart"])


def check_each_event_is_there_once(server: Server, rows: PostgresRows, ledger: Ledger) -> None:
    server.wait_until_projected(timeout_s=60)
    expected = Counter(dict.fromkeys(ledger.events, 1))
    assert Counter(event["eventId"] for event in server.export()) == expected
    assert Counter(rows.event_ids()) == expected
    assert rows.count("cell_executions") == len(expected)
    assert rows.sum("daily_totals", "events") == len(expected)


def test_the_rows_are_the_journal(stored: tuple[Server, PostgresRows]) -> None:
    server, rows = stored
    server.start()
    post(server, 20)
    server.wait_until_projected()
    assert rows.event_ids() == [event["eventId"] for event in server.export()]
    assert not server.database.exists()
    wait_until(lambda: executions_in_chart(server) == 20, "the chart is made of them")
    assert "cannot be compared" not in server.log()
    server.restart()
    post(server, 5)
    server.wait_until_projected()
    assert rows.event_ids() == [event["eventId"] for event in server.export()]


def test_a_rebuild_beside_the_server(stored: tuple[Server, PostgresRows]) -> None:
    server, rows = stored
    server.start()
    post(server, 30)
    server.wait_until_projected()
    done = run_command("rebuild", "relational", "--data", server.data, "--postgres", rows.url)
    assert b"30 events, digests equal" in done.stdout
    post(server, 5)
    server.wait_until_projected()
    assert rows.event_ids() == [event["eventId"] for event in server.export()]
    rows.query(f"DELETE FROM {rows.schema}.cell_executions WHERE sequence = 7")
    refused = run_command("rebuild", "relational", "--data", server.data, "--postgres", rows.url, check=False)
    assert refused.returncode == 1 and b"differ in: cell_executions" in refused.stdout
    assert QUOTED_PASSWORD.encode() not in done.stdout + done.stderr + refused.stdout + refused.stderr


def test_a_row_that_postgres_refuses_is_put_aside_and_counted(stored: tuple[Server, PostgresRows]) -> None:
    server, rows = stored
    server.start()
    post(server, 5)
    server.wait_until_projected()
    rows.query(f"ALTER TABLE {rows.schema}.cell_executions ADD CHECK (execution_count < 999)")
    assert server.post([cell_executed(), cell_executed(executionCount=999), cell_executed()]).status == 202
    server.wait_until_projected()
    assert rows.count("cell_executions") == 7 and rows.count("dead_letters") == 1
    metrics = server.get("/metrics").body.decode()
    assert 'cellmon_projection_objections_total{projection="relational"} 1' in metrics.splitlines()
    assert 'cellmon_projection_dead_letters{projection="relational"} 1' in metrics.splitlines()


def test_the_server_is_killed_under_load(stored: tuple[Server, PostgresRows]) -> None:
    server, rows = stored
    ledger = Ledger()
    for round_ in range(ROUNDS):
        server.start()
        send_again(server, ledger.unknown(), ledger)
        before = ledger.counts()[1]
        load = Load(server, ledger, seed=round_)
        wait_until(lambda: ledger.counts()[1] - before >= EVENTS_PER_ROUND, "the load is acknowledged", timeout_s=30)
        server.kill()
        load.stop()
    server.start()
    send_again(server, ledger.unknown(), ledger)
    check_each_event_is_there_once(server, rows, ledger)


def test_postgres_dies_under_load(new_server: Callable[..., Server], fragile: Postgres) -> None:
    """At once, without writing anything back; events are taken on, and the rows catch up by themselves."""
    rows = PostgresRows(fragile, fragile.new_database())
    server = new_server("--projection-retry-most", "500ms", environment=rows.environment).start()
    ledger = Ledger()
    load = Load(server, ledger, seed=1)

    def wait_for_more() -> None:
        before = ledger.counts()[1]
        wait_until(lambda: ledger.counts()[1] - before >= EVENTS_PER_ROUND, "events are taken", timeout_s=30)

    try:
        for _ in range(ROUNDS):
            wait_for_more()
            fragile.stop(signal.SIGQUIT)
            entry = wait_until(lambda: (one := server.relational())["state"] == "retrying" and one, "the projection says so")
            assert not entry["alarm"] and entry["lastError"] and QUOTED_PASSWORD not in entry["lastError"]
            assert server.get("/api/v1/health").json["status"] == "degraded"
            wait_for_more()
            fragile.start()
            wait_until(lambda: server.relational()["state"] in ("running", "catching_up"), "the projection goes on")
    finally:
        load.stop()
    assert set(ledger.answers) == {202}, "ingest does not notice"
    check_each_event_is_there_once(server, rows, ledger)
    wait_until(lambda: server.get("/api/v1/health").json["status"] == "healthy", "all is well again")


def test_deaths_while_catching_up(new_server: Callable[..., Server], fragile: Postgres) -> None:
    """A backlog is taken in by small transactions, and the server or PostgreSQL dies in the middle of one, wherever it is. Then
    the rows are those that SQLite has of the same journal."""
    rows = PostgresRows(fragile, fragile.new_database())
    server = new_server("--projection-batch-events", "40", "--projection-first-batch-events", "40", "--projection-retry-most", "100ms",
                        environment=rows.environment).start()
    fragile.stop()
    source = random.Random(4)
    for _ in range(BACKLOG // 500):
        events = [cell_executed(source, emailAddress=f"student{source.randrange(50):03}@example.com", executionCount=n,
                                hasError=source.random() < 0.3, cellId=f"c{source.randrange(20)}") for n in range(500)]
        assert server.post(events).status == 202
    fragile.start()
    seen = 0
    for death in range(DEATHS):
        # A death behind some progress, at a moment that differs.
        wait_until(lambda: server.relational()["cursor"]["sequence"] > seen, "it goes on")
        time.sleep(source.random() * 0.02)
        entry = server.relational()
        seen = entry["cursor"]["sequence"]
        assert entry["lagEvents"] > 0, "the deaths must hit transactions"
        if death % 3 == 2:
            fragile.stop(signal.SIGQUIT)
            fragile.start()
        else:
            server.kill()
            server.start()
    server.wait_until_projected(timeout_s=60)
    assert rows.count("events") == BACKLOG and rows.sum("daily_totals", "events") == BACKLOG
    found = rows.event_rows()
    server.stop()
    other = new_server(name="data").start()
    other.wait_until_projected()
    other.stop()
    assert found == [["" if column is None else str(column) for column in row] for row in event_rows(other.database)]


def test_postgres_away_and_back_without_an_event(new_server: Callable[..., Server], fragile: Postgres) -> None:
    """And older than it was: what it lacks is added."""
    rows = PostgresRows(fragile, fragile.new_database())
    server = new_server("--projection-retry-most", "200ms", environment=rows.environment).start()
    post(server, 10)
    server.wait_until_projected()
    fragile.stop()
    wait_until(lambda: server.relational()["state"] == "retrying", "the projection notices")
    fragile.start()
    wait_until(lambda: server.relational()["state"] == "running", "the projection goes on")
    rows.query(f"DROP SCHEMA {rows.schema} CASCADE")
    wait_until(lambda: rows.query(f"SELECT 1 FROM pg_tables WHERE schemaname = '{rows.schema}' AND tablename = 'events'")
               and rows.count("events") == 10, "the rows are made anew")


def test_postgres_away_at_the_start(new_server: Callable[..., Server], fragile: Postgres) -> None:
    rows = PostgresRows(fragile, fragile.new_database())
    fragile.stop()
    server = new_server("--projection-retry-most", "500ms", environment=rows.environment).start()
    post(server, 10)
    wait_until(lambda: server.relational()["state"] == "retrying", "the projection says that it waits")
    assert server.relational()["lagEvents"] == 10
    assert server.get("/api/v1/dashboard/overview?time_range=1h").json["activityChart"] == [], "as without the file of SQLite"
    fragile.start()
    server.wait_until_projected()
    assert rows.event_ids() == [event["eventId"] for event in server.export()]
    wait_until(lambda: executions_in_chart(server) == 10, "the chart is back")


def test_the_database_of_another_journal_is_refused(new_server: Callable[..., Server], postgres: Postgres) -> None:
    rows = PostgresRows(postgres, postgres.new_database())
    first = new_server(name="first", environment=rows.environment).start()
    post(first, 5)
    first.wait_until_projected()
    before = rows.event_ids()
    second = new_server(name="second", environment=rows.environment).start()
    post(second, 3)
    entry = wait_until(lambda: (one := second.relational())["alarm"] and one, "the projection gives up")
    assert entry["state"] == "stopped"
    assert "the cursor belongs to journal" in entry["lastError"] and f"DROP SCHEMA {rows.schema} CASCADE" in entry["lastError"]
    assert second.get("/api/v1/health").json["status"] == "degraded"
    post(second, 3)
    post(first, 5)
    first.wait_until_projected()
    assert rows.event_ids()[:5] == before and len(rows.event_ids()) == 10
    # What the message says helps.
    first.stop()
    rows.query(f"DROP SCHEMA {rows.schema} CASCADE")
    second.restart()
    second.wait_until_projected()
    assert rows.event_ids() == [event["eventId"] for event in second.export()]


def test_the_rows_of_an_older_backup_catch_up(stored: tuple[Server, PostgresRows], postgres: Postgres) -> None:
    """Restored while the server runs, and while it does not."""
    server, rows = stored
    server.start()
    post(server, 10)
    server.wait_until_projected()
    backup = postgres.dump(rows.schema)
    for runs in (True, False):
        post(server, 10)
        server.wait_until_projected()
        if not runs:
            server.stop()
        postgres.load_dump(backup)
        if not runs:
            assert rows.count("events") == 10
            server.start()
        expected = [event["eventId"] for event in server.export()]
        wait_until(lambda: rows.event_ids() == expected, "what the backup lacks is added")
        assert rows.count("cell_executions") == rows.sum("daily_totals", "events") == len(expected)
    assert not server.relational()["alarm"]


def test_a_database_ahead_of_the_journal_is_refused(new_server: Callable[..., Server], postgres: Postgres) -> None:
    rows = PostgresRows(postgres, postgres.new_database())
    server = new_server(environment=rows.environment).start()
    post(server, 5)
    server.wait_until_projected()
    server.stop()
    shutil.copytree(server.data, server.data.parent / "older")
    server.start()
    post(server, 5)
    server.wait_until_projected()
    server.stop()
    before = rows.event_rows()
    older = new_server(name="older", environment=rows.environment).start()
    entry = wait_until(lambda: (one := older.relational())["alarm"] and one, "the projection gives up")
    assert entry["state"] == "stopped" and "ahead of" in entry["lastError"], entry
    post(older, 1)
    assert rows.event_rows() == before


def test_two_servers_with_one_journal(new_server: Callable[..., Server], postgres: Postgres) -> None:
    """One that says nothing any more is taken for dead. When it wakes, the other is alive: then it is told, and ends nobody."""
    rows = PostgresRows(postgres, postgres.new_database())
    options = "--postgres-silence", "2s"
    first = new_server(*options, environment=rows.environment).start()
    post(first, 5)
    first.wait_until_projected()
    first.stop()
    shutil.copytree(first.data, first.data.parent / "copy")
    first.start()
    first.wait_until_projected()
    second = new_server(*options, name="copy", environment=rows.environment)
    os.kill(first.process.pid, signal.SIGSTOP)
    try:
        post(second.start(), 3)
        second.wait_until_projected()
    finally:
        os.kill(first.process.pid, signal.SIGCONT)
    said = wait_until(lambda: (one := first.relational())["alarm"] and one["lastError"], "the first is told")
    assert "another server with a copy of this journal writes the rows, from 127.0.0.1" in said
    post(second, 3)
    second.wait_until_projected()
    assert not second.relational()["lastError"] and rows.count("events") == 11
    assert rows.event_ids() == [event["eventId"] for event in second.export()]


def processes_of(postgres: Postgres) -> list[int]:
    children = Path(f"/proc/{postgres.process.pid}/task/{postgres.process.pid}/children").read_text().split()
    return [postgres.process.pid, *map(int, children)]


def test_a_postgres_that_says_nothing_keeps_no_stop_waiting(new_server: Callable[..., Server], fragile: Postgres) -> None:
    rows = PostgresRows(fragile, fragile.new_database())
    server = new_server(environment=rows.environment).start()
    post(server, 5)
    server.wait_until_projected()
    stopped = processes_of(fragile)
    try:
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        post(server, 5)
        time.sleep(0.3)  # Not for a result: the projection shall be in the middle of its wait.
        assert server.relational()["lagEvents"] == 5
        server.stop()
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)
    server.start()
    server.wait_until_projected()
    assert rows.event_ids() == [event["eventId"] for event in server.export()]


def test_the_audit_says_that_it_cannot_read_the_rows(stored: tuple[Server, PostgresRows], tmp_path: Path) -> None:
    server, rows = stored
    server.start()
    ledger = tmp_path / "ledger"
    run_command("simulate", "--server", f"http://127.0.0.1:{server.port}", "--students", 3, "--minutes", 2, "--speed", 300,
                "--seed", 7, "--ledger", ledger)
    refused = run_command("audit", "--data", server.data, "--ledger", ledger, check=False)
    assert refused.returncode == 3 and b"rows in PostgreSQL are not judged" in refused.stderr
    assert run_command("audit", "--server", f"http://127.0.0.1:{server.port}", "--ledger", ledger).returncode == 0
    assert rows.event_ids() == [event["eventId"] for event in server.export()]
