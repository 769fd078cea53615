"""Goal: a student's report of the Python environment comes in as an event or by POST and is there behind a kill and a rebuild; who has which
version of what is one question; diff, health and analysis say what the reports say; the host's Python tells what it is, and one that
is not there is a 503.

Method: on both engines of the classroom's rows and of the projection; scripts in place of the host's Python.
"""

from __future__ import annotations

import itertools
import json
import platform
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from support.accounts import Accounts, Session
from support.classroom import Rows
from support.events import now_text
from support.school import Lesson, new_class, new_lesson, new_student, stranger
from support.server import Server, run_command, wait_until

API = "/api/v1/v1/environment"
numbers = itertools.count(1)

SNAPSHOT_KEYS = ["snapshot_id", "captured_at", "python_env", "system_env", "jupyter_env", "notebook_path", "cell_id", "execution_count",
                 "memory_usage_mb", "cpu_usage_percent", "is_full_snapshot", "changed_packages", "collection_duration_ms"]


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def mail() -> str:
    return f"env{next(numbers)}@example.com"


def report(python: str = "3.12.4", **packages: str) -> dict:
    return {"python": {"version": python, "implementation": "CPython"}, "platform": {"os_name": "Linux", "platform": "Linux-6"}, "packages": packages}


def post_event(who: Session, student: str, environment: dict, **fields: object) -> None:
    event = {"eventId": str(uuid.uuid4()), "eventType": "environment", "eventTime": now_text(), "emailAddress": student,
             "environment": environment, **fields}
    answer = who.post("/api/v1/events", [event])
    assert answer.status == 202 and answer.json["batch_stats"]["successful_events"] == 1, answer


def current(who: Session, student: str, python: str) -> dict:
    """When the projection has come so far."""
    def look() -> dict | None:
        answer = who.get(f"{API}/current?student={student}")
        good = answer.status == 200 and answer.json["snapshot"]["python_env"]["python_version"] == python
        return answer.json["snapshot"] if good else None
    return wait_until(look, f"the report of {student}")


def read(who: Session, path: str) -> dict:
    answer = who.get(f"{API}/{path}")
    assert answer.status == 200, answer
    return answer.json


def test_a_report_comes_as_an_event(nobody: Session) -> None:
    student = mail()
    assert nobody.get(f"{API}/current?student={student}").status == 404
    post_event(nobody, student, report(numpy="2.1.0", Pandas="2.2.2"), notebookPath="a/b.ipynb")
    snapshot = current(nobody, student, "3.12.4")
    assert list(snapshot) == SNAPSHOT_KEYS
    assert snapshot["notebook_path"] == "a/b.ipynb" and snapshot["is_full_snapshot"] is True
    assert [one["name"] for one in snapshot["python_env"]["key_packages"]] == ["numpy", "Pandas"]
    packages = read(nobody, f"packages?student={student}&package_names=pandas&package_names=nothing")
    assert packages["packages"] == [{"name": "Pandas", "version": "2.2.2", "location": None}] and packages["total_packages_count"] == 2
    assert len(read(nobody, f"packages?student={student}")["packages"]) == 2
    summary = read(nobody, f"summary?student={student}")["summary"]
    assert summary == {"python_version": "3.12.4", "platform": "Linux-6", "virtual_env": None, "conda_env": None, "has_psutil": False,
                       "has_pkg_resources": False}


