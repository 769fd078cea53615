"""Goal: the server starts, or says in one clear line why not; and it stops in time.

Method: each hindrance for real. Without a start there is no partial start: the exit status is not 0.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from support.classroom import Rows
from support.client import Client
from support.database import event_count
from support.events import cell_executed
from support.server import Server, StartFailed, run_command, wait_until

# Root may do everything; the tests of permission give it up.
UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


def refused(server: Server, **arguments: object) -> str:
    """What the server says when it does not start, without its folder: pytest names that after the test, and a test would find
    the word it looks for in its own name."""
    with pytest.raises(StartFailed) as failure:
        server.start(**arguments)
    assert "ended with" in str(failure.value), "it must end by itself"
    assert "ended with 0" not in str(failure.value)
    text = server.log().replace(str(server.data.parent), "")
    assert "terminate called" not in text and "Assertion" not in text
    return text


def test_port_taken(new_server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = refused(new_server(), port=port)
        assert str(port) in text and "taken by another program" in text


def test_data_directory_locked(new_server) -> None:
    new_server().start()
    assert "in use by another cellmon server" in refused(new_server())


def test_no_permission(new_server, tmp_path: Path) -> None:
    # pytest's own folders are closed to other users; this one must fail for its own sake.
    (tmp_path / "data").mkdir(mode=0o555)
    opened = [folder for folder in [tmp_path, *tmp_path.parents] if folder.stat().st_uid == os.geteuid() and str(folder) != "/"]
    for folder in opened:
        folder.chmod(folder.stat().st_mode | 0o055)
    assert "Permission denied" in refused(new_server(wrapper=UNPRIVILEGED))


@pytest.mark.parametrize("settings", [{}, {"CELLMON_AUTH_MODE": "required"}, {"CELLMON_AUTH_SECRET": "s" * 32}], ids=["none", "mode", "secret"])
@pytest.mark.parametrize("address", ["0.0.0.0:8000", "192.0.2.1:8000", "[::]:8000", "name.example:8000"])
def test_only_loopback_without_authentication(tmp_path: Path, address: str, settings: dict) -> None:
    done = run_command("serve", "--data", tmp_path / "data", "--listen", address, check=False, timeout_s=20, environment=settings)
    assert done.returncode == 2
    for needed in (b"loopback", b"auth.mode = required", b"auth.secret", b"openssl rand", b"class key"):
        assert needed in done.stderr, "it says what to do"
    assert b"ssss" not in done.stderr and not (tmp_path / "data").exists()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "127.0.0.1:"])
def test_address_that_is_none(tmp_path: Path, address: str) -> None:
    done = run_command("serve", "--data", tmp_path / "data", "--listen", address, check=False, timeout_s=20)
    assert done.returncode not in (0, -6, -11)
    assert address.encode() in done.stderr + done.stdout


def test_newer_format(new_server) -> None:
    """A journal of a later version is refused, not read by chance; its bytes stay as they are."""
    from independent_journal_reader import crc32c

    server = new_server().start()
    server.post([cell_executed()])
    server.stop()
    (segment,) = sorted(server.journal.glob("*.segment"))[-1:]
    content = bytearray(segment.read_bytes())
    content[8:12] = (3).to_bytes(4, "little")
    content[60:64] = crc32c(bytes(content[:60])).to_bytes(4, "little")
    segment.write_bytes(content)
    text = refused(server)
    assert "version 3" in text and "newer program" in text
    assert segment.read_bytes() == content


def test_newer_identity(new_server) -> None:
    from independent_journal_reader import crc32c

    server = new_server().start()
    server.stop()
    identity = server.journal / "identity"
    body = identity.read_bytes().rpartition(b"crc32c ")[0].replace(b"cellmon-journal 1", b"cellmon-journal 2")
    identity.write_bytes(body + b"crc32c %08x\n" % crc32c(body))
    text = refused(server)
    assert "identity begins with 'cellmon-journal 2'" in text


def test_newer_relational_schema(new_server) -> None:
    """The rows of a newer program are left alone, and the projection says so. The journal does not need them: events are
    taken, and the older rows catch up when they are readable again."""
    server = new_server().start()
    server.post([cell_executed()])
    server.wait_until_projected()
    server.stop()
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute("INSERT INTO schema_migrations VALUES (99, 0)")
    server.start()
    assert server.post([cell_executed()]).status == 202
    rows = wait_until(lambda: (entry := server.relational())["alarm"] and entry, "the projection gives up")
    assert rows["state"] == "stopped"
    assert "schema version 99" in rows["lastError"] and "newer program" in rows["lastError"]
    assert rows["lagEvents"] >= 1
    health = server.get("/api/v1/health")
    assert (health.status, health.json["status"]) == (200, "degraded")
    assert "schema version 99" in health.json["services"]["relational"]["message"]
    assert len(server.export()) == 2
    assert event_count(server.database) == 1
    server.stop()
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute("DELETE FROM schema_migrations WHERE version = 99")
    server.start()
    server.wait_until_projected()
    assert event_count(server.database) == 2


def test_damaged_journal_is_refused_and_not_touched(new_server) -> None:
    server = new_server().start()
    for _ in range(20):
        server.post([cell_executed()])
    server.stop()
    (segment,) = server.journal.glob("*.segment")
    content = bytearray(segment.read_bytes())
    content[64 + 20] ^= 1  # in the first record; valid ones lie behind it
    segment.write_bytes(content)
    text = refused(server)
    assert segment.name in text and "repair" in text
    assert segment.read_bytes() == content


def test_stop_under_load_takes_less_than_five_seconds(server: Server) -> None:
    stopping = threading.Event()
    acknowledged: list[str] = []

    def send() -> None:
        client = Client(server.port)
        while not stopping.is_set():
            event = cell_executed()
            try:
                if client.post([event]).status == 202:
                    acknowledged.append(event["eventId"])
            except OSError:
                return

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    # Idle connections and one that never finishes its request must not hold the stop up.
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    idle[0].sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[")
    wait_until(lambda: len(acknowledged) > 50, "the load runs")
    server.stop()
    stopping.set()
    for sender in senders:
        sender.join()
    for connection in idle:
        connection.close()
    server.start()
    assert set(acknowledged) <= {event["eventId"] for event in server.export()}


# What each answers while nobody has sent anything.
FIRST_QUESTIONS = {"/api/v1/v1/environment/current?student=a@example.com": 404, "/api/v1/v1/environment/students": 200,
                   "/api/v1/v1/offline/status": 200, "/api/v1/progress/all-students": 200, "/api/v1/notebook-version/stats": 200,
                   "/api/v1/dashboard/metrics": 200, "/api/v1/dashboard/overview": 200}


def test_who_comes_at_once_is_answered(classroom: tuple[Server, Rows], tmp_path: Path) -> None:
    """Nothing is 503 only because its rows are not open yet. The making of SQLite's file is held back for a second."""
    server, rows = classroom
    trace = tmp_path / "trace"
    hold = ["strace", "-D", "-f", "-qq", "-y", "-o", str(trace), "-P", str(server.database), "-e", "trace=pwrite64",
            "-e", "inject=pwrite64:delay_enter=1000000:when=1"]
    server.start(wrapper=[] if rows.options else hold)
    client = Client(server.port)
    assert {question: client.get(question).status for question in FIRST_QUESTIONS} == FIRST_QUESTIONS
    assert rows.options or "(DELAYED)" in trace.read_text(errors="replace")


