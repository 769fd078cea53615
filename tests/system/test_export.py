"""Goal: an export has every event and nothing else, is whole or not there, and with pseudonyms names nobody, yet says the same of the same
student; the export of one person has all that is stored of them, and nobody else.

Method: both engines; a small school of two classes with names in texts, paths and file names; the files read as anybody would, and their bytes
searched; the command run beside the server, killed in the middle, and again.
"""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from support.accounts import Accounts
from support.events import cell_executed, numbered
from support.school import API, new_assignment, new_class, new_student, new_submission
from support.server import BINARY, SURROUNDINGS, run_command

TABLES = ["students", "events", "executions", "notebook_accesses", "help", "refused", "submissions"]
TARO, HANAKO = "taro.yamada@example.com", "hanako@example.com"


class Export:
    """What `cellmon export` wrote, whatever the format: rows as dicts, missing values as None or empty."""

    def __init__(self, folder: Path, form: str) -> None:
        self.folder, self.form = folder, form

    def rows(self, table: str) -> list[dict]:
        if self.form == "sqlite":
            database = sqlite3.connect(f"file:{self.folder / 'export.sqlite'}?mode=ro&immutable=1", uri=True)
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f'SELECT * FROM "{table}"')]
        text = (self.folder / f"{table}.{self.form}").read_text(encoding="utf-8-sig" if self.form == "csv" else "utf-8")
        if self.form == "ndjson":
            return [json.loads(line) for line in text.splitlines()]
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]

    def bytes_with(self, word: str) -> list[str]:
        return [path.name for path in sorted(self.folder.rglob("*")) if word.encode().lower() in path.read_bytes().lower()]


