"""Goal: the audit's verdict is on the rows that a teacher reads, and names what is wrong with them.

Method: play a small class, alter one column of one row with SQLite, ask for the verdict.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from support.server import Server, run_command

OTHER = {
    "status": "CASE status WHEN 'error' THEN 'success' ELSE 'error' END",
    "execution_count": "execution_count + 1",
    "duration_us": "duration_us + 1",
    "error_name": "coalesce(error_name, '') || 'X'",
    "student_id": "(SELECT max(id) FROM students WHERE id <> student_id)",
    "cell_id": "NULL",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a stopped server's `data` and the `ledger` of what it was sent."""
    folder = tmp_path_factory.mktemp("played")
    server = Server(folder / "data").start()
    try:
        run_command("simulate", "--server", f"http://127.0.0.1:{server.port}", "--students", 5, "--minutes", 5, "--speed", 300,
                    "--seed", 7, "--ledger", folder / "ledger")
        server.wait_until_projected()
        server.stop()
    finally:
        server.kill()
    return folder


def audit(data: Path, ledger: Path):
    return run_command("audit", "--data", data, "--ledger", ledger, check=False)


def test_rows_as_sent_are_clean(played: Path) -> None:
    done = audit(played / "data", played / "ledger")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("column", OTHER)
def test_an_altered_column_is_found_and_named(played: Path, tmp_path: Path, column: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(played / "data", data)
    with sqlite3.connect(data / "relational.db") as database:
        (sequence,) = database.execute(
            "SELECT max(sequence) FROM cell_executions WHERE duration_us IS NOT NULL AND execution_count IS NOT NULL").fetchone()
        database.execute(f"UPDATE cell_executions SET {column} = {OTHER[column]} WHERE sequence = ?", (sequence,))
    database.close()
    done = audit(data, played / "ledger")
    assert done.returncode == 1
    assert f"(sequence {sequence}): cell_executions.{column}".encode() in done.stdout, done.stdout