def test_a_report_comes_by_post(nobody: Session) -> None:
    student = mail()
    first = nobody.post(f"{API}/snapshot?student={student}&notebook_path=n.ipynb&cell_id=c1", {"environment": report(numpy="1.0", old="1")})
    assert first.status == 201, first
    assert list(first.json) == ["message", "snapshot_id", "snapshot", "collection_time_ms", "changed_packages_count"]
    assert first.json["changed_packages_count"] == 0
    snapshot = current(nobody, student, "3.12.4")
    assert snapshot["snapshot_id"] == first.json["snapshot_id"] and (snapshot["notebook_path"], snapshot["cell_id"]) == ("n.ipynb", "c1")
    second = nobody.post(f"{API}/snapshot?student={student}", report("3.13.0", numpy="2.0", new="1"))
    assert second.status == 201 and second.json["changed_packages_count"] == 3
    assert sorted(second.json["snapshot"]["changed_packages"]) == ["new", "numpy", "old"]
    current(nobody, student, "3.13.0")
    lines = [one for one in Lines(nobody).of(student)]
    assert [one["eventType"] for one in lines] == ["environment", "environment"], "each is an event of the journal, once"
    difference = read(nobody, f"diff?student={student}&from_snapshot_id={first.json['snapshot_id']}")
    assert difference["changes_detected"] is True and difference["previous_snapshot_id"] == first.json["snapshot_id"]
    assert difference["diff"] == {
        "added_packages": [{"name": "new", "old_version": None, "new_version": "1"}],
        "removed_packages": [{"name": "old", "old_version": "1", "new_version": None}],
        "updated_packages": [{"name": "numpy", "old_version": "1.0", "new_version": "2.0"}],
        "changed_fields": [{"field": "python_version", "old_value": "3.12.4", "new_value": "3.13.0"}]}
    assert read(nobody, f"diff?student={student}&hours_back=1")["diff"] == difference["diff"]


class Lines:
    def __init__(self, who: Session) -> None:
        self.who = who

    def of(self, student: str) -> list[dict]:
        found, after = [], 0
        while True:
            page = self.who.get(f"/api/v1/events/export?after={after}&limit=10000")
            lines = page.lines()
            if not lines:
                return found
            found += [line for line in lines if line.get("emailAddress") == student]
            after = lines[-1]["sequence"]


def test_health_and_analysis_follow_the_report(nobody: Session) -> None:
    good, bad = mail(), mail()
    post_event(nobody, good, report())
    post_event(nobody, bad, report("3.7.1", jupyterlab="4.2.0", ipykernel="6.1.0") | {"memory_usage_mb": 1500, "cpu_usage_percent": 95})
    current(nobody, good, "3.12.4")
    current(nobody, bad, "3.7.1")
    healthy, ill = read(nobody, f"health?student={good}"), read(nobody, f"health?student={bad}")
    assert (healthy["health_score"], healthy["health_level"], healthy["warnings"]) == (1.0, "excellent", [])
    assert (ill["health_score"], ill["health_level"]) == (0.4, "critical")
    assert len(ill["warnings"]) == 3 and "1500 MB" in ill["warnings"][1] and "更新" in ill["recommendations"][0]
    analysis = nobody.post(f"{API}/analyze?student={bad}").json["analysis"]
    compatibility = analysis["compatibility_info"]
    assert compatibility["python_compatibility"] == {"version": "3.7.1", "implementation": "CPython", "is_supported": False,
                                                     "eol_date": "2023-06-27"}
    assert compatibility["jupyter_compatibility"]["recommended_versions"] == {"ipykernel": "6.5.0"}
    assert compatibility["jupyter_compatibility"]["is_compatible"] is False
    assert analysis["overall_score"] < nobody.post(f"{API}/analyze?student={good}").json["analysis"]["overall_score"]
    assert read(nobody, f"diff?student={good}") == {"message": "No previous snapshot to compare with", "changes_detected": False,
                                                    "current_snapshot_id": read(nobody, f"current?student={good}")["snapshot"]["snapshot_id"]}


def test_who_in_my_class_has_which_pandas(school: Accounts) -> None:
    nobody = school.nobody()
    lesson = new_lesson(school)
    here, there = lesson.student["email"], mail()
    post_event(nobody, here, report(pandas="1.0"))
    post_event(nobody, here, report("3.11.9", pandas="2.2.2"))
    post_event(nobody, there, report(pandas="1.5.3"), classCode=lesson.row["class_code"])
    elsewhere = mail()
    post_event(nobody, elsewhere, report(numpy="1"))
    current(nobody, here, "3.11.9")
    current(nobody, elsewhere, "3.12.4")
    told = read(nobody, f"students?class_id={lesson.id}&package_names=pandas&package_names=torch")
    assert {one["student"]: one["packages"] for one in told["students"]} == {here: {"pandas": "2.2.2", "torch": None},
                                                                              there: {"pandas": "1.5.3", "torch": None}}
    everybody = {one["student"] for one in read(nobody, "students")["students"]}
    assert {here, there, elsewhere} <= everybody
    assert nobody.get(f"{API}/students?class_id=999999999").status == 404


