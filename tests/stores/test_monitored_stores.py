"""Goal: `cellmon monitor` says of each store what the store itself says, and why it cannot; a store that is away or silent holds nothing up.

Method: real stores behind a real server; sessions, clients and points that the test makes, stores that it stops.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import Callable, Iterator

import pytest

from support.events import cell_executed
from support.influxdb import InfluxDB
from support.monitor import Monitor, part
from support.points import Points
from support.postgres import Postgres, programs
from support.redis_server import RedisServer
from support.server import Server
from support.store_process import PASSWORD, QUOTED_PASSWORD
from support.stores import InfluxStore, PostgresStore, RedisStore, environment_of

FAST = ("--interval", 0.2)


def test_all_stores(new_server: Callable[..., Server], postgres: Postgres, influxdb: InfluxDB, redis: RedisServer) -> None:
    stores = [PostgresStore(postgres, shared=True), InfluxStore(influxdb), RedisStore(redis)]
    environment = environment_of(stores)
    server = new_server(environment=environment).start()
    server.post([cell_executed() for _ in range(300)])
    for name in ("relational", "timeseries", "redis"):
        server.wait_until_projected(name=name)
    with Monitor("--server", f"http://127.0.0.1:{server.port}", *FAST, environment=environment) as monitor:
        sample = monitor.sample_where(lambda one: one["cpu_percent"] is not None and one["influxdb_point_count"] is not None, "all is read")
        assert sample["influxdb_point_count"] == stores[1].count() == 300
        assert sample["redis_connected_clients"] >= 2, "the server's connection and the monitor's"
        assert sample["postgresql_active_sessions"] >= 0
        pids = {name: part(sample, name)["pid"] for name in ("server", "postgresql", "influxdb", "redis")}
        assert pids == {"server": server.process.pid, "postgresql": postgres.process.pid, "influxdb": influxdb.process.pid,
                        "redis": redis.process.pid}
        assert sample["memory_mb"] == pytest.approx(sum(process["memory_mb"] for process in sample["processes"]), abs=0.01)
        server.post([cell_executed() for _ in range(200)])
        monitor.sample_where(lambda one: one["influxdb_point_count"] == 500, "the new points are counted")
        assert monitor.end()[0] in (0, 6)


@contextmanager
def busy_sessions(postgres: Postgres, number: int) -> Iterator[None]:
    """So many that run a statement."""
    command = [programs() / "psql", "-Xq", "-c", "SELECT pg_sleep(600)", postgres.url()]
    sessions = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(number)]
    try:
        yield
    finally:
        postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'")
        for session in sessions:
            session.wait()


def test_active_sessions_of_postgres() -> None:
    postgres = Postgres().start()
    try:
        with Monitor(*FAST, environment={"CELLMON_POSTGRES_URL": postgres.url()}) as monitor:
            monitor.sample_where(lambda one: one["postgresql_active_sessions"] == 0, "nobody but the monitor runs a statement")
            before = monitor.sample()["memory_mb"]
            with busy_sessions(postgres, 3):
                busy = monitor.sample_where(lambda one: one["postgresql_active_sessions"] == 3, "three do")
                assert busy["memory_mb"] < before + 3 * 16, "the shared buffers count once"
            monitor.sample_where(lambda one: one["postgresql_active_sessions"] == 0, "they have ended")
            postgres.pause()
            try:
                monitor.sample_where(lambda one: "PostgreSQL does not answer" in one["reasons"]
                                     or "PostgreSQL cannot be asked: PostgreSQL: no answer in time" in one["reasons"], "it is silent")
            finally:
                postgres.go_on()
            monitor.sample_where(lambda one: one["postgresql_active_sessions"] == 0, "it is back")
            postgres.kill()
            away = monitor.sample_where(lambda one: one["postgresql_active_sessions"] is None, "it is away")
            assert away["health"] == "warning" and PASSWORD not in str(away) and QUOTED_PASSWORD not in str(away)
            postgres.start()
            monitor.sample_where(lambda one: one["postgresql_active_sessions"] == 0, "it was started again")
            assert monitor.end()[0] == 0
    finally:
        postgres.remove()


def test_clients_of_redis() -> None:
    redis = RedisServer().start()
    try:
        with Monitor(*FAST, "--redis", redis.url()) as monitor:
            monitor.sample_where(lambda one: one["redis_connected_clients"] == 1, "the monitor alone")
            clients = [redis.client() for _ in range(5)]
            for client in clients:
                client.ping()
            monitor.sample_where(lambda one: one["redis_connected_clients"] == 6, "five more")
            for client in clients:
                client.close()
            redis.pause()
            try:
                silent = monitor.sample_where(lambda one: one["redis_connected_clients"] is None, "it is silent")
                assert silent["health"] == "warning" and silent["cpu_percent"] is not None
            finally:
                redis.go_on()
            monitor.sample_where(lambda one: one["redis_connected_clients"] is not None, "it is back")
            redis.change_password("another")
            refused = monitor.sample_where(lambda one: "WRONGPASS" in str(one["unavailable"]), "the password has changed")
            assert refused["redis_connected_clients"] is None and PASSWORD not in str(refused)
            assert monitor.end()[0] == 0
    finally:
        redis.remove()


def test_points_of_influxdb(influxdb: InfluxDB) -> None:
    points = Points(influxdb)
    with Monitor(*FAST, environment=points.environment) as monitor:
        unknown = monitor.sample_where(lambda one: "database not found" in str(one["unavailable"].get("influxdb_point_count")), "no database")
        assert unknown["influxdb_point_count"] is None
        influxdb.query(f"CREATE DATABASE {points.database}")
        monitor.sample_where(lambda one: one["influxdb_point_count"] == 0, "there are none")
        lines = b"\n".join(b"student_progress sequence=%di %d" % (number, number) for number in range(1, 1001))
        assert influxdb.write(lines, points.database)[0] == 204
        monitor.sample_where(lambda one: one["influxdb_point_count"] == 1000, "all are counted")
        assert monitor.end()[0] == 0
    with Monitor(*FAST, environment={**points.environment, "CELLMON_INFLUX_PASSWORD": "wrong"}) as monitor:
        refused = monitor.sample_where(lambda one: "authorization failed" in str(one["unavailable"]), "it is refused")
        assert refused["influxdb_point_count"] is None and refused["health"] == "warning"
        assert monitor.end()[0] == 0
