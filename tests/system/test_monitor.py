"""Goal: `cellmon monitor` says of server, processes and machine what is so, says why it cannot, and judges by its thresholds.

Method: processes that burn, leak and end on command, whose use the test reads from the kernel itself; a real server that is
loaded, stopped, killed and started again; a page of metrics that the test makes up.
"""

from __future__ import annotations

import http.client
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, Iterator

import pytest
import websocket

from support.events import cell_executed
from support.monitor import CORES, Monitor, part
from support.ports import free_port
from support.server import BINARY, SURROUNDINGS, Server, run_command, wait_until

METRICS = {"cpu_percent", "memory_percent", "memory_mb", "disk_read_mb_s", "disk_write_mb_s", "disk_busy_percent", "network_in_mb_s", "network_out_mb_s",
           "redis_connected_clients", "postgresql_active_sessions", "influxdb_point_count", "response_time_ms",
           "throughput_events_per_s", "error_rate", "websocket_connections", "host_cpu_percent", "host_memory_percent",
           "generator_cpu_percent"}
FAST = ("--interval", 0.2)
TICKS = os.sysconf("SC_CLK_TCK")

BURN = "while True: pass"
# A child that burns and ends, again and again: its time is its parent's only behind its end.
BURN_IN_CHILDREN = "import os\nwhile True:\n    if not os.fork():\n        sum(range(300000)); os._exit(0)\n    os.wait()"
LEAK = "import sys\nheld = []\nfor line in sys.stdin: held.append(b'x' * int(line)); print(len(held), flush=True)"


