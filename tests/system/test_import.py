"""Goal: the accounts of a school come in from a file, all of them or none, beside a running server, and the same file again does no harm.

Method: the command on either database, with the names that the origin's table has; logins that then work.
"""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from support.accounts import CHEAP, PASSWORD, Accounts
from support.postgres import Postgres
from support.server import BINARY, SURROUNDINGS, run_command

LOGIN = "/api/v1/auth/login"
# Of "U*U", a published vector of bcrypt (5 rounds).
BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
BCRYPT_PASSWORD = "U*U"


def import_(accounts: Accounts, text: str | bytes, *flags: object, check: bool = True) -> subprocess.CompletedProcess:
    return accounts.admin("import", "-", *flags, check=check, stdin=text if isinstance(text, bytes) else text.encode())


def login_status(accounts: Accounts, email: str, password: str) -> int:
    return accounts.nobody().post(LOGIN, {"email": email, "password": password}).status


def listed(accounts: Accounts) -> dict[str, dict]:
    rows = [json.loads(line) for line in accounts.admin("list", "--json").stdout.splitlines()]
    return {row["email"]: row for row in rows}


@pytest.mark.parametrize("form", ["csv", "excel", "json"])
def test_accounts_come_in(accounts: Accounts, form: str) -> None:
    people = [("a@Example.com", "先生, A", "admin", PASSWORD), ("b@example.com", "", "", "another horse"), ("c@example.com", "助手", "assistant", PASSWORD)]
    if form == "json":
        text = "\n".join(json.dumps({"email": email, "name": name or None, "role": role or None, "password": password}, ensure_ascii=False)
                         for email, name, role, password in people)
    else:
        text = "email,name,role,password\n" + "".join(f'{email},"{name}",{role},{password}\n' for email, name, role, password in people)
    data = ("\ufeff" + text).replace("\n", "\r\n").encode() if form == "excel" else text.encode()
    done = import_(accounts, data)
    assert done.stdout == b"3 accounts made, 0 changed, 0 left as they are.\n"
    assert not any(password.encode() in done.stdout + done.stderr for *_, password in people)
    rows = listed(accounts)
    assert [(row["name"], row["role"], row["is_active"]) for row in rows.values()] == \
        [("先生, A", "admin", True), ("b", "instructor", True), ("助手", "assistant", True)]
    for email, *_, password in people:
        assert login_status(accounts, email, password) == 200
    lines = [json.loads(line) for line in accounts.admin("audit", "--json").stdout.splitlines()]
    made = {line["subject"] for line in lines if (line["action"], line["address"], line["detail"]) == ("account.create", "terminal", "import")}
    assert made == {f"instructor {row['id']}" for row in rows.values()}


def test_a_dump_of_the_origin(accounts: Accounts, postgres: Postgres) -> None:
    """Its columns and its values as PostgreSQL writes them; bcrypt works, and is replaced at the first login."""
    url = postgres.new_database()
    columns = ("id serial, email varchar, password_hash varchar, name varchar, role varchar, is_active bool, status varchar, "
               "current_session_id int, status_updated_at timestamptz, last_login_at timestamptz, created_at timestamptz, updated_at timestamptz")
    postgres.query(f"CREATE TABLE instructors ({columns}); INSERT INTO instructors (email, password_hash, name, role, is_active, status, created_at) "
                   f"VALUES ('old@example.com', '{BCRYPT}', E'山田 \"先生\", 太郎', 'instructor', true, 'OFFLINE', now()), "
                   f"('gone@example.com', '{BCRYPT}', 'gone', 'admin', false, 'OFFLINE', now())", url)
    dump = "\n".join("\x1f".join(row) for row in postgres.query("COPY instructors TO STDOUT CSV HEADER", url)) + "\n"
    done = import_(accounts, dump)
    assert b"2 accounts made" in done.stdout and b"Passed over: id, status, current_session_id" in done.stderr
    assert listed(accounts)["old@example.com"]["name"] == '山田 "先生", 太郎'
    assert login_status(accounts, "gone@example.com", BCRYPT_PASSWORD) == 401, "not active there, not active here"
    stored = "SELECT password_hash FROM instructors WHERE email_key = 'old@example.com'"
    assert accounts.rows.query(stored) == [[BCRYPT]]
    assert login_status(accounts, "old@example.com", "U*V") == 401
    assert login_status(accounts, "old@example.com", BCRYPT_PASSWORD) == 200
    assert accounts.rows.query(stored)[0][0].startswith("$argon2id$")
    assert login_status(accounts, "old@example.com", BCRYPT_PASSWORD) == 200
    again = import_(accounts, dump, "--update")
    assert b"0 accounts made, 0 changed, 2 left" in again.stdout
    assert accounts.rows.query(stored)[0][0].startswith("$argon2id$"), "no password of an account is set back"


