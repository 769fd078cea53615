"""An InfluxDB of the tests' own: Debian's server on a free port of this machine, with data that go with it. The only place of the
tests that knows InfluxDB's HTTP API.

As a program (`python3 -m support.influxdb`) it prints the URL, with user and password, and serves until its input ends; so the
benchmarks get one.
"""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from support.ports import free_port

PROGRAM = "/usr/bin/influxd"
USER, PASSWORD = "cellmon", "tests' own: p@ss/word"
START_S = 60.0

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


class QueryError(Exception):
    """What InfluxDB said of a statement."""


class InfluxDB:
    """Its database is empty at the start, and `USER` may do all."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cellmon-influxdb-"))
        self.data = self.folder / "data"
        self.process: subprocess.Popen | None = None
        self.port = free_port()
        self._databases = 0
        self._configuration = self.folder / "influxdb.conf"
        self._configuration.write_text(CONFIGURATION.format(data=self.data, port=self.port, rpc_port=free_port()))

    def start(self) -> "InfluxDB":
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-config", self._configuration], stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, cwd="/")
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.02)
        self._make_user()
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """By its process id."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            process.wait(START_S)

    def wipe(self) -> None:
        """Comes back with nothing but its user, as after a lost disk."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.data)
        self.start()

    def copy(self, name: str) -> None:
        """Its data as they are on the disk; it is stopped for that."""
        self.stop()
        shutil.copytree(self.data, self.folder / name)
        self.start()

    def restore(self, name: str) -> None:
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / name, self.data)
        self.start()

    def remove(self) -> None:
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

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
            secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
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

    def _make_user(self) -> None:
        """The first user of an empty server needs no login; later it is there."""
        quoted = PASSWORD.replace("'", "\\'")
        try:
            self.query(f"CREATE USER {USER} WITH PASSWORD '{quoted}' WITH ALL PRIVILEGES")
        except QueryError as error:
            assert "user already exists" in str(error), error


def main() -> None:
    # Whoever started this may be stopped with its whole group: the server must not stay.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    influxdb = InfluxDB()
    try:
        influxdb.start()
        print(f"http://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{influxdb.port}", flush=True)
        sys.stdin.read()
    finally:
        influxdb.remove()


if __name__ == "__main__":
    main()
