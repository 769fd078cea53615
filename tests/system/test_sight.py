"""Goal: with `auth.mode = required` an instructor or assistant sees the students of their classes and nothing of others, live and in the
history; who loses a class loses sight of it within seconds; what accounts saw stands in the audit log.

Method: two classes of two instructors on both engines, students of every kind (docs/decisions/0008-whose-students.md), some of whose
events came in before there were keys, and each way to look at them. What is not theirs must be answered as what is not there.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import websocket

from support.accounts import Accounts, Session
from support.events import cell_executed
from support.live import LiveClient
from support.school import API, Lesson, new_class, new_key, new_lesson, new_student, stranger
from support.server import wait_until

BASE = f"{API}/dashboard"
numbers = itertools.count(1)


def run_of(email: str, class_code: str | None, **fields: object) -> dict:
    return cell_executed(emailAddress=email, classCode=class_code, teamName=fields.pop("teamName", "組"), **fields)


@dataclass
class School:
    """`mine` is taught by the accounts of the roles instructor and assistant, `theirs` by a stranger."""

    accounts: Accounts
    lesson: Lesson
    theirs: dict
    keys: dict[str, str]  # By the code of the class.

    def post(self, *events: dict) -> None:
        for event in events:
            answer = self.accounts.nobody().post(f"{API}/events", [event], X_Class_Key=self.keys[event["classCode"]])
            assert answer.status == 202, answer

    @property
    def code(self) -> str:
        return self.lesson.row["class_code"]

    def watched_by(self, who: str) -> set[str]:
        everybody = {"mine@x.org", "roster@x.org", "mistyped@x.org", "moved@x.org", "theirs@x.org", "pulled@x.org", "nobodys@x.org"}
        mine = {"mine@x.org", "roster@x.org", "mistyped@x.org", "moved@x.org"}
        return {"admin": everybody, "instructor": mine, "assistant": mine, "stranger": {"theirs@x.org", "pulled@x.org"}, "idler": set()}[who]

    def session(self, who: str) -> Session:
        if who == "stranger":
            return stranger(self.accounts)
        if who == "idler":
            return stranger(self.accounts, "assistant")
        return self.accounts.of(who)


WATCHERS = ["admin", "instructor", "assistant", "stranger", "idler"]


@pytest.fixture(scope="module")
def school(school: Accounts) -> School:
    """What came in while nobody was asked for a key may name no class, or one that nobody has made."""
    accounts = school
    lesson, theirs = new_lesson(accounts), new_class(stranger(accounts))
    code, other = lesson.row["class_code"], theirs["class_code"]
    teacher = accounts.of("instructor")
    keys = {code: new_key(teacher, lesson.id)["key"], other: new_key(stranger(accounts), theirs["id"])["key"]}
    made = School(accounts, lesson, theirs, keys)
    for email in ("roster@x.org", "mistyped@x.org", "pulled@x.org"):
        new_student(teacher, lesson.id, email)
    events = [run_of("moved@x.org", other, code="secret_of_theirs = 1", sessionId="s-theirs"), run_of("mine@x.org", code, hasError=True),
              run_of("roster@x.org", None), run_of("mistyped@x.org", "no such class"), run_of("theirs@x.org", other, code="x = 'theirs'"),
              run_of("pulled@x.org", other), run_of("nobodys@x.org", None)]
    assert accounts.nobody().post(f"{API}/events", events).status == 202
    accounts.server.environment["CELLMON_AUTH_MODE"] = "required"
    accounts.server.restart()
    accounts.reconnect()
    made.post(run_of("moved@x.org", code, code="shown = 1", sessionId="s-mine"))
    admin = accounts.of("admin")
    wait_until(lambda: admin.get(f"{API}/projections").json["projections"][0]["lagEvents"] == 0, "the projection has caught up")
    executions = {email: 1 for email in made.watched_by("admin")} | {"moved@x.org": 2}
    wait_until(lambda: {row["emailAddress"]: row["cellExecutions"] for row in admin.get(f"{BASE}/overview").json["students"]} == executions,
               "the class is shown")
    return made


def overview_of(session: Session) -> dict:
    answer = session.get(f"{BASE}/overview")
    assert answer.status == 200, answer
    return answer.json


@pytest.mark.parametrize("who", WATCHERS)
def test_the_dashboard_shows_their_students(school: School, who: str) -> None:
    session, expected = school.session(who), school.watched_by(who)
    overview = overview_of(session)
    assert {row["emailAddress"] for row in overview["students"]} == expected
    assert overview["metrics"]["totalStudents"] == len(expected)
    assert overview["metrics"]["totalExecutions"] == sum(row["cellExecutions"] for row in overview["students"])
    metrics = session.get(f"{BASE}/metrics").json
    assert metrics["totalStudents"] == len(expected)
    # By the class of each run, so what was run in another class counts there.
    runs = {"admin": 8, "instructor": 4, "assistant": 4, "stranger": 3, "idler": 0}[who]
    people = {"admin": 7, "instructor": 4, "assistant": 4, "stranger": 3, "idler": 0}[who]
    assert (metrics["activityData"]["totalExecutions"], metrics["activityData"]["activeUsers"]) == (runs, people)
    named = {"admin": 8, "instructor": 2, "assistant": 2, "stranger": 3, "idler": 0}[who]
    assert sum(window["executionCount"] for window in overview["activityChart"]) == named
    delivery = session.get(f"{API}/delivery").json
    assert {row["emailAddress"] for row in delivery["students"]} == expected
    assert delivery["total"]["received"] == sum(row["received"] for row in delivery["students"])


@pytest.mark.parametrize("who", WATCHERS)
def test_one_student(school: School, who: str) -> None:
    session, expected = school.session(who), school.watched_by(who)
    for email in sorted(school.watched_by("admin")):
        path = f"{BASE}/students/{quote(email)}"
        answers = [session.get(f"{path}/activity"), session.post(f"{path}/resolve-error"), session.post(f"{path}/dismiss-help")]
        if email in expected:
            assert [answer.status for answer in answers] == [200, 200, 200], email
        else:
            nobody = f"{BASE}/students/absent{next(numbers)}@x.org"
            absent = [session.get(f"{nobody}/activity"), session.post(f"{nobody}/resolve-error"), session.post(f"{nobody}/dismiss-help")]
            assert [(answer.status, answer.body) for answer in answers] == [(answer.status, answer.body) for answer in absent], email
            assert answers[0].status == 404


def test_the_history_stays_with_its_class(school: School) -> None:
    path = f"{BASE}/students/moved@x.org/activity"
    mine = school.session("instructor").get(path).json
    assert [run["codeContent"] for run in mine["recentExecutions"]] == ["shown = 1"]
    assert [session["sessionId"] for session in mine["sessions"]] == ["s-mine"]
    assert len(school.session("admin").get(path).json["recentExecutions"]) == 2
    assert school.session("stranger").get(path).status == 404


def test_an_action_on_a_student_of_others_does_nothing(school: School) -> None:
    code = school.theirs["class_code"]
    school.post(*(run_of("stuck@x.org", code, hasError=True) for _ in range(3)))
    admin = school.accounts.of("admin")

    def status() -> str:
        return next((row["status"] for row in overview_of(admin)["students"] if row["emailAddress"] == "stuck@x.org"), "")

    wait_until(lambda: status() == "significant_error", "the student is stuck")
    assert school.accounts.of("instructor").post(f"{BASE}/students/stuck@x.org/resolve-error").status == 404
    assert status() == "significant_error"
    assert stranger(school.accounts).post(f"{BASE}/students/stuck@x.org/resolve-error").status == 200
    assert status() == "active"


@pytest.mark.parametrize("who", ["instructor", "stranger", "admin"])
def test_an_export_holds_their_events(school: School, who: str) -> None:
    session, lines, after = school.session(who), [], 0
    while True:
        page = session.get(f"{API}/events/export?after={after}&limit=3")
        assert page.status == 200
        lines += page.lines()
        after = int(page.headers["x-next-after"])
        if after >= int(page.headers["x-durable-sequence"]):
            break
    codes = {line.get("classCode") for line in lines}
    emails = {line["emailAddress"] for line in lines}
    if who == "admin":
        assert emails >= school.watched_by("admin") and session.get(f"{API}/events/export?all=1").status == 200
        return
    assert emails >= school.watched_by(who)
    own = {"instructor": {school.code, None, "no such class"}, "stranger": {school.theirs["class_code"]}}[who]
    assert codes == own
    assert "nobodys@x.org" not in emails
    assert session.get(f"{API}/events/export?all=1").status == 403


def live(session: Session, room: str = "") -> LiveClient:
    client = LiveClient(session.client.port, room, token=session.token)
    client.receive_until(lambda: client.types, "the first message")
    return client


@pytest.mark.parametrize("who", WATCHERS)
def test_live_rooms(school: School, who: str) -> None:
    session, expected = school.session(who), school.watched_by(who)
    code, other = school.code, school.theirs["class_code"]
    mine, theirs = {"mine@x.org", "moved@x.org"}, {"theirs@x.org", "pulled@x.org", "stuck@x.org"}
    rooms = {"": expected, f"class:{code}": mine & expected, f"class:{other}": theirs & expected, "team:組": expected,
             "student:mine@x.org": {"mine@x.org"} & expected, "student:theirs@x.org": {"theirs@x.org"} & expected}
    clients = {room: live(session, room) for room in rooms}
    marker = next(numbers)
    # Whoever sees anybody sees one of these; the others are told by the admin's socket that both have come.
    school.post(run_of("mine@x.org", code, userName=f"名前 {marker}"), run_of("theirs@x.org", other, userName=f"名前 {marker}"))
    witness = live(school.accounts.of("admin"))
    witness.receive_until(lambda: all(witness.students[email]["name"] == f"名前 {marker}" for email in ("mine@x.org", "theirs@x.org")),
                          "both are shown")
    for room, students in rooms.items():
        client = clients[room]
        for email in {"mine@x.org", "theirs@x.org"} & students:
            client.receive_until(lambda: client.students.get(email, {}).get("name") == f"名前 {marker}", f"{email} in {room}")
        client.socket.send('{"type":"ping"}')
        client.receive_until(lambda: client.types[-1] == "pong", "all that was sent has come")
        assert set(client.students) - {"stuck@x.org"} == students - {"stuck@x.org"}, room
        assert client.counters["students"] == len(client.students)
        assert client.counters["executions"] == sum(student["executions"] for student in client.students.values())
        client.close()
    witness.close()


def test_who_loses_a_class_loses_sight_of_it(school: School) -> None:
    """And gets it back with it, on the same sockets; those of others go on."""
    accounts = school.accounts
    accounts.make("guest@example.com")
    guest, admin = accounts.login("guest@example.com"), accounts.of("admin")
    staff = f"{API}/classes/{school.lesson.id}/staff/{guest.id}"
    clients = [live(guest), live(guest, f"class:{school.code}")]
    assert [client.students for client in clients] == [{}, {}] and overview_of(guest)["students"] == []
    assert admin.put(staff, {"role": "assistant"}).status == 200
    assert {row["emailAddress"] for row in overview_of(guest)["students"]} == school.watched_by("instructor"), "at once for a request"
    for client in clients:
        client.receive_until(lambda: "mine@x.org" in client.students, "the class is shown")
    watcher = live(accounts.of("instructor"))
    assert admin.delete(staff).status == 200
    assert overview_of(guest)["students"] == []
    for client in clients:
        client.receive_until(lambda: not client.students, "the class is gone")
    name = f"後 {next(numbers)}"
    school.post(run_of("mine@x.org", school.code, userName=name))
    watcher.receive_until(lambda: watcher.students["mine@x.org"]["name"] == name, "others go on")
    assert watcher.types.count("snapshot") == 1
    for client in clients:
        client.socket.send('{"type":"ping"}')
        client.receive_until(lambda: client.types[-1] == "pong", "all that was sent has come")
        assert client.students == {}
        client.close()
    watcher.close()


def test_an_admin_who_is_no_admin_any_more(school: School) -> None:
    accounts = school.accounts
    accounts.make("chief@example.com", "admin")
    chief = accounts.login("chief@example.com")
    client = live(chief)
    assert set(client.students) >= school.watched_by("admin")
    assert accounts.of("admin").put(f"{API}/instructors/{chief.id}", {"role": "instructor"}).status == 200
    client.receive_until(lambda: not client.students, "who teaches nothing sees nobody")
    assert overview_of(chief)["students"] == []
    client.close()


def test_a_roster_that_grows_shows_who_names_no_class(school: School) -> None:
    accounts = school.accounts
    email = "nobodys@x.org"
    client = live(accounts.of("instructor"))
    assert email not in client.students
    pupil = new_student(accounts.of("instructor"), school.lesson.id, email)
    client.receive_until(lambda: email in client.students, "the student is on the roster")
    assert accounts.of("instructor").delete(f"{API}/classes/{school.lesson.id}/students/{pupil['id']}").status == 200
    client.receive_until(lambda: email not in client.students, "and is not any more")
    client.close()


def test_pushes_of_existing_dashboards(school: School) -> None:
    accounts = school.accounts
    sockets = {who: websocket.create_connection(f"ws://127.0.0.1:{accounts.server.port}{BASE}/ws/dashboard?token={school.session(who).token}",
                                                timeout=30) for who in ("admin", "instructor")}
    # The later one is pushed together with what came before, or behind it.
    school.post({"eventType": "help", "emailAddress": "theirs@x.org", "classCode": school.theirs["class_code"], "eventTime": cell_executed()["eventTime"]})
    school.post({"eventType": "help", "emailAddress": "mine@x.org", "classCode": school.code, "eventTime": cell_executed()["eventTime"]})
    told: dict[str, set[str]] = {}
    for who, one in sockets.items():
        told[who] = set()
        wanted = {"mine@x.org", "theirs@x.org"} if who == "admin" else {"mine@x.org"}
        while not told[who] >= wanted:
            told[who].add(json.loads(one.recv())["data"]["emailAddress"])
    assert "theirs@x.org" not in told["instructor"]
    for one in sockets.values():
        one.close()


def audit(admin: Session, **query: object) -> list[dict]:
    answer = admin.get(f"{API}/admin/audit?" + "&".join(f"{name}={quote(str(value))}" for name, value in {"limit": 1000, **query}.items()))
    assert answer.status == 200, answer
    return answer.json


def test_who_looked_is_in_the_log_once_an_hour(school: School) -> None:
    accounts, admin = school.accounts, school.accounts.of("admin")
    accounts.make("looker@example.com")
    looker = accounts.login("looker@example.com")
    admin.put(f"{API}/classes/{school.lesson.id}/staff/{looker.id}", {"role": "instructor"})
    submission = school.lesson.submission["id"]
    looks = {(f"{BASE}/overview", "overview.read", "students"), (f"{API}/delivery", "delivery.read", "students"),
             (f"{BASE}/students/mine@x.org/activity", "activity.read", "student mine@x.org"),
             (f"{API}/events/export", "events.export", "students"),
             (f"{API}/classes/{school.lesson.id}/students", "roster.read", f"class {school.lesson.id}"),
             (f"{API}/students/", "student.list", "students"),
             (f"{API}/students/{school.lesson.student['id']}", "student.read", f"student {school.lesson.student['id']}"),
             (f"{API}/submissions/", "submission.list", "submissions"),
             (f"{API}/submissions/{submission}", "submission.read", f"submission {submission}"),
             (f"{API}/submissions/{submission}/grades", "grades.read", f"submission {submission}")}
    for _ in range(3):
        for path, _action, _subject in looks:
            assert looker.get(path).status == 200, path
        for path in (f"{BASE}/students/theirs@x.org/activity", f"{API}/submissions/999999"):
            assert looker.get(path).status == 404
        live(looker, f"class:{school.code}").close()
        assert looker.post(f"{BASE}/students/mine@x.org/dismiss-help").status == 200
    lines = [line for line in audit(admin, account="Looker@Example.com") if line["action"] != "login"]
    seen = [(line["action"], line["subject"]) for line in lines if line["action"] != "help.dismiss"]
    # On the hour there may be two of each.
    assert set(seen) == {(action, subject) for _, action, subject in looks} | {("live.open", f"students class:{school.code}")}
    assert len(seen) <= 2 * len(set(seen))
    assert [line["subject"] for line in lines if line["action"] == "help.dismiss"] == ["student mine@x.org"] * 3
    assert all(line["account_id"] == looker.id and line["account"] == "looker@example.com" and line["address"] == "127.0.0.1" for line in lines)
    assert looker.token not in str(lines)


def test_the_log_is_read_in_pages_by_admins(school: School) -> None:
    admin = school.accounts.of("admin")
    whole = audit(admin)
    ids = [line["id"] for line in whole]
    assert ids == sorted(ids, reverse=True)
    older = audit(admin, before=ids[4], limit=3)
    assert [line["id"] for line in older] == ids[5:8]
    subject = f"class {school.lesson.id}"
    assert {line["subject"] for line in audit(admin, subject=subject)} == {subject}
    assert audit(admin, account="nobody@example.com") == []
    for query in ("before=0", "before=x", "limit=0", "limit=1001"):
        assert admin.get(f"{API}/admin/audit?{query}").status == 422, query
    student = school.accounts.of("student")
    assert student.get(f"{API}/students/").status == 200
    assert "student.list" not in {line["action"] for line in audit(admin, account="student@example.com")}, "what students see is their own"


def test_no_header_keeps_a_look_out_of_the_log(school: School) -> None:
    accounts, admin = school.accounts, school.accounts.of("admin")
    accounts.make("upgrader@example.com", "assistant")
    looker = accounts.login("upgrader@example.com")
    assert looker.get(f"{BASE}/overview", Upgrade="x").status == 200
    assert "overview.read" in {line["action"] for line in audit(admin, account="upgrader@example.com")}


def test_a_room_is_text(school: School) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        LiveClient(school.accounts.server.port, room=b"team:\xff", token=school.accounts.of("admin").token)
    assert refused.value.status_code == 400
