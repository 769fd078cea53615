"""What PostgreSQL and InfluxDB hold, read as any program may, and whether they hold the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cellmon_testing._awaiting import AwaitableDict, Awaited
from cellmon_testing._http import Answer, Site, basic_login, good
from cellmon_testing.bulk import people_site
from cellmon_testing.target import Target, current_target

DURATION_TOLERANCE_MS = 1000.0
_TIMEOUT_S = 120.0
_PAUSE_S = 0.2
_COMPARED = {"student_count": "students", "total_executions": "executions", "all_events": "events"}

# docs/reference/relational-schema.md. One statement sees one moment.
_ROWS = """SELECT json_build_object(
    'students', (SELECT count(DISTINCT student_id) FROM {0}.events), 'events', (SELECT count(*) FROM {0}.events),
    'executions', (SELECT count(*) FROM {0}.cell_executions),
    'duration_us', (SELECT coalesce(sum(duration_us), 0) FROM {0}.cell_executions))"""
# docs/reference/timeseries-schema.md.
_POINTS = ('SELECT count("sequence") FROM "student_progress" GROUP BY "emailAddress"; '
           'SELECT count("status"), sum("duration") FROM "student_progress"')

# What libpq reads in the environment, where no other user sees it.
_VARIABLES = {"options": "PGOPTIONS", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "connect_timeout": "PGCONNECT_TIMEOUT",
              "application_name": "PGAPPNAME", "target_session_attrs": "PGTARGETSESSIONATTRS"}


class StoreUnavailable(RuntimeError):
    """The target has no such store, or it cannot be asked."""


def get_postgresql_statistics(target: Target | None = None) -> AwaitableDict:
    """The rows made from events, counted now by PostgreSQL.

    | key | |
    |---|---|
    | `student_count`, `unique_students` | students with events |
    | `total_executions`, `total_events` | executions of code cells, however they ended |
    | `total_duration` | their known durations, added up, in milliseconds |
    | `all_events` | events of every kind |

    >>> get_postgresql_statistics()["student_count"]
    100

    Needs `psql`. StoreUnavailable when the target names no PostgreSQL, or it does not answer.
    """
    url = (target or current_target()).postgresql
    if not url:
        raise StoreUnavailable("the target names no PostgreSQL (CELLMON_POSTGRES_URL)")
    rows = json.loads(_query(url, _ROWS.format(_schema(url))))
    return _statistics(rows["students"], rows["executions"], rows["duration_us"] / 1000.0, rows["events"])


def get_influxdb_statistics(target: Target | None = None) -> AwaitableDict:
    """The points of events, counted now by InfluxDB: the same keys as of get_postgresql_statistics()."""
    students, runs = _points(target or current_target())
    counts = {series["tags"]["emailAddress"]: int(series["values"][0][1]) for series in students}
    _, executions, duration_ms = runs[0]["values"][0] if runs else (0, 0, 0.0)
    return _statistics(len(counts.keys() - {""}), int(executions or 0), float(duration_ms or 0.0), sum(counts.values()))


@dataclass(frozen=True)
class ConsistencyReport(Awaited):
    """Whether both stores hold the same; true or false in a condition."""

    consistent: bool
    differences: list[str]
    postgresql: dict[str, Any]
    influxdb: dict[str, Any]
    waited_seconds: float = field(compare=False)

    def __bool__(self) -> bool:
        return self.consistent


def verify_database_consistency(expected_events: int | None = None, timeout_seconds: float = 60.0,
                                target: Target | None = None) -> ConsistencyReport:
    """Holds PostgreSQL and InfluxDB against each other: students, executions, events equal, durations within a second.

    Stores follow behind the acknowledgements, so that it looks again until they agree, for `timeout_seconds`. Both could agree on too little: `expected_events`, the
    number of events that were acknowledged, is then what both must hold.

    >>> assert verify_database_consistency(expected_events=7500)
    """
    used = target or current_target()
    _name_both(used)
    began = time.monotonic()
    while True:
        projected = _are_projected(used)
        report = _compare_now(used, expected_events, began)
        if report and projected:
            return report
        if report.waited_seconds > timeout_seconds:
            behind = ["the server says that a store is still behind"] if report else []
            return replace(report, consistent=False, differences=report.differences + behind)
        time.sleep(_PAUSE_S)


def _name_both(target: Target) -> None:
    if not target.postgresql or not target.influxdb:
        raise StoreUnavailable("the target names no PostgreSQL (CELLMON_POSTGRES_URL) or no InfluxDB (CELLMON_INFLUX_URL)")


def _compare_now(target: Target, expected_events: int | None, began: float) -> ConsistencyReport:
    """A store that cannot be asked is a difference: it may come back."""
    rows, points = AwaitableDict(), AwaitableDict()
    try:
        rows, points = get_postgresql_statistics(target), get_influxdb_statistics(target)
        differences = compare_statistics(rows, points, expected_events)
    except StoreUnavailable as error:
        differences = [str(error)]
    return ConsistencyReport(not differences, differences, dict(rows), dict(points), time.monotonic() - began)


def compare_statistics(rows: dict[str, Any], points: dict[str, Any], expected_events: int | None = None) -> list[str]:
    """In what they differ, in words; nothing when they agree."""
    differences = [f"{what}: {rows[key]} in PostgreSQL, {points[key]} in InfluxDB" for key, what in _COMPARED.items() if rows[key] != points[key]]
    apart_ms = abs(rows["total_duration"] - points["total_duration"])
    if apart_ms > DURATION_TOLERANCE_MS:
        differences.append(f"durations are {apart_ms / 1000:.3f} s apart")
    for name, statistics in (("PostgreSQL", rows), ("InfluxDB", points)):
        if expected_events is not None and statistics["all_events"] != expected_events:
            differences.append(f"{name} holds {statistics['all_events']} events, and {expected_events} were acknowledged")
    return differences


def _statistics(students: int, executions: int, duration_ms: float, events: int) -> AwaitableDict:
    return AwaitableDict(student_count=students, unique_students=students, total_executions=executions, total_events=executions,
                         total_duration=duration_ms, all_events=events)


def _are_projected(target: Target) -> bool:
    """Only tells how long to wait; what the stores hold is judged by their own answers."""
    try:
        answer = people_site(target).request("GET", "/api/v1/projections")
    except OSError:
        return False
    if answer.status != 200:
        return True  # Not for everybody to ask.
    return all(one["lagEvents"] == 0 for one in answer.json()["projections"] if one["name"] in ("relational", "timeseries"))


def _schema(url: str) -> str:
    """Of the rows: beside the one that the URL sets as search path."""
    found = re.search(r"search_path=(\w+)", unquote(urlsplit(url).query))
    return f"{found[1]}_relational" if found else "relational"


def _query(url: str, statement: str) -> str:
    """What psql prints of one statement."""
    psql = shutil.which("psql")
    if psql is None:
        raise StoreUnavailable("psql is not in PATH (Debian: postgresql-client)")
    done = subprocess.run([psql, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "-v", "ON_ERROR_STOP=1", "-c", statement],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False, timeout=_TIMEOUT_S,
                          env={**os.environ, **connection_variables(url)})
    if done.returncode != 0:
        raise StoreUnavailable(f"PostgreSQL: {done.stderr.strip()}")
    return done.stdout


def connection_variables(url: str) -> dict[str, str]:
    """The URL as the variables of libpq."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("the URL of PostgreSQL is postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    values = {"PGHOST": parts.hostname or "", "PGPORT": str(parts.port or ""), "PGUSER": unquote(parts.username or ""),
              "PGPASSWORD": unquote(parts.password or ""), "PGDATABASE": unquote(parts.path.lstrip("/"))}
    for name, value in parse_qsl(parts.query):
        if name not in _VARIABLES:
            raise ValueError(f"{name} in the URL of PostgreSQL is not known here; known are {', '.join(_VARIABLES)}")
        values[_VARIABLES[name]] = value
    return {name: value for name, value in values.items() if value}


def _points(target: Target) -> list[list[dict[str, Any]]]:
    """The series of each statement."""
    if not target.influxdb:
        raise StoreUnavailable("the target names no InfluxDB (CELLMON_INFLUX_URL)")
    try:
        answer = influxdb_query(target, _POINTS)
    except OSError as error:
        raise StoreUnavailable(f"InfluxDB: {error}") from error
    results = good("InfluxDB's query", answer, 200).json()["results"]
    errors = [result["error"] for result in results if "error" in result]
    if errors:
        raise StoreUnavailable(f"InfluxDB: {errors[0]}")
    return [result.get("series", []) for result in results]


def influxdb_query(target: Target, statements: str) -> Answer:
    """As the v1 API takes them."""
    site = Site(target.influxdb, influxdb_login(target.influxdb_user, target.influxdb_password, target.influxdb_token))
    return site.request("POST", "/query?" + urlencode({"q": statements, "db": target.influxdb_database, "epoch": "ns"}))


def influxdb_login(user: str, password: str, token: str = "") -> dict[str, str]:
    """The header field that logs in."""
    if token:
        return {"Authorization": f"Token {token}"}
    return basic_login(user, password) if user else {}
