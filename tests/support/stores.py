"""The three stores in one form: what a server is told of each, what a fault may do to it, and what it holds."""

from __future__ import annotations

from typing import Iterable

import redis.exceptions

from support.database import PostgresRows
from support.gate import Gate
from support.influxdb import InfluxDB
from support.points import Points
from support.postgres import Postgres
from support.redis_server import RedisServer
from support.redis_stream import Stream
from support.server import wait_until
from support.small_disk import MIB
from support.store_process import QueryError, StoreProcess

# The longest class of these tests has fewer events, so that the stream holds all of them.
STREAM_EVENTS = 1_000_000


class Store:
    """What one server has in one store. `gate` is in front of it when a fault needs one."""

    projection: str  # Its name in GET /api/v1/projections.
    service: str  # Its name in GET /api/v1/health.

    def __init__(self, process: StoreProcess, gate: Gate | None) -> None:
        self.process, self.gate = process, gate

    @property
    def environment(self) -> dict[str, str]:
        """What the server is told."""
        raise NotImplementedError

    def count(self) -> int:
        """Events that it holds now; 0 while it cannot say."""
        raise NotImplementedError

    def event_ids(self) -> list[str]:
        """Of all that it holds, in the order of their sequences."""
        raise NotImplementedError

    def check(self, events: list[dict]) -> None:
        """It holds the exported events, each once, in order, as they are, and nothing else."""
        raise NotImplementedError

    def drop(self) -> None:
        """What the server had made in it is gone; itself it goes on, and no connection breaks."""
        raise NotImplementedError


class PostgresStore(Store):
    projection = service = "relational"

    def __init__(self, process: Postgres, gate: Gate | None = None, shared: bool = False) -> None:
        super().__init__(process, gate)
        self.rows = PostgresRows(process, process.new_database() if shared else process.url())

    @property
    def environment(self) -> dict[str, str]:
        port = self.gate.port if self.gate else self.process.port
        return {"CELLMON_POSTGRES_URL": self.rows.url.replace(f":{self.process.port}/", f":{port}/")}

    def count(self) -> int:
        try:
            return self.rows.count("events")
        except QueryError:
            return 0

    def event_ids(self) -> list[str]:
        return self.rows.event_ids()

    def check(self, events: list[dict]) -> None:
        self.rows.check(events)

    def drop(self) -> None:
        wait_until(self._is_dropped, "the schema goes")

    def _is_dropped(self) -> bool:
        try:
            self.rows.query(f"SET client_min_messages = error; DROP SCHEMA IF EXISTS {self.rows.schema} CASCADE")
        except QueryError as error:
            assert "deadlock detected" in str(error), error  # With the projection, which writes meanwhile.
            return False
        return True


class InfluxStore(Store):
    projection, service = "timeseries", "influxdb"

    def __init__(self, process: InfluxDB, gate: Gate | None = None) -> None:
        super().__init__(process, gate)
        self.points = Points(process, gate.port if gate else None)

    @property
    def environment(self) -> dict[str, str]:
        return self.points.environment

    def count(self) -> int:
        try:
            return self.points.count()
        except (OSError, QueryError):
            return 0

    def event_ids(self) -> list[str]:
        return self.points.event_ids()

    def check(self, events: list[dict]) -> None:
        self.points.check(events)

    def drop(self) -> None:
        self.points.query(f"DROP DATABASE {self.points.database}")


class RedisStore(Store):
    projection = service = "redis"

    def __init__(self, process: RedisServer, gate: Gate | None = None) -> None:
        super().__init__(process, gate)
        self.stream = Stream(process, process.new_database(), gate.port if gate else None)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.stream.environment, "CELLMON_REDIS_STREAM_EVENTS": str(STREAM_EVENTS)}

    def count(self) -> int:
        try:
            return self.stream.count()
        except redis.exceptions.RedisError:
            return 0

    def event_ids(self) -> list[str]:
        return [event["eventId"] for event in self.stream.events()]

    def check(self, events: list[dict]) -> None:
        self.stream.compare(events)

    def drop(self) -> None:
        with self.process.client(self.stream.database) as client:
            client.flushdb()


# Of a fault that fills a disk, in a run of minutes: all that the run sends has room on it, but for what fills it. Redis appends every
# command of 100,000 events to its file.
SMALL_DISKS = {"postgres": 192 * MIB, "influxdb": 64 * MIB, "redis": 256 * MIB}
# On a small one PostgreSQL keeps its log small.
SMALL_POSTGRES = {"max_wal_size": "48MB", "min_wal_size": "32MB"}


def make_store(name: str, gate_of, disk_bytes: int = 0) -> Store:
    """One whose process is its own, and runs. `gate_of(port)` makes its gate, or none; `disk_bytes` as for StoreProcess."""
    if name == "postgres":
        process = Postgres(SMALL_POSTGRES if disk_bytes else None, disk_bytes)
        return PostgresStore(process.start(), gate_of(process.port))
    kind, store = {"influxdb": (InfluxDB, InfluxStore), "redis": (RedisServer, RedisStore)}[name]
    process = kind(disk_bytes)
    return store(process.start(), gate_of(process.port))


def environment_of(stores: Iterable[Store]) -> dict[str, str]:
    return {name: value for store in stores for name, value in store.environment.items()}
