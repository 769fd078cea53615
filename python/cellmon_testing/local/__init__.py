"""Servers and stores that a test starts for itself: on the loopback, with data that go when it is over."""

from cellmon_testing.local._process import LocalProcess, StartFailed
from cellmon_testing.local.influxdb import LocalInfluxDB
from cellmon_testing.local.postgresql import LocalPostgreSQL
from cellmon_testing.local.redis import LocalRedis
from cellmon_testing.local.server import LocalServer, LocalSystem

__all__ = ["LocalInfluxDB", "LocalPostgreSQL", "LocalProcess", "LocalRedis", "LocalServer", "LocalSystem", "StartFailed"]