FAULTS = [
    ("email,name\n,x\n", "line 2, email: "), ("email\nnobody\n", "line 2, email: "), ("email\na@b@c.example\n", "line 2, email: "),
    ("email,password\na@example.com,short\n", "line 2, password: a password has at least 8 characters"),
    ("email,role\na@example.com,king\n", "line 2, role: one of admin"), ("email,is_active\na@example.com,maybe\n", "line 2, is_active: "),
    ("email,name\na@example.com," + "x" * 256 + "\n", "line 2, name: at most 255"), ('email,name\na@example.com,"a\nb"\n', "line 2, name: control"),
    ("email,password_hash\na@example.com,5f4dcc3b5aa765d61d8327deb882cf99\n", "line 2, password_hash: "),
    ("email,password_hash\na@example.com,$2b$12$short\n", "line 2, password_hash: "),
    (f"email,password,password_hash\na@example.com,{PASSWORD},{BCRYPT}\n", "line 2, password: either"),
    (f"email,password\na@example.com,{PASSWORD}\nA@EXAMPLE.com,{PASSWORD}\n", "line 3, email: the same as in line 2"),
    ("name\nx\n", "line 1, email: the first row names the columns"), ("email,email\n", "line 1, email: two columns"), ("", "there are no accounts in it"),
    ("email\n", "there are no accounts in it"), ('email\n"a@example.com\n', "line 2: a quote that is not closed"), (b"email\n\xff\n", "not UTF-8"),
    (b"email\na@example.com\x00\n", "NUL"), ("email\na@example.com\n", "line 2, password: neither"),
    ('{"email": "a@example.com"\n', "line 1: a line is a JSON object"), ('{"email": 3}\n', "line 1, email: it is to be a text"),
    ('{"email": "a@example.com", "name": ["x"]}\n', "line 1, name: "), ('{"name": "x"}\n\n{"role": "x"}\n', "line 3, role: "),
    ('{"email": "a@example.com", "password": "short", "role": "king"}\n', "line 1, password: "),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_what_is_wrong_is_named_and_nothing_comes_in(tmp_path: Path, text: str | bytes, fault: str) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    for flags in ((), ("--dry-run",)):
        done = run_command("admin", "import", "--data", tmp_path / "data", *flags, "-", check=False, environment=CHEAP, stdin=data)
        assert done.returncode == 2 and done.stdout == b"", done
        assert fault in done.stderr.decode(), done.stderr.decode()
        assert PASSWORD.encode() not in done.stderr and BCRYPT.encode() not in done.stderr
    assert b"no accounts" in run_command("admin", "list", "--data", tmp_path / "data").stdout


def test_all_faults_are_named_and_good_lines_wait_for_them(accounts: Accounts) -> None:
    text = "email,role,password\n" + "".join(f"p{n}@example.com,{'king' if n % 3 == 0 else 'student'},{'x' if n % 5 == 0 else PASSWORD}\n"
                                             for n in range(30))
    done = import_(accounts, text, check=False)
    assert done.returncode == 2
    named = {tuple(line.strip().removeprefix("line ").split(":")[0].split(", ")) for line in done.stderr.decode().splitlines()[1:]}
    assert named == {(str(n + 2), "role") for n in range(0, 30, 3)} | {(str(n + 2), "password") for n in range(0, 30, 5)}
    assert listed(accounts) == {}


def test_again_and_with_update(accounts: Accounts) -> None:
    text = f"email,name,role,password\na@example.com,A,admin,{PASSWORD}\nb@example.com,B,instructor,{PASSWORD}\n"
    assert b"2 accounts made" in import_(accounts, text).stdout
    rows = accounts.rows.query("SELECT * FROM instructors ORDER BY id")
    again = import_(accounts, text)
    assert again.stdout == b"0 accounts made, 0 changed, 2 left as they are.\n"
    assert b"line 3: b@example.com has an account already\n" in again.stderr
    session = accounts.login("b@example.com")
    changed = f"email,name,role,is_active,password\na@example.com,A,,,\nB@example.com,新しい名前,assistant,,other password\nc@example.com,C,,false,{PASSWORD}\n"
    done = import_(accounts, changed)
    assert b"1 accounts made, 0 changed, 2 left" in done.stdout and b"other than this line" in done.stderr
    assert accounts.rows.query("SELECT email, name, role FROM instructors ORDER BY id")[1] == ["b@example.com", "B", "instructor"]
    dry = import_(accounts, changed, "--update", "--dry-run")
    assert dry.stdout == b"Nothing was written. 0 accounts would be made, 1 changed, 2 left as they are.\n"
    assert b"0 accounts made, 1 changed, 2 left" in import_(accounts, changed, "--update").stdout
    assert b"0 accounts made, 0 changed, 3 left" in import_(accounts, changed, "--update").stdout
    assert (listed(accounts)["b@example.com"]["name"], listed(accounts)["b@example.com"]["role"]) == ("新しい名前", "assistant")
    assert login_status(accounts, "b@example.com", PASSWORD) == 200 and login_status(accounts, "b@example.com", "other password") == 401
    assert session.get("/api/v1/auth/me").status == 200
    import_(accounts, "email,is_active\nb@example.com,no\n", "--update")
    assert session.get("/api/v1/auth/me").status == 401, "deactivated and logged out"
    assert len(rows) == 2 and accounts.rows.count("instructors") == 3


def test_the_last_admin_stays(accounts: Accounts) -> None:
    accounts.make("a@example.com", "admin")
    for line in ("a@example.com,instructor,true", "a@example.com,admin,false"):
        done = import_(accounts, f"email,role,is_active\n{line}\n", "--update", check=False)
        assert done.returncode == 2 and b"no active account of the role admin" in done.stderr
    swap = f"email,role,is_active,password\na@example.com,instructor,,\nb@example.com,admin,,{PASSWORD}\n"
    assert b"1 accounts made, 1 changed" in import_(accounts, swap, "--update").stdout


def test_passwords_are_made(accounts: Accounts, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.csv"
    accounts.make("there@example.com")
    text = f"email,password\na@example.com,\nb@example.com,{PASSWORD}\nthere@example.com,\n"
    assert import_(accounts, text, check=False).returncode == 2, "nowhere to write it to"
    import_(accounts, text, "--passwords", passwords, "--dry-run")
    assert not passwords.exists()
    done = import_(accounts, text, "--passwords", passwords)
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    header, *lines = passwords.read_text(encoding="utf-8-sig").splitlines()
    assert header == "email,password" and len(lines) == 1, "only of those that have none and are new"
    email, made = lines[0].split(",")
    assert email == "a@example.com" and re.fullmatch("[2-9A-Z]{24}", made) and made.encode() not in done.stdout + done.stderr
    assert login_status(accounts, email, made) == 200 and login_status(accounts, email, made) == 200
    stored = accounts.rows.query("SELECT password_hash FROM instructors WHERE email_key = 'a@example.com'")[0][0]
    assert f"m={7 * 1024}," in stored, "of the configured cost since the first login"
    again = import_(accounts, "email\nc@example.com\n", "--passwords", passwords, check=False)
    assert again.returncode == 2 and b"not written over" in again.stderr
    assert "c@example.com" not in listed(accounts)


def test_ten_thousand_beside_a_running_server(accounts: Accounts, tmp_path: Path) -> None:
    """Hashes go in as they are, so nothing but the rows takes time; nobody is kept from logging in meanwhile."""
    accounts.make("a@example.com", "admin")
    file = tmp_path / "many.csv"
    file.write_text("email,name,role,password_hash\n" + "".join(f"s{n:05}@example.com,学生 {n},student,{BCRYPT}\n" for n in range(10_000)),
                    encoding="utf-8")
    process = subprocess.Popen([BINARY, "admin", "import", "--data", accounts.server.data, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**SURROUNDINGS, **CHEAP, **accounts.rows.options})
    answers = [login_status(accounts, "a@example.com", PASSWORD)]
    while process.poll() is None:
        answers.append(login_status(accounts, "a@example.com", PASSWORD))
    out, errors = process.communicate()
    assert out == b"10000 accounts made, 0 changed, 0 left as they are.\n" and errors == b""
    assert set(answers) == {200}
    assert accounts.rows.count("instructors") == 10_001
    assert login_status(accounts, "s09999@example.com", BCRYPT_PASSWORD) == 200
    again = accounts.admin("import", file)
    assert again.stdout == b"0 accounts made, 0 changed, 10000 left as they are.\n" and again.stderr.splitlines()[-1] == b"and 9980 more"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = run_command("admin", "import", "--data", tmp_path / "data", tmp_path / "none.csv", check=False)
    assert missing.returncode == 2 and b"none.csv" in missing.stderr
    folder = run_command("admin", "import", "--data", tmp_path / "data", tmp_path, check=False)
    assert folder.returncode == 2
    nowhere = run_command("admin", "import", "--data", tmp_path / "data", "--passwords", tmp_path / "no" / "where", "-", check=False,
                          stdin=b"email\na@example.com\n")
    assert nowhere.returncode != 0 and b"no/where" in nowhere.stderr
    assert b"no accounts" in run_command("admin", "list", "--data", tmp_path / "data").stdout
