"""Goal: the classroom's database is made and brought up to date at the start; one of a newer program is left alone; one that is
away stops no event and is used again when it is back; its password appears nowhere.

Method: both engines for real; PostgreSQL is stopped and started under a running server.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from support.classroom import Rows
from support.events import cell_executed
from support.postgres import QUOTED_PASSWORD, Postgres
from support.server import Server, StartFailed, wait_until


def postgres_state(server: Server) -> str:
    return server.get("/api/v1/health").json["services"]["postgres"]["status"]


def test_the_schema_is_made_and_found_again(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.start()
    versions = rows.query("SELECT version FROM schema_version ORDER BY version")
    assert [version for (version,) in versions] == [str(number + 1) for number in range(len(versions))] and versions
    services = server.get("/api/v1/health").json["services"]
    assert services["postgres" if rows.url else "classroom"]["status"] == "healthy"
    server.restart()
    assert rows.query("SELECT version FROM schema_version ORDER BY version") == versions


def test_a_newer_schema_is_refused(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.start()
    server.stop()
    rows.query("INSERT INTO schema_version VALUES (99, 'later', 0)")
    with pytest.raises(StartFailed) as failure:
        server.start()
    assert "ended with 3" in str(failure.value)
    assert "schema version 99" in server.log() and "run the newer program" in server.log()
    rows.query("DELETE FROM schema_version WHERE version = 99")
    server.start()


def test_two_servers_start_at_once(new_server: Callable[..., Server], postgres: Postgres) -> None:
    """On one PostgreSQL; each finds the schema of the other, or makes it."""
    url = postgres.new_database()
    servers = [new_server(name=f"data{number}", environment={"CELLMON_POSTGRES_URL": url}) for number in range(2)]
    for server in servers:
        server.start()
        assert postgres_state(server) == "healthy"


@pytest.fixture
def fragile() -> Postgres:
    """A PostgreSQL of the test's own, which it may stop."""
    one = Postgres().start()
    yield one
    one.remove()


def test_postgres_away_and_back(new_server: Callable[..., Server], fragile: Postgres) -> None:
    server = new_server(environment={"CELLMON_POSTGRES_URL": fragile.new_database()}).start()
    fragile.stop()
    wait_until(lambda: postgres_state(server) == "unhealthy", "the health shows that it is away")
    assert server.get("/api/v1/health").json["status"] == "degraded"
    assert server.post([cell_executed()]).status == 202, "events do not need it"
    server.restart()
    assert postgres_state(server) == "unhealthy"
    assert server.post([cell_executed()]).status == 202
    fragile.start()
    wait_until(lambda: postgres_state(server) == "healthy", "it is used again")
    assert "is back" in server.log()


def test_the_password_appears_nowhere(new_server: Callable[..., Server], postgres: Postgres, tmp_path: Path) -> None:
    good = postgres.new_database()
    secrets = [QUOTED_PASSWORD, "tests' own"]
    for name, url in {"good": good, "nowhere": good.replace(str(postgres.port), "1"), "stranger": good.replace("://cellmon:", "://nobody:")}.items():
        server = new_server("--log-level", "debug", name=name, environment={"CELLMON_POSTGRES_URL": url}).start()
        health = server.get("/api/v1/health").body.decode() + server.get("/metrics").body.decode()
        command = Path(f"/proc/{server.process.pid}/cmdline").read_text()
        server.stop()
        for secret in secrets:
            assert secret not in server.log() + health + command
    broken = new_server(name="broken", environment={"CELLMON_POSTGRES_URL": good.replace("127.0.0.1", "[127.0.0.1")})
    with pytest.raises(StartFailed) as failure:
        broken.start()
    assert "ended with 2" in str(failure.value) and "postgresql://USER:PASSWORD@HOST:PORT/DATABASE" in broken.log()
    assert QUOTED_PASSWORD not in broken.log()


def test_a_file_that_cannot_be_used_stops_no_event(new_server: Callable[..., Server]) -> None:
    server = new_server()
    server.data.mkdir(parents=True)
    (server.data / "classroom.db").write_bytes(os.urandom(8192))
    server.start()
    assert "classroom's database is away" in server.log()
    assert server.get("/api/v1/health").json["status"] == "degraded"
    assert server.post([cell_executed()]).status == 202
