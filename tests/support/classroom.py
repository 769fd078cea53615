"""Reads and breaks the classroom's database as any program may. The only place of the tests that knows its tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from support.postgres import Postgres


class Rows:
    """The database of one server: PostgreSQL when it has a URL, else the file in its data directory."""

    def __init__(self, data: Path, postgres: Postgres | None = None, url: str | None = None) -> None:
        self.path = data / "classroom.db"
        self._postgres, self.url = postgres, url

    @property
    def options(self) -> dict[str, str]:
        """The environment in which a server, or `cellmon admin`, uses it."""
        return {"CELLMON_POSTGRES_URL": self.url} if self.url else {}

    def query(self, statement: str) -> list[list[str]]:
        """Columns as text, None as an empty one."""
        if self._postgres is not None:
            return self._postgres.query(statement, self.url)
        with closing(sqlite3.connect(self.path, timeout=20)) as database, database:
            return [["" if column is None else str(column) for column in row] for row in database.execute(statement).fetchall()]

    def count(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])