class School:
    """Two classes with the same two students, one of them in no roster."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        teacher, nobody = accounts.of("instructor"), accounts.nobody()
        self.one, self.two = new_class(teacher), new_class(teacher)
        code = self.one["class_code"]
        taro = new_student(teacher, self.one["id"], TARO, name="山田 太郎", team_name="チーム青")
        new_submission(teacher, new_assignment(teacher, self.one["id"])["id"], taro["id"], grade=7.5, feedback="太郎さん、よくできました")
        who = {"emailAddress": TARO, "userName": "山田 太郎", "teamName": "チーム青"}
        other = {"emailAddress": HANAKO, "userName": "佐藤 花子", "teamName": "チーム青"}
        self.events = [
            cell_executed(**who, classCode=code, code="# 山田太郎\nprint('hanako@example.com')", output="花子より", notebookPath=f"{TARO}/第1回.ipynb"),
            cell_executed(**who, code="x = 1", consent="code", output="gone"),  # by the roster of the first
            cell_executed(**other, classCode=code, hasError=True, errorMessage="ValueError: 山田", code="y"),
            cell_executed(**other, classCode=self.two["class_code"], metadata={"by": "佐藤 花子", "at": "x@elsewhere.example.org"}),
            cell_executed(**who, classCode=self.two["class_code"]),
            cell_executed(**who, classCode=code, eventType="help", helpNote="太郎です", code=None, result=None),
            cell_executed(**who, classCode=code, eventType="notebook_opened", code=None, result=None),
            numbered("s1", 1, **who, classCode=code),
        ]
        assert nobody.post(f"{API}/events", self.events).status == 202
        assert nobody.post(f"{API}/events", [numbered("s1", 2, **who, cellIndex={})]).status == 422
        accounts.server.wait_until_projected()

    def export(self, tmp_path: Path, *arguments: object, form: str = "csv") -> Export:
        folder = tmp_path / f"export-{time.monotonic_ns()}"
        run_command("export", "--data", self.accounts.server.data, "--format", form, "--out", folder, *arguments,
                    environment=self.accounts.rows.options)
        return Export(folder, form)


@pytest.fixture(scope="module")
def small_school(school: Accounts) -> School:
    return School(school)


@pytest.mark.parametrize("form", ["csv", "ndjson", "sqlite"])
def test_a_plain_export_has_everything(small_school: School, tmp_path: Path, form: str) -> None:
    export = small_school.export(tmp_path, form=form)
    rows = export.rows("events")
    assert [row["event_id"] for row in rows] == [event["eventId"] for event in small_school.events]
    assert [int(row["sequence"]) for row in rows] == sorted(int(row["sequence"]) for row in rows)
    first, second = rows[0], rows[1]
    assert (first["student"], first["notebook"], first["consent_applied"], first["withheld"]) == (TARO, f"{TARO}/第1回.ipynb", "output", None)
    assert (second["class"], second["consent_asked"], second["consent_applied"]) == (small_school.one["class_code"], "code", "code")
    assert second["withheld"] == "result output"
    runs = export.rows("executions")
    assert [row["code"] for row in runs][:3] == ["# 山田太郎\nprint('hanako@example.com')", "x = 1", "y"]
    assert (runs[2]["status"], runs[2]["error_message"], runs[1]["output"]) == ("error", "ValueError: 山田", None)
    assert float(runs[0]["duration_ms"]) == 3.5
    (helped,) = export.rows("help")
    (opened,) = export.rows("notebook_accesses")
    (refused,) = export.rows("refused")
    (handed_in,) = export.rows("submissions")
    assert (helped["note"], int(helped["is_on"]), opened["action"]) == ("太郎です", 1, "opened")
    assert (refused["field"], int(refused["stream_number"]), refused["student"]) == ("cellIndex", 2, TARO)
    assert (float(handed_in["grade"]), handed_in["feedback"], handed_in["student"]) == (7.5, "太郎さん、よくできました", TARO)
    people = {(row["class"], row["student"]): row for row in export.rows("students")}
    assert len(people) == 4 and people[(small_school.one["class_code"], TARO)]["name"] == "山田 太郎"
    assert sum(int(row["executions"]) for row in people.values()) == len(runs)
    for name in ("README.md", "README.ja.md"):
        text = (export.folder / name).read_text()
        assert all(f"## {table}" in text for table in TABLES)


@pytest.mark.parametrize("form", ["csv", "ndjson", "sqlite"])
def test_with_pseudonyms_nobody_is_named(small_school: School, tmp_path: Path, form: str) -> None:
    key = tmp_path / "key"
    export = small_school.export(tmp_path, "--pseudonyms", "--key-file", key, form=form)
    for word in (TARO, HANAKO, "taro.yamada", "山田", "太郎", "佐藤", "花子", "チーム青", "elsewhere", key.read_text().strip(),
                 small_school.events[0]["sessionId"], small_school.events[0]["eventId"]):
        assert export.bytes_with(word) == [], word
    assert key.stat().st_mode & 0o777 == 0o600
    rows = export.rows("events")
    assert len(rows) == len(small_school.events) and all(re.fullmatch("S-[0-9a-f]{16}", row["student"]) for row in rows)
    taro, hanako = rows[0]["student"], rows[2]["student"]
    assert [row["student"] for row in rows] == [taro, taro, hanako, rows[3]["student"], rows[4]["student"], taro, taro, taro]
    assert len({taro, hanako, rows[3]["student"], rows[4]["student"]}) == 4, "another class, another pseudonym"
    assert not {rows[0]["session"], rows[0]["cell"]} & {rows[4]["session"], rows[4]["cell"]}, "nothing joins two classes"
    runs = export.rows("executions")
    assert runs[0]["code"] == f"# {taro}{taro}\nprint('{hanako}')" or runs[0]["code"] == f"# {taro}\nprint('{hanako}')"
    assert (runs[0]["notebook"], runs[0]["output"]) == (f"{taro}/第1回.ipynb", f"{hanako}より")
    assert json.loads(rows[3]["metadata"]) == {"by": rows[3]["student"], "at": "[address]"}
    assert export.rows("submissions")[0]["feedback"] == f"{taro}さん、よくできました"
    # The same again by the same key, another by another.
    again = small_school.export(tmp_path, "--pseudonyms", "--key-file", key, form=form)
    assert again.rows("events") == rows
    assert small_school.export(tmp_path, "--pseudonyms", "--key-file", tmp_path / "other").rows("events")[0]["student"] != taro


def test_a_part_of_it(small_school: School, tmp_path: Path) -> None:
    two = small_school.export(tmp_path, "--class", small_school.two["class_code"])
    assert [row["event_id"] for row in two.rows("events")] == [small_school.events[3]["eventId"], small_school.events[4]["eventId"]]
    assert two.rows("submissions") == [] and two.rows("refused") == []
    today = small_school.events[0]["eventTime"][:10]
    assert len(small_school.export(tmp_path, "--from", today, "--to", "2999-01-01").rows("events")) == len(small_school.events)
    assert small_school.export(tmp_path, "--to", "2000-01-01").rows("events") == []
    assert small_school.export(tmp_path, "--from", "2999-01-01T00:00:00Z").rows("events") == []


def test_wrong_arguments_and_places(small_school: School, tmp_path: Path) -> None:
    data = small_school.accounts.server.data
    (tmp_path / "there").mkdir()

    def refused(*arguments: object) -> str:
        done = run_command("export", "--data", data, *arguments, check=False, environment=small_school.accounts.rows.options)
        assert done.returncode in (2, 3)
        return done.stderr.decode()

    assert "exists already" in refused("--out", tmp_path / "there")
    assert "--from yesterday" in refused("--out", tmp_path / "x", "--from", "yesterday")
    assert "within --out" in refused("--out", tmp_path / "x", "--pseudonyms", "--key-file", tmp_path / "x" / "key")
    assert "--pseudonyms" in refused("--out", tmp_path / "x", "--key-file", tmp_path / "key")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize("killed", [False, True])
def test_an_export_that_does_not_come_to_its_end_is_none(small_school: School, tmp_path: Path, killed: bool) -> None:
    """No file may have more than 64 bytes: a write fails, or the kernel ends the program there."""
    def bound() -> None:
        if not killed:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
    out = tmp_path / "out"
    command = [BINARY, "export", "--data", small_school.accounts.server.data, "--format", "ndjson", "--out", out]
    environment = {**SURROUNDINGS, **small_school.accounts.rows.options}
    done = subprocess.run(command, env=environment, preexec_fn=bound, capture_output=True, timeout=60, check=False)
    assert done.returncode == (-signal.SIGXFSZ if killed else 3), done
    assert not out.exists() and bool(list(tmp_path.iterdir())) is killed, "what failed tidies up"
    subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    assert (out / "README.md").exists()


def test_everything_of_one_person(small_school: School, tmp_path: Path) -> None:
    accounts = small_school.accounts
    nobody = accounts.nobody()
    queued = cell_executed(emailAddress=HANAKO, code="queued")
    assert nobody.post(f"{API}/v1/offline/queue", {"events": [queued], "force_queue": True}).status == 202
    out = tmp_path / "taro"
    done = run_command("student", "export", TARO.upper(), "--data", accounts.server.data, "--out", out, environment=accounts.rows.options)
    lines = {path.name: [json.loads(line) for line in path.read_text().splitlines()] for path in out.glob("*.ndjson")}
    own = [event["eventId"] for event in small_school.events if event["emailAddress"] == TARO]
    assert [line["eventId"] for line in lines["events.ndjson"]] == own
    assert lines["refused.ndjson"][0]["emailAddress"] == TARO
    assert len(lines["rows-events.ndjson"]) == len(own) and len(lines["rows-cell_executions.ndjson"]) == 4
    assert lines["classroom-assignment_submissions.ndjson"][0]["feedback"] == "太郎さん、よくできました"
    assert [row["class_code"] for row in lines["classroom-classes.ndjson"]] == [small_school.one["class_code"]]
    assert lines["classroom-students.ndjson"][0]["name"] == "山田 太郎" and lines["live.ndjson"][0]["email"] == TARO
    assert f"{len(own)} events" in done.stdout.decode()
    for page in ("index.html", "index.ja.html"):
        text = (out / page).read_text()
        assert all(name in text for name in lines) and "太郎です" in text and "<script" not in text
    # Nobody else: Hanako is there only where Taro wrote of her.
    theirs = [event["eventId"] for event in small_school.events if event["emailAddress"] == HANAKO]
    export = Export(out, "")
    assert all(export.bytes_with(event_id) == [] for event_id in theirs)
    assert "佐藤".encode() not in b"".join(path.read_bytes() for path in out.iterdir())
    counts = Counter(path.name for path in out.iterdir() if HANAKO.encode() in path.read_bytes())
    assert set(counts) == {"events.ndjson", "rows-cell_executions.ndjson", "index.html", "index.ja.html"}
    # What waits in the queue is theirs, too.
    run_command("student", "export", HANAKO, "--data", accounts.server.data, "--out", tmp_path / "hanako", environment=accounts.rows.options)
    assert "queued" in (tmp_path / "hanako" / "classroom-offline_events.ndjson").read_text()
    nothing = run_command("student", "export", "nobody@example.com", "--data", accounts.server.data, "--out", tmp_path / "none", check=False,
                          environment=accounts.rows.options)
    assert nothing.returncode == 3 and "nothing is stored" in nothing.stderr.decode() and not (tmp_path / "none").exists()


def test_what_is_not_in_the_export_is_said(small_school: School, tmp_path: Path) -> None:
    """Rows that lie in a PostgreSQL which nobody named, and in one that the settings' file names."""
    accounts = small_school.accounts
    postgres = accounts.rows.options.get("CELLMON_POSTGRES_URL", "")
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[postgres]\nurl = "{postgres}"\n' if postgres else "", encoding="utf-8")
    settings.chmod(0o600)
    for out, environment, whole in (("blind", {}, not postgres), ("told", {"CELLMON_CONFIG": str(settings)}, True)):
        done = run_command("student", "export", TARO, "--data", accounts.server.data, "--out", tmp_path / out, check=False, environment=environment)
        assert done.returncode == (0 if whole else 3), done
        assert ("no rows of the classroom" in done.stderr.decode()) is not whole
        assert (tmp_path / out / "events.ndjson").exists() and (tmp_path / out / "classroom-students.ndjson").exists() is whole


def test_an_account_and_its_secrets(school: Accounts, tmp_path: Path) -> None:
    school.of("student")
    out = tmp_path / "student"
    run_command("student", "export", "student@example.com", "--data", school.server.data, "--out", out, environment=school.rows.options)
    (account,) = [json.loads(line) for line in (out / "classroom-instructors.ndjson").read_text().splitlines()]
    assert account["role"] == "student" and not {"password_hash", "email_key"} & set(account)
    (hashed,) = school.rows.query("SELECT password_hash FROM instructors WHERE email = 'student@example.com'")[0]
    assert Export(out, "").bytes_with(hashed) == []
    assert (out / "classroom-access_tokens.ndjson").exists()