def test_the_host_tells_what_it_is(nobody: Session) -> None:
    answer = read(nobody, "current")
    assert list(answer) == ["message", "snapshot", "collection_time_ms", "is_full_snapshot"]
    snapshot = answer["snapshot"]
    assert list(snapshot) == SNAPSHOT_KEYS
    assert snapshot["python_env"]["python_version"].startswith("3.") and snapshot["system_env"]["hostname"] == platform.node()
    assert snapshot["memory_usage_mb"] > 1 and answer["collection_time_ms"] > 0
    again = read(nobody, "current")
    assert again["snapshot"]["snapshot_id"] == snapshot["snapshot_id"], "it has not changed"
    made = nobody.post(f"{API}/snapshot?notebook_path=n.ipynb&cell_id=c&execution_count=7&force_full_collection=true")
    assert made.status == 201 and made.json["snapshot_id"] != snapshot["snapshot_id"]
    assert [made.json["snapshot"][name] for name in ("notebook_path", "cell_id", "execution_count")] == ["n.ipynb", "c", 7]
    difference = read(nobody, f"diff?from_snapshot_id={snapshot['snapshot_id']}")
    assert difference["previous_snapshot_id"] == snapshot["snapshot_id"] and difference["changes_detected"] is False
    assert read(nobody, "health")["health_level"] in ("excellent", "good", "warning", "critical")
    script = "import json, importlib.metadata as m; print(json.dumps({d.metadata['Name']: d.version for d in reversed(list(m.distributions()))}))"
    known = json.loads(subprocess.run(["python3", "-c", script], capture_output=True, check=True, cwd="/").stdout)
    told = {one["name"]: one["version"] for one in read(nobody, "packages")["packages"]}
    assert told and all(known.get(name) == version for name, version in told.items())
    assert nobody.post(f"{API}/analyze").json["analysis"]["compatibility_info"]["python_compatibility"]["version"] == \
        snapshot["python_env"]["python_version"]


def test_what_is_asked_wrong_is_named(nobody: Session) -> None:
    for path, field in (("diff?hours_back=0", "hours_back"), ("diff?hours_back=169", "hours_back"), ("diff?hours_back=x", "hours_back"),
                        ("current?student=%01", "student"), ("packages?package_names=", "package_names"), ("students?class_id=x", "class_id"),
                        ("packages?include_all=maybe", "include_all")):
        answer = nobody.get(f"{API}/{path}")
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["query", field], (path, answer)
    assert nobody.get(f"{API}/diff?from_snapshot_id=unknown").status == 404
    student = mail()
    for body in (b"[]", b"{", b"7", b""):
        assert nobody.post(f"{API}/snapshot?student={student}", body).status == 422, body
    refused = nobody.post(f"{API}/snapshot?student={student}", b"")
    assert refused.json["detail"][0]["type"] == "value_error" and "the report" in refused.json["detail"][0]["msg"]
    for path in ("snapshot", f"snapshot?student={student}"):
        for body, kind in ((b"[]", "dict_type"), (b"{", "json_invalid"), (b'{"a": 78831485977757777920}', "json_invalid")):
            assert nobody.post(f"{API}/{path}", body).json["detail"][0]["type"] == kind, (path, body)
    for body in (b"[]", b"{", b"7"):
        assert nobody.post(f"{API}/snapshot", body).status == 422, body
    assert nobody.post(f"{API}/snapshot?student={student}", {"packages": {"a": "x" * (300 << 10)}}).status == 413
    assert nobody.post(f"{API}/snapshot?execution_count=-1").status == 422


def fake_python(tmp_path: Path, text: str) -> str:
    path = tmp_path / f"python-{next(numbers)}"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_without_a_python_it_is_503(classroom: tuple[Server, Rows], tmp_path: Path) -> None:
    server, rows = classroom
    for python, timeout in (("/nowhere/python3", "20s"), (fake_python(tmp_path, "exit 1"), "20s"), (fake_python(tmp_path, "exec sleep 60"), "300ms")):
        server.environment |= {"CELLMON_ENVIRONMENT_PYTHON": python, "CELLMON_ENVIRONMENT_TIMEOUT": timeout}
        server.start()
        nobody = Accounts(server, rows).nobody()
        for path in ("current", "summary", "packages", "health", "diff"):
            answer = nobody.get(f"{API}/{path}")
            assert answer.status == 503 and "python" in answer.json["detail"], answer
            assert answer.headers["retry-after"] == "60"
        assert nobody.post(f"{API}/snapshot").status == 503
        student = mail()
        post_event(nobody, student, report())
        current(nobody, student, "3.12.4")
        server.stop()


