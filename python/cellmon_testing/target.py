"""What is tested: a server and its stores."""

from __future__ import annotations

import os
from dataclasses import dataclass

SERVER_VARIABLE = "CELLMON_TESTING_SERVER"
DEFAULT_SERVER = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Target:
    """Where server and stores are. What is empty is not there: its figures are then not read, and say so.

    >>> use_target(Target("http://127.0.0.1:8000", postgresql="postgresql://cellmon@127.0.0.1/cellmon"))

    Secrets are handed to the program in its environment, never on a command line.
    """

    server: str = DEFAULT_SERVER
    postgresql: str = ""  # The server's postgres.url.
    influxdb: str = ""  # The server's influx.url, and what belongs to it:
    influxdb_database: str = "cellmon"
    influxdb_user: str = ""
    influxdb_password: str = ""
    influxdb_token: str = ""
    redis: str = ""  # The server's redis.url.
    data: str = ""  # The server's data folder, where the journal can be read on this machine.
    class_key: str = ""  # With auth.mode = required, for events,
    token: str = ""  # and a token of an account, for the rest.

    @classmethod
    def from_environment(cls) -> Target:
        """As CELLMON_TESTING_SERVER and the server's own variables (CELLMON_POSTGRES_URL, …) say."""
        said = os.environ.get
        return cls(server=said(SERVER_VARIABLE, DEFAULT_SERVER), postgresql=said("CELLMON_POSTGRES_URL", ""),
                   influxdb=said("CELLMON_INFLUX_URL", ""), influxdb_database=said("CELLMON_INFLUX_DATABASE", "cellmon"),
                   influxdb_user=said("CELLMON_INFLUX_USER", ""), influxdb_password=said("CELLMON_INFLUX_PASSWORD", ""),
                   influxdb_token=said("CELLMON_INFLUX_TOKEN", ""), redis=said("CELLMON_REDIS_URL", ""),
                   data=said("CELLMON_SERVER_DATA", ""), class_key=said("CELLMON_CLASS_KEY", ""), token=said("CELLMON_TOKEN", ""))

    def store_environment(self) -> dict[str, str]:
        """The variables by which server and program are told of the stores."""
        values = {"CELLMON_POSTGRES_URL": self.postgresql, "CELLMON_REDIS_URL": self.redis}
        if self.influxdb:
            values |= {"CELLMON_INFLUX_URL": self.influxdb, "CELLMON_INFLUX_DATABASE": self.influxdb_database,
                       "CELLMON_INFLUX_USER": self.influxdb_user, "CELLMON_INFLUX_PASSWORD": self.influxdb_password,
                       "CELLMON_INFLUX_TOKEN": self.influxdb_token}
        return {name: value for name, value in values.items() if value}

    def client_environment(self) -> dict[str, str]:
        """The variables by which the program, as a client, is told its key and token."""
        values = {"CELLMON_CLASS_KEY": self.class_key, "CELLMON_TOKEN": self.token}
        return {name: value for name, value in values.items() if value}


_used: Target | None = None


def use_target(target: Target | None) -> Target | None:
    """From now on all classes and helpers that are not told another one use this; None: what the environment says. Returns
    the one that was used until now, to be put back."""
    global _used
    before, _used = _used, target
    return before


def current_target() -> Target:
    """What use_target() was told last, else what the environment says."""
    return _used or Target.from_environment()
