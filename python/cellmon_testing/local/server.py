"""A server of the test's own, and one with all its stores."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self

from cellmon_testing._http import Site
from cellmon_testing._program import program, surroundings
from cellmon_testing.local import influxdb
from cellmon_testing.local._process import LocalProcess
from cellmon_testing.local.influxdb import LocalInfluxDB
from cellmon_testing.local.postgresql import LocalPostgreSQL
from cellmon_testing.local.redis import LocalRedis
from cellmon_testing.target import Target, use_target


class LocalServer(LocalProcess):
    """`cellmon serve` on an empty data folder.

    `settings` as docs/reference/configuration.md names them: `{"live.conflation": "1ms"}`. `environment`: variables, as
    Target.store_environment() gives them.
    """

    name = "server"

    def __init__(self, settings: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None) -> None:
        super().__init__()
        named = {f"CELLMON_{name.upper().replace('.', '_')}": str(value) for name, value in (settings or {}).items()}
        self._variables = {**named, **(environment or {})}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        with suppress(OSError):
            return Site(self.url, timeout_s=5.0).request("GET", "/api/v1/health/ready").status == 200
        return False

    def _environment(self) -> Mapping[str, str]:
        return surroundings(self._variables)

    def _command(self) -> list[object]:
        return [program(), "serve", "--data", self.folder / "data", "--listen", f"127.0.0.1:{self.port}"]


class LocalSystem:
    """A server with PostgreSQL, InfluxDB and Redis, or without (`stores=False`: all in its own files).

    Within its block it is what all classes and helpers use that are not told another target:

    >>> with LocalSystem() as system:
    ...     events = StudentDataGenerator().generate_classroom_session(num_students=10)
    ...     bulk_insert_events(events)
    ...     assert verify_database_consistency(expected_events=len(events))
    """

    def __init__(self, stores: bool = True, settings: Mapping[str, object] | None = None) -> None:
        self.postgresql = LocalPostgreSQL() if stores else None
        self.influxdb = LocalInfluxDB() if stores else None
        self.redis = LocalRedis() if stores else None
        self.server = LocalServer(settings, self._target().store_environment())
        self._before: Target | None = None

    @property
    def target(self) -> Target:
        return self._target(server=self.server.url, data=str(self.server.folder / "data"))

    def _target(self, **more: str) -> Target:
        return Target(postgresql=self.postgresql.url if self.postgresql else "", redis=self.redis.url if self.redis else "",
                      influxdb=self.influxdb.url if self.influxdb else "", influxdb_user=influxdb.USER, influxdb_password=influxdb.PASSWORD,
                      **more)

    @property
    def stores(self) -> list[LocalProcess]:
        return [store for store in (self.postgresql, self.influxdb, self.redis) if store is not None]

    def start(self) -> Self:
        try:
            with ThreadPoolExecutor(3) as threads:
                for started in [threads.submit(store.start) for store in self.stores]:
                    started.result()
            self.server.start()
        except BaseException:
            self.close()
            raise
        self._before = use_target(self.target)
        return self

    def close(self) -> None:
        """Ends all of it, and the data go."""
        if self.server.is_running():
            self.server.stop()
        for process in [self.server, *self.stores]:
            process.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        use_target(self._before)
        self.close()