@contextmanager
def python(script: str, *arguments: str) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen([sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()


def seconds_of(pid: int) -> float:
    """CPU time of a process and its children that have ended, as the kernel says it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def seconds_in(samples: list[dict], value: Callable[[dict], float]) -> float:
    """CPU time between the first and the last of the samples."""
    times = [datetime.fromisoformat(sample["timestamp"].replace("Z", "+00:00")).timestamp() for sample in samples]
    return sum(value(sample) / 100 * CORES * (after - before) for before, after, sample in zip(times, times[1:], samples[1:]))


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def scrape(port: int, path: str = "/metrics") -> tuple[int, str]:
    """Status and text of what an exporter answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_server(server: Server) -> None:
    with Monitor("--server", url(server), *FAST) as monitor:
        first = monitor.sample()
        assert METRICS <= first.keys()
        for name in METRICS:
            assert (first[name] is None) == bool(first["unavailable"].get(name)), name
        quiet = monitor.sample_where(lambda sample: sample["throughput_events_per_s"] == 0, "nothing is stored")
        assert quiet["unavailable"]["error_rate"] == "no requests but this monitor's own"
        assert 0 < quiet["response_time_ms"] < 60_000
        assert part(quiet, "server")["pid"] == server.process.pid, "found by its port"
        assert quiet["memory_mb"] == part(quiet, "server")["memory_mb"] > 1
        assert set(quiet["unavailable"]) == {"error_rate", "generator_cpu_percent", "redis_connected_clients",
                                             "postgresql_active_sessions", "influxdb_point_count"} | (
            {"disk_read_mb_s", "disk_write_mb_s", "disk_busy_percent"} & set(quiet["unavailable"]))
        server.post([cell_executed() for _ in range(500)])
        loaded = monitor.sample_where(lambda sample: sample["throughput_events_per_s"], "events were stored")
        assert loaded["error_rate"] == 0
        viewer = websocket.create_connection(f"ws://127.0.0.1:{server.port}/api/v1/live", timeout=60)
        monitor.sample_where(lambda sample: sample["websocket_connections"] == 1, "a WebSocket is open")
        viewer.close()
        monitor.sample_where(lambda sample: sample["websocket_connections"] == 0, "it is closed")
        status, _ = monitor.end()
        assert status in (0, 6), "a busy machine may be critical"


def test_a_server_that_dies_and_comes_back(server: Server) -> None:
    port, pid = server.port, server.process.pid
    with Monitor("--server", url(server), *FAST) as monitor:
        monitor.sample_where(lambda sample: sample["response_time_ms"], "it answers")
        server.kill()
        dead = monitor.sample_where(lambda sample: sample["response_time_ms"] is None, "it is dead")
        assert dead["health"] == "critical"
        assert any("the server does not answer" in reason for reason in dead["reasons"])
        gone = monitor.sample_where(lambda sample: part(sample, "server")["pid"] is None, "its process has gone")
        assert gone["cpu_percent"] is None and gone["memory_mb"] is None and gone["throughput_events_per_s"] is None
        assert "nobody listens on port" in gone["unavailable"]["cpu_percent"]
        server.start(port=port)
        back = monitor.sample_where(lambda sample: sample["throughput_events_per_s"] is not None and sample["cpu_percent"] is not None,
                                    "it is back")
        assert part(back, "server")["pid"] == server.process.pid != pid
        assert monitor.end()[0] == 6


def test_a_server_that_hangs_holds_nothing_up(server: Server) -> None:
    with Monitor("--server", url(server), *FAST) as monitor:
        monitor.sample_where(lambda sample: sample["response_time_ms"], "it answers")
        server.process.send_signal(signal.SIGSTOP)
        try:
            silent = monitor.sample_where(lambda sample: sample["response_time_ms"] is None, "it is silent")
            assert silent["health"] == "critical" and silent["memory_mb"] > 1
            assert monitor.end()[0] == 6, "nor does its end wait for it"
        finally:
            server.process.send_signal(signal.SIGCONT)


def test_a_busy_process_shows_its_cpu() -> None:
    with python(BURN) as burning, python(BURN_IN_CHILDREN) as forking, python("input()") as idle:
        with Monitor("--pid", f"burning={burning.pid}", "--pid", f"forking={forking.pid}", "--pid", f"idle={idle.pid}", *FAST) as monitor:
            monitor.sample()
            before = {process.pid: seconds_of(process.pid) for process in (burning, forking)}
            used = lambda pid: seconds_of(pid) - before[pid]
            monitor.sample_where(lambda _: used(burning.pid) > 2 and used(forking.pid) > 2, "both have worked for two seconds")
            for name, process in (("burning", burning), ("forking", forking)):
                seen = seconds_in(monitor.samples, lambda sample: part(sample, name)["cpu_percent"])
                assert seen == pytest.approx(used(process.pid), rel=0.25, abs=0.5), name
            assert seconds_in(monitor.samples, lambda sample: part(sample, "idle")["cpu_percent"]) < 0.2
            for sample in monitor.samples[1:]:
                assert sample["cpu_percent"] == pytest.approx(sum(process["cpu_percent"] for process in sample["processes"]), abs=0.01)
                assert sample["cpu_percent"] < 110


def test_generators_are_apart() -> None:
    """Also one that was started by what is watched."""
    with python(f"import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', {BURN!r}])\nprint(p.pid, flush=True)\ninput()") as parent:
        generator = int(parent.stdout.readline())
        with Monitor("--pid", f"system={parent.pid}", "--generator", generator, *FAST) as monitor:
            monitor.sample()
            before = seconds_of(generator)
            monitor.sample_where(lambda _: seconds_of(generator) - before > 1, "it has worked for a second")
            assert seconds_in(monitor.samples, lambda sample: sample["generator_cpu_percent"]) > 0.6
            assert seconds_in(monitor.samples, lambda sample: sample["cpu_percent"]) < 0.2


def test_processes_are_found_by_their_command() -> None:
    mark = f"mark-{os.getpid()}-of-this-test"
    with python("input()", mark) as marked, Monitor("--command", f"marked={mark}", *FAST) as monitor:
        assert part(monitor.sample(), "marked")["pid"] == marked.pid, "not the monitor, which has it in its own command line"


def test_a_leak_shows_its_growth(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with python(LEAK) as leaking, Monitor("--pid", f"leaking={leaking.pid}", "--out", out, *FAST) as monitor:
        before = monitor.sample()["memory_mb"]
        for _ in range(8):
            leaking.stdin.write("10000000\n")
            leaking.stdin.flush()
            assert leaking.stdout.readline()
        monitor.sample_where(lambda sample: sample["memory_mb"] > before + 75, "80 MB are held")
        assert monitor.end()[0] == 0
        written = json.loads(out.read_text(encoding="utf-8"))
        assert 75 < written["summary"]["processes"]["leaking"]["memory_growth_mb"] < 90
        assert written["summary"]["statistics"]["memory"]["peak"] == pytest.approx(before + 80, abs=10)
        assert written["samples"][:len(monitor.samples)] == monitor.samples


def test_a_process_that_ends_is_a_warning() -> None:
    with python("input()") as process, Monitor("--pid", f"ending={process.pid}", *FAST) as monitor:
        assert monitor.sample()["health"] == "healthy"
        process.kill()
        gone = monitor.sample_where(lambda sample: sample["health"] == "warning", "it has ended")
        assert gone["reasons"] == [f"ending: the process {process.pid} has ended"]
        assert monitor.end()[0] == 0


@pytest.mark.parametrize("threshold", ["cpu", "memory"])
def test_thresholds_decide_over_health_and_exit_status(threshold: str) -> None:
    with python("input()") as idle:
        command = ("monitor", "--json", "--pid", f"idle={idle.pid}", "--interval", 0.1, "--duration", 0.3)
        healthy = run_command(*command)
        assert {json.loads(line)["health"] for line in healthy.stdout.splitlines()} == {"healthy"}
        warned = run_command(*command, f"--{threshold}-warning", 0)
        assert {json.loads(line)["health"] for line in warned.stdout.splitlines()} == {"warning"}
        critical = run_command(*command, f"--{threshold}-warning", 0, f"--{threshold}-critical", 0, check=False)
        assert critical.returncode == 6
        (reason,) = json.loads(critical.stdout.splitlines()[-1])["reasons"]
        assert re.fullmatch(r"(CPU|memory) is at \d+\.\d %( of all cores)?; critical from 0 % on", reason)


class Page:
    """A server whose page of metrics the test makes up: of 100 requests a look, `failing` fail."""

    def __init__(self) -> None:
        self.failing = self.failed = self.answered = 0
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page.answered += 1  # Its own.
                body = b"ok"
                if self.path == "/metrics":
                    body = (f'cellmon_http_requests_total{{class="2xx"}} {page.answered - 1}\n'
                            f'cellmon_http_requests_total{{class="5xx"}} {page.failed}\n').encode()
                    page.answered += 100 - page.failing
                    page.failed += page.failing
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    one = Page()
    yield one
    one.close()


def test_errors_are_those_of_others(page: Page) -> None:
    with Monitor("--server", page.url, *FAST) as monitor:
        monitor.sample_where(lambda sample: sample["error_rate"] == 0, "nothing fails")
        page.failing = 5
        failing = monitor.sample_where(lambda sample: sample["error_rate"], "something fails")
        failing = monitor.sample_where(lambda sample: sample["error_rate"] == 0.05, "5 of 100 fail")
        assert "5 % of the requests are answered with an error; critical from 1 % on" in failing["reasons"]
        assert failing["unavailable"]["throughput_events_per_s"] == "/metrics has no cellmon_ingest_events_total"
        assert monitor.end()[0] == 6


GENEROUS = [part for name in ("cpu", "response-time", "error-rate") for part in (f"--{name}-critical", 100_000, f"--{name}-warning", 100_000)]


def test_the_report_of_a_load_test(server: Server, tmp_path: Path) -> None:
    out, port = tmp_path / "report.json", free_port()
    with Monitor("--server", url(server), "--name", "教室 100", "--expected-load", 1000, "--out", out, "--interval", 0.1,
                 "--duration", 600, "--export", port, *GENEROUS) as monitor:
        for _ in range(20):
            assert server.post([cell_executed() for _ in range(20)]).status == 202
        wait_until(lambda: listens(port) and "cellmon_monitor_cpu_percent" in scrape(port)[1], "it has taken samples")
        status, output = monitor.end()
        report = json.loads(output)
        assert report == json.loads(out.read_text(encoding="utf-8")) and "教室" in out.read_text(encoding="utf-8")
        assert report.keys() == {"test_name", "expected_load", "test_duration_seconds", "performance_summary", "success_criteria"}
        assert report["test_name"] == "教室 100" and report["expected_load"] == 1000 and 0 < report["test_duration_seconds"] < 600
        summary = report["performance_summary"]
        assert summary.keys() == {"latest_metrics", "statistics"} and METRICS <= summary["latest_metrics"].keys()
        assert summary["statistics"].keys() == {"cpu", "memory"}
        for values in summary["statistics"].values():
            assert values.keys() == {"current", "average", "peak"} and 0 <= values["average"] <= values["peak"]
        criteria = report["success_criteria"]
        assert criteria.keys() == {"cpu_under_80_percent", "memory_under_4gb", "response_time_under_500ms", "error_rate_under_0_1_percent"}
        assert criteria["memory_under_4gb"] is True
        assert status == (1 if False in criteria.values() else 0)


def test_a_criterion_that_is_broken_is_an_exit_status(page: Page) -> None:
    page.failing = 5
    done = run_command("monitor", "--json", "--server", page.url, "--name", "failing", "--interval", 0.1, "--duration", 1, *GENEROUS,
                       check=False)
    assert done.returncode == 1, done
    assert json.loads(done.stdout)["success_criteria"]["error_rate_under_0_1_percent"] is False


def test_figures_for_prometheus() -> None:
    port = free_port()
    with python("input()") as idle, Monitor("--pid", f"idle={idle.pid}", "--export", port, *FAST) as monitor:
        sample = monitor.sample()
        status, text = scrape(port)
        assert status == 200
        figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert float(figures['cellmon_monitor_process_memory_mb{process="idle"}']) == pytest.approx(sample["memory_mb"], rel=0.1)
        assert figures["cellmon_monitor_health"] == "0"
        assert not any("redis" in name for name in figures), "what could not be read is not there"
        helped = set(re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE))
        assert helped == {name.partition("{")[0] for name in figures}
        assert scrape(port, "/")[0] == 404
        assert monitor.end()[0] == 0


@pytest.mark.parametrize("arguments, said", [
    (("--export", "0.0.0.0:9180"), "--export-to-others"),
    (("--export", "nonsense"), "127.0.0.1:9180"),
    (("--pid", "server"), "server=4711"),
    (("--port", "server=x"), "postgresql=5432"),
    (("--interval", "0"), "--interval"),
    (("--duration", "-1"), "--duration"),
    (("--cpu-warning", "90"), "--cpu-critical (85) must not be below --cpu-warning (90)"),
    (("--expected-load", "10"), "--name"),
    (("--running",), "--json"),
    (("--server", "127.0.0.1:8000"), "http://127.0.0.1:8000"),
    (("--redis", "http://127.0.0.1"), "redis://"),
], ids=lambda value: "".join(value) if isinstance(value, tuple) else "")
def test_wrong_arguments(arguments: tuple[str, ...], said: str) -> None:
    done = run_command("monitor", *arguments, check=False)
    assert done.returncode == 2 and said in done.stderr.decode()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = run_command("monitor", "--out", tmp_path / "no" / "such.json", check=False)
    assert done.returncode == 3 and "cannot write" in done.stderr.decode()


def test_the_help_states_the_thresholds() -> None:
    text = run_command("monitor", "--help").stdout.decode()
    for flag, value in (("cpu-warning", 70), ("cpu-critical", 85), ("memory-warning", 75), ("memory-critical", 90),
                        ("response-time-warning", 500), ("response-time-critical", 1000), ("error-rate-warning", 0.001),
                        ("error-rate-critical", 0.01)):
        assert re.search(rf"--{flag} FLOAT ?[=[]{re.escape(str(value))}\b", text), flag


@pytest.mark.parametrize("colours", [True, False])
def test_what_a_terminal_shows(colours: bool) -> None:
    """A picture that is written over, in colours unless NO_COLOR is set; then the report."""
    ours, theirs = pty.openpty()
    environment = {**SURROUNDINGS, "TERM": "xterm", **({} if colours else {"NO_COLOR": "1"})}
    if colours:
        environment.pop("NO_COLOR", None)
    with python("input()") as idle:
        process = subprocess.Popen([str(BINARY), "monitor", "--pid", f"idle={idle.pid}", "--interval", "0.1", "--duration", "0.5"],
                                   stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=environment)
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 65536):
                text += piece
        except OSError:
            pass  # The terminal has no more writer.
        assert process.wait(60) == 0
    os.close(ours)
    assert (b"\x1b[32mhealthy\x1b[0m" in text) == colours
    assert re.search(rb"\x1b\[\d+A\r\x1b\[J", text), "written over"
    report = text.rpartition(b"\x1b[J")[2].decode()
    assert re.search(r"\d samples: [1-9]\d* healthy, 0 with a warning, 0 critical", report)
    assert re.search(r"^  idle +CPU \d+\.\d % ", report, re.MULTILINE)