def test_a_store_that_is_held_up_does_not_hold_up_the_start(server: Server) -> None:
    server.stop()
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        server.start()
        assert server.post([cell_executed()]).status == 202


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_each_signal_of_stopping_ends_it_well(server: Server, number: signal.Signals) -> None:
    server.post([cell_executed()])
    server.process.send_signal(number)
    assert server.wait_for_end(5) == 0
    assert "stopping" in server.log()
    server.start()
    assert len(server.export()) == 1


def test_help_and_version() -> None:
    done = run_command("--help")
    for command in (b"serve", b"simulate", b"audit", b"journal", b"rebuild"):
        assert command in done.stdout
    for command in ("serve", "simulate", "audit", "journal", "admin"):
        examples = run_command(command, "--help").stdout.partition(b"Examples:")[2]
        assert command.encode() in examples and examples not in done.stdout, f"{command} --help shows examples of its own"


def test_configuration_by_file_environment_and_flag(new_server, tmp_path: Path) -> None:
    """An unknown key is an error that names it; the environment wins over a file, a flag over the environment."""
    server = new_server(environment={"CELLMON_NO_SUCH_KEY": "1"})
    assert "NO_SUCH_KEY" in refused(server)
    file = tmp_path / "cellmon.toml"
    file.write_text('no_such_key = 1\n', encoding="utf-8")
    assert "no_such_key" in refused(new_server("--config", str(file), name="other"))
    file.write_text('log.format = "text"\n', encoding="utf-8")
    for environment, options in (({"CELLMON_LOG_FORMAT": "json"}, ()), ({"CELLMON_LOG_FORMAT": "text"}, ("--log-format", "json"))):
        server = new_server("--config", str(file), *options, name=f"wins{len(options)}", environment=environment).start()
        server.stop()
        assert all(line.startswith("{") for line in server.log().splitlines()), server.log()


@pytest.mark.parametrize("form", ["text", "json"])
def test_log_form(new_server, form: str) -> None:
    import json

    server = new_server("--log-format", form).start()
    server.stop()
    lines = [line for line in server.log().splitlines() if line]
    assert lines
    if form == "json":
        assert all(isinstance(json.loads(line), dict) for line in lines)
