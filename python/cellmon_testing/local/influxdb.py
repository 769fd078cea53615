"""An InfluxDB 1.x of the test's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from urllib.parse import urlencode

from cellmon_testing._http import Site, basic_login
from cellmon_testing.local._process import LocalProcess, StartFailed, free_port

USER, PASSWORD = "cellmon", "of-the-test"

_CONFIGURATION = """
reporting-enabled = false
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = true
  log-enabled = false
[monitor]
  store-enabled = false
[retention]
  enabled = false
[continuous_queries]
  enabled = false
"""


class LocalInfluxDB(LocalProcess):
    """Empty at the start; `USER` may do all. The server makes its database."""

    name = "influxdb"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        try:
            # The first user of an empty server needs no login; later it is there, and so said.
            statement = f"CREATE USER {USER} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES"
            answer = Site(self.url, basic_login(USER, PASSWORD)).request("POST", "/query?" + urlencode({"q": statement}))
        except OSError:
            return False
        return answer.status == 200

    def _prepare(self) -> None:
        text = _CONFIGURATION.format(folder=self.folder, port=self.port, rpc_port=free_port())
        (self.folder / "influxdb.conf").write_text(text, encoding="utf-8")

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "GOGC": "400"}  # As docs/guide/stores.md says.

    def _command(self) -> list[object]:
        program = shutil.which("influxd")
        if program is None:
            raise StartFailed("influxd is not in PATH (Debian: influxdb)")
        return [program, "-config", self.folder / "influxdb.conf"]
