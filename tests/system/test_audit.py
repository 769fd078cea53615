"""Goal: the rows that a teacher reads say what was sent; the audit's verdict is on them, and names what is wrong with them.

Method: send runs that end in every way and compare their rows; play a small class, alter one column of one row with SQLite,
ask for the verdict.
"""

from __future__ import annotations

import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from support.database import execution_of, has_execution
from support.events import cell_executed, numbered, text_time
from support.server import Server, run_command

OTHER = {
    "status": "CASE status WHEN 'error' THEN 'success' ELSE 'error' END",
    "execution_count": "execution_count + 1",
    "duration_us": "duration_us + 1",
    "error_name": "coalesce(error_name, '') || 'X'",
    "student_id": "(SELECT max(id) FROM students WHERE id <> student_id)",
    "cell_id": "NULL",
}

STARTED, FINISHED = "2026-11-23T17:44:10.000250Z", "2026-11-23T17:44:11.500001Z"


@pytest.mark.parametrize(("sent", "row"), [
    ({}, {"status": "success", "execution_count": 1, "duration_us": 3500, "error_name": None}),
    ({"hasError": True, "errorName": "ValueError"}, {"status": "error", "error_name": "ValueError"}),
    ({"hasError": True, "errorName": "KeyboardInterrupt"}, {"status": "interrupted", "error_name": "KeyboardInterrupt"}),
    ({"hasError": True, "errorMessage": "KeyboardInterrupt: "}, {"status": "interrupted", "error_name": None}),
    ({"executionCount": None}, {"status": "aborted", "execution_count": None}),
    ({"executionCount": None, "code": " \n\t"}, {"status": "skipped"}),
    ({"status": "aborted", "hasError": True}, {"status": "aborted"}),
    ({"executionDurationMs": 0.25}, {"duration_us": 250}),
    ({"executionDurationMs": 0}, {"duration_us": None}),
    ({"startedAt": STARTED, "finishedAt": FINISHED}, {"duration_us": 1_499_751}),
    ({"startedAt": FINISHED, "finishedAt": STARTED, "executionDurationMs": 7}, {"duration_us": 7000}),
], ids=str)
def test_a_row_says_what_was_sent(shared: Server, sent: dict, row: dict) -> None:
    event = cell_executed(**sent)
    assert shared.post([event]).status == 202
    stored = stored_row(shared, event)
    assert {column: stored[column] for column in row} == row


def test_a_row_says_all_that_was_sent(shared: Server) -> None:
    """Each column another value, so that none can stand for another one."""
    columns = {"cell_index": 7, "cell_type": "code", "execution_count": 41, "error_name": "E1", "error_message": "E1: m",
               "traceback": "line 2", "result": "3", "output": "4", "output_bytes": 5, "output_sha256": "6" * 64, "code": "x = 8"}
    keys = {"email": "9@example.com", "notebook": "10/11.ipynb", "cell": "c12", "session": "s13", "stream": "t14",
            "stream_number": 15}
    event = numbered("t14", 15, emailAddress="9@example.com", notebookPath="10/11.ipynb", cellId="c12", sessionId="s13",
                     cellIndex=7, executionCount=41, hasError=True, errorName="E1", errorMessage="E1: m", traceback="line 2",
                     result="3", output="4", outputBytes=5, outputSha256="6" * 64, code="x = 8", startedAt=STARTED,
                     finishedAt=FINISHED)
    assert shared.post([event]).status == 202
    stored = stored_row(shared, event)
    wanted = columns | keys | {"started_us": microseconds(STARTED), "finished_us": microseconds(FINISHED)}
    assert {column: stored[column] for column in wanted} == wanted


def test_the_time_of_a_row_is_the_one_sent(shared: Server) -> None:
    """Also where the numbers of the stream, which order the runs, say that the clock was set back."""
    times = [text_time(-1), text_time(-60)]
    events = [numbered("clock", number, eventTime=time) for number, time in enumerate(times, start=1)]
    assert shared.post(events).status == 202
    assert [stored_row(shared, event)["executed_us"] for event in events] == [microseconds(time) for time in times]


def test_what_is_no_run_has_no_row(shared: Server) -> None:
    events = [cell_executed(cellType="markdown"), cell_executed(cellType="raw"), cell_executed(eventType="cell_started")]
    assert shared.post(events).status == 202
    shared.wait_until_projected()
    assert [has_execution(shared.database, event["eventId"]) for event in events] == [False] * 3


def stored_row(server: Server, event: dict) -> sqlite3.Row:
    server.wait_until_projected()
    return execution_of(server.database, event["eventId"])


def microseconds(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e6)


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


def test_beside_a_running_server(server: Server, tmp_path: Path) -> None:
    """As ./run does at the end of its class."""
    run_command("simulate", "--server", f"http://127.0.0.1:{server.port}", "--students", 5, "--minutes", 5, "--speed", 300,
                "--seed", 8, "--ledger", tmp_path / "ledger")
    done = audit(server.data, tmp_path / "ledger")
    assert done.returncode == 0, (done.stdout, done.stderr)


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
