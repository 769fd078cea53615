"""`cellmon audit` over PostgreSQL, InfluxDB and Redis, no server beside it: how long it takes, what crosses the wire from each store to
the audit, and what both cost. *Quick* finds nothing wrong. *Deep* is behind one change in each store that nobody should have made: the
text of a row in PostgreSQL, a field of a point in InfluxDB, an entry deleted from the stream; it names these three and nothing else.

The limit is what an audit without sums would have to do first: read the same rows out of the store (`COPY … TO STDOUT` of the tables
of events, `SELECT *` of the points in chunks, one `XRANGE`), and throw them away. The stream of Redis is bounded; the other two hold
all events. What comes from the stores is counted by a relay in front of each, whose own work is in the times of both."""

import http.client
import json
import os
import resource
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import unquote, urlencode, urlsplit

from postgres_bench import query
from stores_bench import settings
from support import BINARIES, cellmon, cpu_seconds, fill, postgres, store, tree_cpu_seconds
from timeseries_bench import InfluxDB

NOT_MEASURED = """Stores on other machines, where the bytes cost most. An audit while a class runs. The quick audits of a server, which
remembers the journal's sums and reads only what came since. A store with many differences. The spread: one run takes 25 minutes."""

SEEN = """Of ten million events 0.3 MB leave PostgreSQL and 0.04 MB InfluxDB for a quick audit, where to read them would be 3.3 and 3.8 GB; a deep one of
rows takes 0.4 MB with the 1,024 that it looked at, and 28 µs of PostgreSQL's CPU a row for their hashes. A deep audit of points reads them all
([decision 13](../decisions/0013-an-audit-of-sums.md)): nine minutes, which is why a server does it in rotation."""

STORES = ("postgres", "influxd", "redis")
PORT = 18500
PIECE = 1 << 18
# What is made of one event each; the rest are sums.
TABLES = ("events", "cell_executions", "notebook_accesses", "help_signals", "student_signals", "quarantine", "dead_letters")


class Relay:
    """In front of a store: counts what the store says, and tells of the first connection since it was armed."""

    def __init__(self, port: int) -> None:
        self._store_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.bytes = 0
        self.on_first = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            first, self.on_first = self.on_first, None
            if first:
                first()
            server = socket.create_connection(("127.0.0.1", self._store_port))
            for source, target, counts in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._carry, args=(source, target, counts), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        piece = bytearray(PIECE)
        view = memoryview(piece)
        try:
            while size := source.recv_into(piece):
                if counts:
                    self.bytes += size
                target.sendall(view[:size])
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Bench:
    def __init__(self, stores: dict, data) -> None:
        self.stores, self.data = stores, data
        self.relays = {name: Relay(urlsplit(one.url).port) for name, one in stores.items()}
        self.urls = {name: one.url.replace(f":{urlsplit(one.url).port}", f":{self.relays[name].port}") for name, one in stores.items()}
        self.direct = settings(*(one.url for one in stores.values()))
        self.influx = InfluxDB(stores["influxd"].url)

    def store_cpu(self, name: str) -> float:
        return tree_cpu_seconds(self.stores[name].pid)

    @contextmanager
    def read(self, name: str):
        """Time, bytes and CPU of the store for what is done inside, in the dict."""
        seen: dict = {}
        began, cpu, before = time.monotonic(), self.store_cpu(name), self.relays[name].bytes
        yield seen
        seen |= {"seconds": time.monotonic() - began, "store": self.store_cpu(name) - cpu, "bytes": self.relays[name].bytes - before}

    def audit(self, *options: str) -> tuple:
        """The verdicts, and of each store time, bytes and CPU. The stores are looked at one behind the other."""
        moments: list = []

        def note(pid: int | None) -> None:
            moments.append({"at": time.monotonic(), "cellmon": cpu_seconds(pid) if pid else 0.0,
                            **{name: (self.store_cpu(name), self.relays[name].bytes) for name in STORES}})

        note(None)
        children = children_cpu()
        command = [str(BINARIES / "cellmon"), "audit", "--data", str(self.data), "--json", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **settings(*self.urls.values())}) as process:
            for name in STORES[1:]:
                self.relays[name].on_first = lambda: note(process.pid)
            text = process.stdout.read()
        note(None)
        moments[-1]["cellmon"] = children_cpu() - children
        assert len(moments) == len(STORES) + 1, moments
        seen = {}
        for name, before, behind in zip(STORES, moments, moments[1:]):
            seen[name] = {"seconds": behind["at"] - before["at"], "cellmon": behind["cellmon"] - before["cellmon"],
                          "store": behind[name][0] - before[name][0], "bytes": behind[name][1] - before[name][1]}
        return dict(zip(STORES, json.loads(text)["stores"])), seen

    def read_all(self) -> dict:
        """What the limit costs."""
        seen = {}
        with self.read("postgres") as seen["postgres"], open(os.devnull, "wb") as nowhere:
            for table in TABLES:
                subprocess.run(["psql", "-XqAt", "-c", f"COPY relational.{table} TO STDOUT", self.urls["postgres"]], stdout=nowhere,
                               check=True)
        with self.read("influxd") as seen["influxd"]:
            self._read_points()
        with self.read("redis") as seen["redis"]:
            self._read_stream()
        return seen

    def _read_points(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.relays["influxd"].port, timeout=3_600)
        connection.request("POST", "/query?" + urlencode({"q": "SELECT * FROM student_progress", "db": "cellmon", "epoch": "ns",
                                                          "chunked": "true", "chunk_size": 10_000}), headers=self.influx.login())
        answer = connection.getresponse()
        while answer.read(PIECE):
            pass
        connection.close()

    def _read_stream(self) -> None:
        stream = json.loads(self.redis("GET", "cellmon:leader"))["stream"]
        self.redis("XRANGE", stream, "-", "+", url=self.urls["redis"])

    def redis(self, *words: str, url: str = "") -> str:
        parts = urlsplit(url or self.stores["redis"].url)
        command = ["redis-cli", "-h", "127.0.0.1", "-p", str(parts.port), "--no-auth-warning", *words]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                              env={**os.environ, "REDISCLI_AUTH": unquote(parts.password)}).stdout

    def change(self, events: int) -> dict:
        """What nobody should have done; what is to be found of it in each store."""
        place = events // 2
        postgres_url = self.stores["postgres"].url
        run = int(query(postgres_url, f"SELECT min(sequence) FROM relational.cell_executions WHERE sequence >= {place}"))
        query(postgres_url, f"UPDATE relational.cell_executions SET code_content = code_content || ' ' WHERE sequence = {run}")
        series = self.influx.query(f"SELECT * FROM student_progress WHERE block = '{place // 1_000_000}' AND sequence = {place}",
                                   "cellmon")["series"][0]
        point = dict(zip(series["columns"], series["values"][0]))
        self.write_point(point)
        stream = json.loads(self.redis("GET", "cellmon:leader"))["stream"]
        last = int(self.redis("XREVRANGE", stream, "+", "-", "COUNT", "1").split("-", 1)[0])
        self.redis("XDEL", stream, f"{last - 1_000}-0")
        return {"postgres": ("changed", run), "influxd": ("changed", place), "redis": ("missing", last - 1_000)}

    def write_point(self, point: dict) -> None:
        """Its place with another name of the student."""
        tags = "".join(f",{key}=" + "".join("\\" + one if one in ", =" else one for one in point[key])
                       for key in ("block", "cellType", "emailAddress", "event", "notebook", "teamName") if point.get(key))
        with self.influx.connection() as connection:
            connection.request("POST", "/write?db=cellmon", f"student_progress{tags} userName=\"nobody\" {point['time']}".encode(),
                               self.influx.login())
            answer = connection.getresponse()
            assert answer.status == 204, answer.read()


