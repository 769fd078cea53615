"""An InfluxDB of the tests' own. The only place of the tests that knows InfluxDB's HTTP API. `python3 -m support.influxdb` serves one."""

from __future__ import annotations

import base64
import http.client
import json
from urllib.parse import urlencode

from support.ports import free_port
from support.store_process import PASSWORD, QUOTED_PASSWORD, USER, QueryError, StoreProcess, serve

__all__ = ["PASSWORD", "USER", "InfluxDB", "QueryError"]

PROGRAM = "/usr/bin/influxd"

CONFIGURATION = """
reporting-enabled = false
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
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


class InfluxDB(StoreProcess):
    """Its database is empty at the start, and `USER` may do all."""

    def __init__(self, disk_bytes: int = 0) -> None:
        super().__init__("influxdb", disk_bytes)
        self._databases = 0
        self._configuration = self.folder / "influxdb.conf"
        self._configuration.write_text(CONFIGURATION.format(data=self.data, port=self.port, rpc_port=free_port()))

    def _prepare(self) -> None:
        """It makes its folders itself."""

    def _command(self) -> list[object]:
        # As docs/guide/stores.md says.
        return ["/usr/bin/env", "GOGC=400", PROGRAM, "-config", self._configuration]

    def url(self) -> str:
        return f"http://{USER}:{QUOTED_PASSWORD}@127.0.0.1:{self.port}"

    def change_password(self, password: str) -> None:
        self.query(f"SET PASSWORD FOR {USER} = '{_quoted(password)}'")
        self.password = password

    def recover(self) -> None:
        """Behind a full disk 1.x goes on refusing until it is started again."""
        self.stop()
        self.start()

    def new_database(self) -> str:
        """A name that nobody has used. The server under test makes the database."""
        self._databases += 1
        return f"test_{self._databases}"

    def query(self, statement: str, database: str = "") -> list[dict]:
        """The rows of one statement, over all its series; times in ns, tags of a GROUP BY beside the columns."""
        path = "/query?" + urlencode({"q": statement, "db": database, "epoch": "ns"})
        status, body = self._request("POST", path)
        answer = json.loads(body)
        error = answer.get("error") or answer.get("results", [{}])[0].get("error")
        if status != 200 or error:
            raise QueryError(error or f"{status}: {body!r}")
        return [{**series.get("tags", {}), **dict(zip(series["columns"], row))}
                for series in answer["results"][0].get("series", []) for row in series.get("values", [])]

    def write(self, lines: bytes, database: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        return self._request("POST", "/write?" + urlencode({"db": database, "precision": "ns"}), lines)

    def _request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            secret = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
            connection.request(method, path, body, {"Authorization": f"Basic {secret}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return self._request("GET", "/ping")[0] == 204
        except (OSError, http.client.HTTPException):
            return False

    def _started(self) -> None:
        """The first user of an empty server needs no login; later it is there."""
        try:
            self.query(f"CREATE USER {USER} WITH PASSWORD '{_quoted(PASSWORD)}' WITH ALL PRIVILEGES")
        except QueryError as error:
            assert "user already exists" in str(error), error


def _quoted(text: str) -> str:
    return text.replace("'", "\\'")


if __name__ == "__main__":
    serve(InfluxDB)
