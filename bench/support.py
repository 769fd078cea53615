"""What all benchmarks share: processes, CPU of a server, rows with their spread, tables."""

import json
import os
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARIES = ROOT / "build" / "bench"
TICKS = os.sysconf("SC_CLK_TCK")
READY = "/api/v1/health/ready"
START_SECONDS = 120


@dataclass
class Context:
    """Collects samples; one row for each (measure, parameters)."""

    runs: int
    quick: bool
    scratch: Path
    notes: list = field(default_factory=list)
    _samples: dict = field(default_factory=dict)

    def add(self, measure: str, unit: str, ours: float, limit=None, goal: str = "", **parameters) -> None:
        key = (measure, unit, goal, tuple(parameters.items()))
        self._samples.setdefault(key, []).append((ours, limit))

    def rows(self) -> list:
        rows = []
        for (measure, unit, goal, parameters), samples in self._samples.items():
            ours = [sample[0] for sample in samples]
            limits = [sample[1] for sample in samples if sample[1] is not None]
            ratios = [mine / limit for mine, limit in samples if limit]
            middle = statistics.median(ours)
            rows.append({
                "measure": measure, "unit": unit, **dict(parameters), "ours": middle,
                "limit": statistics.median(limits) if limits else None,
                "ratio": statistics.median(ratios) if ratios else None, "goal": goal, "runs": len(ours),
                "spread": (max(ours) - min(ours)) / middle if middle else 0.0,
            })
        return rows

    def folder(self, name: str) -> Path:
        """A new, empty folder."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def machine(path: Path) -> str:
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    path.mkdir(parents=True, exist_ok=True)
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(path)], capture_output=True, text=True).stdout.strip()
    return f"{os.cpu_count()} cores {cpu}, {memory:.0f} GiB, {kind}, Linux {platform.release()}"


def run_json(*command) -> dict:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if not done.stdout.strip():
        raise RuntimeError(f"{command}: {done.stderr}")
    return json.loads(done.stdout)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def children_cpu_seconds() -> float:
    """Of all that this program has started and that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree_cpu_seconds(pid: int) -> float:
    """Of a process with all that it has started: those that run, and those that have ended."""
    while True:
        try:
            return _tree_cpu_seconds(pid)
        except (FileNotFoundError, ProcessLookupError):
            if not Path(f"/proc/{pid}").exists():
                raise
            # One of them ended meanwhile: now its parent has its time.


def _tree_cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(map(int, fields[11:15])) / TICKS + sum(_tree_cpu_seconds(int(child)) for child in children)


def thread_cpu_seconds(pid: int) -> dict:
    """CPU of each kind of thread of a server, by name; the server names its threads, I/O threads are added up."""
    seconds: dict = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = re.sub(r"\d+$", "", (task / "comm").read_text().strip())
        seconds[name] = seconds.get(name, 0.0) + int((task / "schedstat").read_text().split()[0]) / 1e9
    return seconds