def note(context, depth: str, events: int, seen: dict, limits: dict) -> None:
    for name in STORES:
        mine, limit = seen[name], limits[name]
        context.add("time", "s", mine["seconds"], limit["seconds"], "", audit=depth, store=name, rows=mine["rows"])
        context.add("from the store", "MB", mine["bytes"] / 1e6, limit["bytes"] / 1e6, "", audit=depth, store=name, rows=mine["rows"])
        context.add("CPU of cellmon", "s", mine["cellmon"], None, "", audit=depth, store=name, rows=mine["rows"])
        context.add("CPU of the store", "s", mine["store"], limit["store"], "", audit=depth, store=name, rows=mine["rows"])


def wait_for_points(data, sequence: int) -> None:
    """Until the cursor of the time series says so: it is written about once a second, and an audit goes as far as it."""
    deadline = time.monotonic() + 60
    while int((data / "timeseries.state").read_text().splitlines()[1].split()[3]) < sequence:
        assert time.monotonic() < deadline, "the cursor of the time series stays behind"
        time.sleep(0.1)


def measure(context) -> None:
    events = 200_000 if context.quick else 10_000_000
    data = context.folder("audit")
    with ExitStack() as stack:
        stores = {"postgres": stack.enter_context(postgres()), "influxd": stack.enter_context(store("influxdb")),
                  "redis": stack.enter_context(store("redis_server"))}
        bench = Bench(stores, data)
        context.say(f"filling the stores with {events:,} events")
        began = time.monotonic()
        with cellmon(data, PORT, bench.direct) as server:
            fill(server, events)
            wait_for_points(data, server.projection()["durableSequence"])
        context.say(f"filled in {time.monotonic() - began:.0f} s")
        rounds = {"quick": [], "deep": []}
        limits = []
        for depth, options in (("quick", []), ("deep", ["--deep"])):
            expected = bench.change(events) if depth == "deep" else {}
            for number in range(context.runs):
                context.say(f"{depth}, round {number + 1}")
                if depth == "quick":
                    limits.append(bench.read_all())
                reports, seen = bench.audit(*options)
                for name, report in reports.items():
                    found = [(one["kind"], one["sequence"]) for one in report["differences"]]
                    assert found == ([expected[name]] if name in expected else []), (name, report)
                    seen[name]["rows"] = report["rows"]
                    if name in expected:
                        context.notes.append(f"{name}: {found[0][0]} at sequence {found[0][1]:,} was found by reading "
                                             f"{report['rowsRead']:,} rows.")
                rounds[depth].append(seen)
        for depth, all_seen in rounds.items():
            for seen, limit in zip(all_seen, limits):
                note(context, depth, events, seen, limit)
    context.notes = list(dict.fromkeys(context.notes))
    context.folder("audit")
