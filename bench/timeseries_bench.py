"""The time series catching up: an empty database of InfluxDB, an idle journal, the server started again. The limit posts the very
requests that the server had sent, prepared and packed, one behind the other on one connection, into an empty database of the same
InfluxDB."""

import base64
import http.client
import http.server
import json
import threading
import time
from contextlib import contextmanager
from urllib.parse import unquote, urlencode, urlsplit

from support import cellmon, cpu_seconds, fill, store

NOT_MEASURED = """InfluxDB on another machine: here it shares cores and disk with the server, and takes most of both. The time series
while ingest runs."""


class InfluxDB:
    """The tests' own, as a program beside this one."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.port, self.user, self.password = parts.port, parts.username, unquote(parts.password)
        self._databases = 0

    def new_database(self) -> str:
        self._databases += 1
        self.query(f"CREATE DATABASE bench_{self._databases}")
        return f"bench_{self._databases}"

    def query(self, statement: str, database: str = "") -> dict:
        with self.connection() as connection:
            connection.request("POST", "/query?" + urlencode({"q": statement, "db": database, "epoch": "ns"}), headers=self.login())
            return json.load(connection.getresponse())["results"][0]

    def points(self, database: str) -> int:
        return self.query("SELECT count(sequence) FROM student_progress", database)["series"][0]["values"][0][1]

    def environment(self, database: str, port: int) -> dict:
        """What a server is told to write there, through whatever listens on `port`."""
        return {"CELLMON_INFLUX_URL": f"http://127.0.0.1:{port}", "CELLMON_INFLUX_DATABASE": database,
                "CELLMON_INFLUX_USER": self.user, "CELLMON_INFLUX_PASSWORD": self.password}

    def login(self) -> dict:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()}

    @contextmanager
    def connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def recorder(influx: InfluxDB):
    """Passes requests on to InfluxDB and keeps what was written; its port and the bodies."""
    bodies: list = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/write"):
                bodies.append(body)
            with influx.connection() as connection:
                connection.request("POST", self.path, body, dict(self.headers))
                answer = connection.getresponse()
                content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], bodies
        server.shutdown()


def catch_up(data, influx: InfluxDB, port: int) -> tuple:
    """Seconds from the first points to the last, how many these are, and the server's CPU."""
    (data / "timeseries.state").unlink(missing_ok=True)
    database = influx.new_database()
    with cellmon(data, environment=influx.environment(database, port)) as server:
        while (first := server.projection("timeseries")["cursor"]["sequence"]) == 0:
            time.sleep(0.005)
        began, cpu = time.monotonic(), cpu_seconds(server.pid)
        while server.projection("timeseries")["lagEvents"] > 0:
            time.sleep(0.02)
        seconds, used = time.monotonic() - began, cpu_seconds(server.pid) - cpu
    points = influx.points(database)
    influx.query(f"DROP DATABASE {database}")
    return seconds, points - first, used


def post(influx: InfluxDB, bodies: list) -> float:
    """Points a second."""
    database = influx.new_database()
    headers = {**influx.login(), "Content-Encoding": "gzip"}
    began = time.monotonic()
    with influx.connection() as connection:
        for body in bodies:
            connection.request("POST", f"/write?db={database}&precision=ns", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 204, answer.status
    seconds = time.monotonic() - began
    points = influx.points(database)
    influx.query(f"DROP DATABASE {database}")
    return points / seconds


def measure(context) -> None:
    data = context.folder("timeseries")
    with cellmon(data) as server:
        fill(server, 150_000 if context.quick else 1_000_000)
        events = server.projection()["durableSequence"]
    with store("influxdb") as program:
        influx = InfluxDB(program.url)
        with recorder(influx) as (port, bodies):
            catch_up(data, influx, port)
        for number in range(context.runs):
            context.say(f"round {number + 1}")
            limit = post(influx, bodies)
            seconds, points, cpu = catch_up(data, influx, influx.port)
            context.add("catching up", "events/s", points / seconds, limit, "≥ 0.8×", rows=events)
            context.add("CPU of the server", "µs/event", cpu / points * 1e6, None, "", rows=events)
    context.folder("timeseries")