def resident_mb(pid: int, of: str = "VmRSS") -> float:
    """Now; `of="VmHWM"`: the most so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{of}:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


class Server:
    """`cellmon serve`, or another HTTP program with a port."""

    def __init__(self, command: list, port: int, ready_path: str | None, environment: dict | None = None):
        self.url = f"http://127.0.0.1:{port}"
        began = time.monotonic()
        self._process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        self.pid = self._process.pid
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"{command} ended with status {self._process.returncode}")
            try:
                urllib.request.urlopen(self.url + (ready_path or "/"), timeout=5).read()
                break
            except urllib.error.HTTPError:
                if ready_path is None:
                    break
            except OSError:
                pass
            if time.monotonic() - began > START_SECONDS:
                self.stop()
                raise RuntimeError(f"{command} is not ready after {START_SECONDS} s")
            time.sleep(0.01)
        if self._process.poll() is not None:
            raise RuntimeError(f"{command} ended with status {self._process.returncode}, and another program answers on its port")
        self.ready_seconds = time.monotonic() - began

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def projection(self, name: str = "relational") -> dict:
        return next(one for one in self.get("/api/v1/projections")["projections"] if one["name"] == name)

    def greatest_lag(self, of: str = "lagEvents") -> float:
        """Of all projections; also of `lagSeconds`."""
        return max(one[of] for one in self.get("/api/v1/projections")["projections"])

    def wait_for_projection(self) -> float:
        """Seconds until no event waits for a projection."""
        began = time.monotonic()
        while self.greatest_lag() > 0:
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self, how=signal.SIGTERM) -> None:
        self._process.send_signal(how)
        self._process.wait()


@contextmanager
def cellmon(data: Path, port: int = 18480, environment: dict | None = None):
    server = Server([BINARIES / "cellmon", "serve", "--data", data, "--listen", f"127.0.0.1:{port}"], port,
                    READY, environment)
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Store:
    url: str
    pid: int  # Of a program that has started it and does nothing else.


@contextmanager
def store(name: str, *settings: str):
    """A store of the tests' own: `postgres` with settings, `influxdb`, `redis_server`."""
    # Debian's Python, as ./test takes it: what the tests need is packaged for it.
    with subprocess.Popen(["/usr/bin/python3", "-m", f"support.{name}", *settings], cwd=ROOT / "tests", stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError(f"{name} does not start")
            yield Store(url, process.pid)
        finally:
            process.stdin.close()


def postgres():
    """A PostgreSQL that syncs as one in use does."""
    return store("postgres", "fsync=on", "shared_buffers=256MB")


def simulate(server: Server, **flags) -> dict:
    arguments = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    return run_json(BINARIES / "cellmon", "simulate", "--server", server.url, "--json", *arguments)


def fill(server: Server, events: int, **flags) -> None:
    """Stores `events` events and waits for the projection."""
    if events > 0:
        simulate(server, speed="max", batch=1000, connections=8, events=events, seed=time.time_ns() % 2**31, **flags)
        server.wait_for_projection()


def wrk(script: str, url: str, connections: int, seconds: float, **environment) -> dict:
    """What wrk saw with a script of this folder: `requests, seconds, failed, refused, p50_ms, p90_ms, p99_ms, p99_9_ms`, and its
    `cpu_seconds`."""
    before = children_cpu_seconds()
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url], cwd=ROOT / "bench",
                          env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    result = {**json.loads(line.removeprefix("RESULT ")), "cpu_seconds": children_cpu_seconds() - before}
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} requests failed:\n{done.stdout}")
    return result


def _text(value) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def _cells(result: dict) -> list:
    fixed = ("measure", "unit", "ours", "limit", "ratio", "goal", "runs", "spread")
    parameters = list(dict.fromkeys(key for row in result["rows"] for key in row if key not in fixed))
    head = ["measure", *parameters, "unit", "ours", "limit", "ratio", "goal", "runs", "spread"]
    return [head] + [[f"{row['spread'] * 100:.0f} %" if key == "spread" else _text(row.get(key)) for key in head]
                     for row in result["rows"]]


def render(result: dict) -> str:
    cells = _cells(result)
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in cells]
    return "\n".join([f"{result['name']} · {result['machine']}", *lines])


def to_markdown(result, about, notes, not_measured, command, provisional, why="", seen="") -> str:
    head, *rows = _cells(result)
    table = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    table += ["| " + " | ".join(row) + " |" for row in rows]
    parts = [f"# Benchmark: {result['name']}", about.strip()]
    if provisional:
        parts.append(f"**Provisional: {provisional}.**")
    parts.append(f"`{command}` on {result['machine']}.")
    parts.append("\n".join(table))
    parts.append("ours and limit are medians of the runs, ratio is the median of the ratio in each run, spread is "
                 "(greatest − least) / median of ours.")
    if notes:
        parts.append("\n".join(f"- {note}" for note in notes))
    if seen:
        parts.append("## What is seen\n\n" + seen.strip())
    if why:
        parts.append("## Where a goal is not reached\n\n" + why.strip())
    parts.append("## Not measured\n\n" + not_measured.strip())
    return "\n\n".join(parts) + "\n"
