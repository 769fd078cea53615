"""What one sample of the monitor says."""

from __future__ import annotations

from typing import Any

from cellmon_testing._awaiting import AwaitableDict


class Metrics(AwaitableDict):
    """A sample as the program gives it: a dict with a key for each metric, the common ones as attributes too.

    A metric that could not be read is None, with the reason in `unavailable`; it is never 0 for that.
    """

    def _number(self, name: str) -> float | None:
        value = self.get(name)
        return None if value is None else float(value)

    @property
    def timestamp(self) -> str:
        """UTC."""
        return str(self["timestamp"])

    @property
    def cpu_percent(self) -> float | None:
        """Of server and stores, in percent of all cores."""
        return self._number("cpu_percent")

    @property
    def memory_percent(self) -> float | None:
        return self._number("memory_percent")

    @property
    def memory_mb(self) -> float | None:
        """Of server and stores, in megabytes (10^6 bytes)."""
        return self._number("memory_mb")

    @property
    def redis_connected_clients(self) -> float | None:
        return self._number("redis_connected_clients")

    @property
    def postgresql_active_sessions(self) -> float | None:
        return self._number("postgresql_active_sessions")

    @property
    def influxdb_point_count(self) -> float | None:
        return self._number("influxdb_point_count")

    @property
    def response_time_ms(self) -> float | None:
        return self._number("response_time_ms")

    @property
    def throughput_events_per_s(self) -> float | None:
        return self._number("throughput_events_per_s")

    @property
    def error_rate(self) -> float | None:
        """A fraction: 0.001 is 0.1 %."""
        return self._number("error_rate")

    @property
    def websocket_connections(self) -> float | None:
        return self._number("websocket_connections")

    @property
    def unavailable(self) -> dict[str, Any]:
        """Why a metric is None, by its name."""
        return dict(self.get("unavailable", {}))
