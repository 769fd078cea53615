"""Reads the rows made from events as any program may: relational.db with SQLite, read only, or PostgreSQL. The only place of the
tests that knows these tables."""

from __future__ import annotations

import sqlite3
import uuid
from collections import Counter
from contextlib import closing
from pathlib import Path

from support.postgres import Postgres


def rows(path: Path, sql: str, *parameters: object) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        database.row_factory = sqlite3.Row
        return database.execute(sql, parameters).fetchall()


def event_count(path: Path) -> int:
    return rows(path, "SELECT count(*) FROM events")[0][0]


def event_ids(path: Path) -> list[str]:
    """The ids of all events in their order, as UUID text."""
    return [str(uuid.UUID(bytes=row[0])) for row in rows(path, "SELECT event_id FROM events ORDER BY sequence")]


EVENT_ROWS = """
    SELECT e.sequence, e.event_type, e.event_time_us, e.received_us, e.content_hash, s.email, n.path,
           x.status, x.execution_count, x.consecutive_error_count
    FROM events e LEFT JOIN students s ON s.id = e.student_id LEFT JOIN notebooks n ON n.id = e.notebook_id
    LEFT JOIN cell_executions x ON x.sequence = e.sequence ORDER BY e.sequence"""


def event_rows(path: Path) -> list[tuple]:
    """Each event with what hangs on it, without surrogate ids."""
    return [tuple(row) for row in rows(path, EVENT_ROWS)]


def execution_of(path: Path, event_id: str) -> sqlite3.Row:
    """The row of a run, with the natural keys of what it points at."""
    (row,) = rows(path, """
        SELECT x.*, x.code_content AS code, s.email, s.name AS user_name, t.team_name AS team, n.path AS notebook, c.cell_id AS cell,
               u.session_id AS session, m.stream_id AS stream
        FROM events e JOIN cell_executions x ON x.sequence = e.sequence JOIN students s ON s.id = x.student_id
        LEFT JOIN teams t ON t.id = s.team_id LEFT JOIN notebooks n ON n.id = x.notebook_id LEFT JOIN cells c ON c.id = x.cell_id
        LEFT JOIN sessions u ON u.first_sequence = x.session_id LEFT JOIN streams m ON m.first_sequence = x.stream_id
        WHERE e.event_id = ?""", uuid.UUID(event_id).bytes)
    return row


def has_execution(path: Path, event_id: str) -> bool:
    return rows(path, "SELECT count(x.sequence) FROM events e LEFT JOIN cell_executions x ON x.sequence = e.sequence "
                      "WHERE e.event_id = ?", uuid.UUID(event_id).bytes)[0][0] > 0


def status_counts(path: Path) -> dict[str, int]:
    """How the `cell_executed` events ended; a markdown cell runs nothing and has no row."""
    return Counter(row[0] for row in rows(path, """
        SELECT coalesce(x.status, 'markdown')
        FROM events e LEFT JOIN cell_executions x ON x.sequence = e.sequence WHERE e.event_type = 'cell_executed'"""))


class PostgresRows:
    """The rows of a server that uses the database at `url`."""

    def __init__(self, postgres: Postgres, url: str) -> None:
        self._postgres, self.url = postgres, url
        # Where the URL names a schema, that of the rows is beside it.
        name = url.rpartition("search_path%3D")[2] if "search_path" in url else ""
        self.schema = f"{name}_relational" if name else "relational"

    @property
    def environment(self) -> dict[str, str]:
        return {"CELLMON_POSTGRES_URL": self.url}

    def query(self, statement: str) -> list[list[str]]:
        return self._postgres.query(statement, self.url)

    def event_ids(self) -> list[str]:
        """As event_ids()."""
        found = self.query(f"SELECT encode(event_id, 'hex') FROM {self.schema}.events ORDER BY sequence")
        return [str(uuid.UUID(hex=id_)) for (id_,) in found]

    def check(self, events: list[dict]) -> None:
        """They are the exported events, each once, in their order, and nothing else."""
        assert self.event_ids() == [event["eventId"] for event in events]
        assert self.sum("daily_totals", "events") == len(events)
        runs = [event for event in events if event["eventType"] == "cell_executed" and event.get("cellType") not in ("markdown", "raw")]
        assert self.count("cell_executions") == len(runs)

    def event_rows(self) -> list[list[str]]:
        """As event_rows(), each column as text, None as an empty one."""
        return self.query(f"SET search_path = {self.schema}; {EVENT_ROWS}")

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {self.schema}.{table}")[0][0])

    def sum(self, table: str, column: str) -> int:
        return int(self.query(f"SELECT coalesce(sum({column}), 0) FROM {self.schema}.{table}")[0][0])