def test_reports_survive_a_kill_and_a_rebuild(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.environment |= {"CELLMON_ENVIRONMENT_PYTHON": sys.executable}
    accounts = Accounts(server.start(), rows)
    nobody, student = accounts.nobody(), mail()
    made = nobody.post(f"{API}/snapshot?student={student}", report("3.12.1", numpy="1"))
    assert made.status == 201
    host = nobody.post(f"{API}/snapshot?notebook_path=host.ipynb")
    assert host.status == 201
    server.kill()
    nobody = Accounts(server.start(), rows).nobody()
    assert current(nobody, student, "3.12.1")["snapshot_id"] == made.json["snapshot_id"]
    difference = read(nobody, f"diff?from_snapshot_id={host.json['snapshot_id']}")
    assert difference["previous_snapshot_id"] == host.json["snapshot_id"]
    before = read(nobody, f"current?student={student}")["snapshot"]
    server.stop()
    run_command("rebuild", "relational", "--data", server.data, environment=rows.options)
    nobody = Accounts(server.start(), rows).nobody()
    assert current(nobody, student, "3.12.1") == before
    server.stop()


@pytest.fixture(scope="module")
def lesson(strict_school: Accounts) -> Lesson:
    made = new_lesson(strict_school)
    pupil = strict_school.of("student")
    assert pupil.post(f"{API}/snapshot?class_code={made.row['class_code']}", report("3.12.2", numpy="1")).status == 201
    current(strict_school.of("admin"), "student@example.com", "3.12.2")
    return made


def test_students_see_their_own(lesson: Lesson) -> None:
    pupil, own = lesson.accounts.of("student"), "student@example.com"
    assert read(pupil, "current")["snapshot"]["python_env"]["python_version"] == "3.12.2", "their own, unless told otherwise"
    assert pupil.get(f"{API}/current?student=admin@example.com").status == 404
    assert pupil.post(f"{API}/snapshot?student=admin@example.com", report()).status == 404
    assert pupil.get(f"{API}/students").status == 403
    for who in ("assistant", "instructor", "admin"):
        session = lesson.accounts.of(who)
        assert session.get(f"{API}/current?student={own}").status == 200
        assert own in {one["student"] for one in read(session, "students")["students"]}
    for role in ("student", "assistant", "instructor"):
        session = stranger(lesson.accounts, role)
        assert session.get(f"{API}/current?student={own}").status == 404
    assert own not in {one["student"] for one in read(stranger(lesson.accounts), "students")["students"]}
    assert stranger(lesson.accounts).get(f"{API}/students?class_id={lesson.id}").status == 404
    assert lesson.accounts.of("instructor").post(f"{API}/snapshot?student={own}", report()).status == 403, "nobody speaks for a student"


def test_a_students_token_names_their_own_classes_alone(lesson: Lesson) -> None:
    pupil, admin, teacher = (lesson.accounts.of(role) for role in ("student", "admin", "instructor"))
    own = "student@example.com"
    other = new_class(teacher)
    refused = report("3.12.9", theirs="1")
    for code in (other["class_code"], "nobody's"):
        answer = pupil.post(f"{API}/snapshot?class_code={code}", refused)
        assert (answer.status, answer.json["detail"]) == (404, "Class not found"), answer
    assert not any("theirs" in line["environment"]["packages"] for line in Lines(admin).of(own)), "nothing of it is an event"
    assert admin.post(f"{API}/snapshot?student={own}&class_code={other['class_code']}", report()).status == 201
    new_student(teacher, other["id"], own)
    assert pupil.post(f"{API}/snapshot?class_code={other['class_code']}", report()).status == 201
    codes = [line["classCode"] for line in Lines(admin).of(own)]
    assert codes == [lesson.row["class_code"], other["class_code"], other["class_code"]]
