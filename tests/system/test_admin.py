"""Goal: whoever has the machine makes accounts and looks after them, beside a running server or without one, on either database.

Method: the commands, and logins that then work or do not.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.accounts import CHEAP, PASSWORD, Accounts
from support.classroom import Rows
from support.server import Server, run_command

LOGIN = "/api/v1/auth/login"


def login_status(accounts: Accounts, email: str, password: str) -> int:
    return accounts.nobody().post(LOGIN, {"email": email, "password": password}).status


def test_make_an_account_and_reset_its_password(accounts: Accounts) -> None:
    done = accounts.admin("create-instructor", "--email", "Sensei@Example.com", "--name", "先生", "--password-stdin", stdin=b"from a pipe\n")
    assert done.returncode == 0 and b"Sensei@example.com" in done.stdout and b"role instructor" in done.stdout
    assert b"from a pipe" not in done.stdout + done.stderr
    session = accounts.login("sensei@example.com", "from a pipe")
    again = accounts.admin("create-instructor", "--email", "sensei@example.com", "--name", "x", "--password", PASSWORD, check=False)
    assert again.returncode == 2 and b"has an account already" in again.stderr
    reset = accounts.admin("reset-password", "--email", "sensei@example.com")
    made = reset.stdout.decode().split("shown once: ")[1].strip()
    assert len(made) >= 20
    assert session.get("/api/v1/auth/me").status == 401, "all logins end"
    assert login_status(accounts, "sensei@example.com", "from a pipe") == 401
    assert login_status(accounts, "sensei@example.com", made) == 200
    accounts.admin("deactivate", "--email", "sensei@example.com")
    assert login_status(accounts, "sensei@example.com", made) == 401


def test_list(accounts: Accounts) -> None:
    assert b"no accounts" in accounts.admin("list").stdout
    accounts.make("a@example.com", "admin")
    accounts.make("b@example.com", "student")
    accounts.admin("deactivate", "--email", "b@example.com")
    rows = [json.loads(line) for line in accounts.admin("list", "--json").stdout.splitlines()]
    assert [(row["email"], row["role"], row["is_active"]) for row in rows] == [("a@example.com", "admin", True), ("b@example.com", "student", False)]
    text = accounts.admin("list").stdout.decode()
    assert "名前 admin" in text and "inactive" in text


def test_without_a_server(tmp_path: Path) -> None:
    """The first account may be made before the first start."""
    data = tmp_path / "new" / "data"
    run_command("admin", "create-instructor", "--data", data, "--email", "a@example.com", "--name", "A", "--role", "admin", "--password", PASSWORD,
                environment=CHEAP)
    server = Server(data, environment=CHEAP).start()
    try:
        assert Accounts(server, Rows(data)).login("a@example.com").get("/api/v1/auth/me").json["role"] == "admin"
    finally:
        server.stop()


@pytest.mark.parametrize(("arguments", "word"), [
    (("create-instructor", "--email", "x", "--name", "A", "--password", PASSWORD), b"email"),
    (("create-instructor", "--email", "a@example.com", "--name", "", "--password", PASSWORD), b"--name"),
    (("create-instructor", "--email", "a@example.com", "--name", "A", "--password", "short"), b"8 characters"),
    (("create-instructor", "--email", "a@example.com", "--name", "A", "--role", "king"), b"--role"),
    (("create-instructor", "--email", "a@example.com"), b"--name"),
    (("create-instructor", "--email", "a@example.com", "--name", "A", "--password-stdin"), b"8 characters|standard input"),
    (("reset-password", "--email", "nobody@example.com"), b"no account"), (("deactivate", "--email", "nobody@example.com"), b"no account"),
    (("nonsense",), b"subcommand"), ((), b"subcommand"),
])
def test_what_is_wrong_is_named(tmp_path: Path, arguments: tuple[str, ...], word: bytes) -> None:
    data = ("--data", str(tmp_path / "data")) if arguments and arguments[0] != "nonsense" else ()
    done = run_command("admin", *arguments[:1], *data, *arguments[1:], check=False)
    assert done.returncode == 2
    assert any(one in done.stderr + done.stdout for one in word.split(b"|")), done


def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    for url in ("postgresql://user:hunter2@127.0.0.1:1/db",):
        done = run_command("admin", "list", "--data", tmp_path, check=False, environment={"CELLMON_POSTGRES_URL": url})
        assert done.returncode == 3 and b"hunter2" not in done.stderr + done.stdout
    (tmp_path / "classroom.db").write_bytes(b"no database at all" * 500)
    done = run_command("admin", "list", "--data", tmp_path, check=False)
    assert done.returncode == 3 and b"classroom.db" in done.stderr or b"not a database" in done.stderr
