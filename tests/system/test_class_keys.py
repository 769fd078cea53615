"""Goal: with `auth.mode = required` events come in by the key of a class and no other way, and are of that class; keys can be changed with
nothing lost, are refused within two seconds of being revoked, go on while their database is away, and appear nowhere.

Method: both engines; each way to send a key, good ones and all kinds of others; `cellmon admin` and another program beside the server;
PostgreSQL stopped under it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import sqlite3
from typing import Callable, Iterator

import pytest

from support.accounts import CHEAP, PATIENT, Accounts, Session
from support.classroom import Rows
from support.client import Answer
from support.events import cell_executed, numbered
from support.postgres import Postgres
from support.school import API, new_class, new_key
from support.server import Server, run_command, wait_until

EVENTS = f"{API}/events"
EVIL = "http://evil.example"
KEY = re.compile(r"ck_[2-9a-km-np-z]{26}")
WRONG = "ck_" + "a" * 26
FIELDS = ["id", "class_id", "label", "ending", "created_by", "created_at", "expires_at", "revoked_at"]
STREAMS = itertools.count(1)


@pytest.fixture
def teacher(strict_school: Accounts) -> Session:
    return strict_school.of("instructor")


@pytest.fixture
def lesson(teacher: Session) -> dict:
    return new_class(teacher)


def send(accounts: Accounts, events: object, key: str = "", **headers: str) -> Answer:
    return accounts.nobody().post(EVENTS, events, **({"X_Class_Key": key} if key else {}), **headers)


def stored(accounts: Accounts, event_id: str) -> dict:
    """The event as the export has it."""
    after, admin = 0, accounts.of("admin")
    while True:
        lines = admin.get(f"{EVENTS}/export?after={after}&limit=1000").lines()
        assert lines, f"{event_id} is not stored"
        for line in lines:
            if line["eventId"] == event_id:
                return line
        after = lines[-1]["sequence"]


def keys_path(lesson: dict, key_id: int | str = "") -> str:
    return f"{API}/classes/{lesson['id']}/keys" + (f"/{key_id}" if key_id else "")


def test_make_list_revoke(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    made = teacher.post(keys_path(lesson), {"label": "第2演習室", "expires_at": "2099-01-01T00:00:00Z"})
    assert made.status == 201 and made.headers["cache-control"] == "no-store"
    key, row = made.json["key"], {name: made.json[name] for name in FIELDS}
    assert list(made.json) == [*FIELDS, "key"] and KEY.fullmatch(key)
    assert (row["class_id"], row["label"], row["created_by"], row["revoked_at"]) == (lesson["id"], "第2演習室", teacher.id, None)
    assert row["expires_at"] == "2099-01-01T00:00:00.000000Z" and key.endswith(row["ending"]) and len(row["ending"]) == 4
    listed = teacher.get(keys_path(lesson))
    assert listed.json == [row] and teacher.get(keys_path(lesson), If_None_Match=listed.headers["etag"]).status == 304
    assert new_key(teacher, lesson["id"])["key"] != key
    (hashed,) = strict_school.rows.query(f"SELECT key_hash FROM class_keys WHERE id = {row['id']}")[0]
    assert hashed == hashlib.sha256(key.encode()).hexdigest()
    assert send(strict_school, [cell_executed()], key).status == 202, "at once"
    gone = teacher.delete(keys_path(lesson, row["id"]))
    assert gone.status == 200 and gone.json["revoked_at"] is not None and "key" not in gone.json
    assert send(strict_school, [cell_executed()], key).status == 401, "at once"
    assert teacher.delete(keys_path(lesson, row["id"])).json == gone.json, "revoked once"
    assert [entry["revoked_at"] is None for entry in teacher.get(keys_path(lesson)).json] == [False, True]
    log = strict_school.admin("audit", "--json").stdout.decode()
    lines = [json.loads(line) for line in log.splitlines()]
    mine = [(line["action"], line["actor"], line["detail"]) for line in lines if line["subject"] == f"class {lesson['id']}" and "key" in line["action"]]
    assert mine[::-1][0] == ("class.key", "instructor@example.com", f"key {row['id']} made")
    assert mine.count(("class.key", "instructor@example.com", f"key {row['id']} revoked")) == 1
    assert key[3:] not in log and hashed not in log


def test_bad_fields_and_paths(teacher: Session, lesson: dict) -> None:
    for body, place in [({"label": ""}, "label"), ({"label": "x" * 201}, "label"), ({"label": "a\nb"}, "label"), ({"label": 5}, "label"),
                        ({"expires_at": "soon"}, "expires_at"), ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at")]:
        answer = teacher.post(keys_path(lesson), body)
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["body", place], body
    assert teacher.post(keys_path(lesson), b"[]").status == 422
    assert teacher.get(keys_path(lesson)).json == []
    other = new_key(teacher, new_class(teacher)["id"])
    for bad in (other["id"], 999_999):
        answer = teacher.delete(keys_path(lesson, bad))
        assert (answer.status, answer.json) == (404, {"detail": f"Key with id {bad} not found"}), "of another class it is not there"
    assert teacher.delete(keys_path(lesson, "x")).status == 422
    assert teacher.get(keys_path({"id": 999_999})).status == 404


def test_only_so_many_are_good_at_a_time(teacher: Session, lesson: dict) -> None:
    keys = [new_key(teacher, lesson["id"]) for _ in range(50)]
    refused = teacher.post(keys_path(lesson), {})
    assert refused.status == 409 and "50" in refused.json["detail"]
    teacher.delete(keys_path(lesson, keys[0]["id"]))
    assert teacher.post(keys_path(lesson), {}).status == 201


# Each way to send a key: the header fields and the query that carry it.
WAYS: dict[str, Callable[[str], tuple[dict[str, str], str]]] = {
    "field": lambda key: ({"X_Class_Key": key}, ""),
    "bearer": lambda key: ({"Authorization": f"Bearer {key}"}, ""),
    "small letters": lambda key: ({"Authorization": f"bearer {key}"}, ""),
    "query": lambda key: ({}, f"?key={key}"),
    "query among others": lambda key: ({}, f"?a=b&key={key}&c"),
    "beside a password of a proxy": lambda key: ({"Authorization": "Basic eDp5"}, f"?key={key}"),
}


@pytest.mark.parametrize("way", WAYS)
def test_only_a_good_key_lets_events_in(strict_school: Accounts, teacher: Session, lesson: dict, way: str) -> None:
    good, revoked = new_key(teacher, lesson["id"])["key"], new_key(teacher, lesson["id"])
    teacher.delete(keys_path(lesson, revoked["id"]))
    hashed = hashlib.sha256(good.encode()).hexdigest()
    bad = [WRONG, revoked["key"], good[:-1], good + "2", good.upper(), "ck_", "ck_" + "x" * 5_000, f"ck_{hashed}"]
    for key, status in [(good, 202), *((key, 401) for key in bad)]:
        fields, query = WAYS[way](key)
        event = cell_executed()
        answer = strict_school.nobody().post(EVENTS + query, [event], **fields)
        assert answer.status == status, key
        if status == 401:
            assert answer.headers["www-authenticate"] == "Bearer" and "class key" in answer.json["detail"]
            assert key[3:] == "" or key[3:] not in answer.body.decode()
        else:
            assert stored(strict_school, event["eventId"])["classCode"] == lesson["class_code"]


def test_nothing_else_lets_events_in(strict_school: Accounts) -> None:
    """Nor does it say whether the body would have been taken."""
    admin = strict_school.of("admin")
    for session, query in [(strict_school.nobody(), ""), (admin, ""), (strict_school.nobody(), "?key="), (strict_school.nobody(), f"?token={admin.token}")]:
        for body in ([cell_executed()], b"{", []):
            answer = session.post(EVENTS + query, body)
            assert answer.status == 401 and "X-Class-Key" in answer.json["detail"] and "?key=" in answer.json["detail"]


def test_pages_of_every_origin_may_send_a_key(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    """What the extension in a browser does: a preflight, then the events; it must be able to read why it is refused."""
    key, nobody = new_key(teacher, lesson["id"])["key"], strict_school.nobody()
    for target in (EVENTS, f"{EVENTS}?key={key}", f"{API}/v1/events/?key={key}"):
        preflight = nobody.request("OPTIONS", target, Origin=EVIL, Access_Control_Request_Method="POST",
                                   Access_Control_Request_Headers="content-type,x-class-key,authorization")
        assert preflight.status == 200 and preflight.headers["access-control-allow-origin"] == EVIL
        assert preflight.headers["access-control-allow-headers"] == "content-type,x-class-key,authorization"
    for query, status in [(f"?key={key}", 202), (f"?key={WRONG}", 401), ("", 401)]:
        answer = nobody.post(EVENTS + query, [cell_executed()], Origin=EVIL)
        assert (answer.status, answer.headers.get("access-control-allow-origin")) == (status, "*")


def test_events_are_of_the_class_of_their_key(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    key, code = new_key(teacher, lesson["id"])["key"], lesson["class_code"]
    events = [cell_executed(), cell_executed(classCode=code), cell_executed(classCode=f" {code} "), cell_executed(classCode=" "),
              cell_executed(classCode="CS-OTHER"), cell_executed(emailAddress=None)]
    answer = send(strict_school, events, key)
    assert answer.status == 202
    assert (answer.stats["successful_events"], len(answer.stats["failed_events"])) == (4, 2)
    refused = answer.stats["failed_events"][0]
    assert (refused["index"], refused["field"]) == (4, "classCode") and "another class" in refused["reason"]
    for event, from_key in zip(events, (True, False, False, True)):
        line = stored(strict_school, event["eventId"])
        assert line["classCode"] == code
        assert line.get("server", {}).get("classFrom") == ("key" if from_key else None)
    alone = send(strict_school, [events[4]], key)
    assert alone.status == 422 and alone.json["detail"][0]["loc"] == ["body", 0, "classCode"]
    lines = b"\n".join(json.dumps(event).encode() for event in (cell_executed(), cell_executed(classCode="CS-OTHER")))
    assert send(strict_school, lines, key, Content_Type="application/x-ndjson").stats["successful_events"] == 1


def test_what_names_another_class_leaves_no_gap(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    """It goes to quarantine when it has a number, so that its stream is whole; its student stays in the class of the key."""
    key, email, stream = new_key(teacher, lesson["id"])["key"], f"s{next(STREAMS)}@example.com", f"stream-{next(STREAMS)}"
    other = new_class(teacher)["class_code"]
    answer = send(strict_school, [numbered(stream, 1, emailAddress=email), numbered(stream, 2, emailAddress=email, classCode=other)], key)
    assert answer.json["streams"] == [{"streamId": stream, "receivedThrough": 2, "missing": []}]
    students = {row["emailAddress"]: row for row in strict_school.of("admin").get(f"{API}/delivery").json["students"]}
    assert students[email]["classCode"] == lesson["class_code"]


def test_an_event_is_the_same_by_any_key_of_its_class(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    first, second = (new_key(teacher, lesson["id"])["key"] for _ in range(2))
    events = [cell_executed(), cell_executed(eventId=None, code=f"x = {next(STREAMS)}"), cell_executed(classCode=lesson["class_code"])]
    assert send(strict_school, events, first).stats["duplicates"] == 0
    again = send(strict_school, events, second)
    assert (again.status, again.stats["duplicates"], again.stats["failed_events"]) == (202, 3, [])
    changed = teacher.put(f"{API}/classes/{lesson['id']}", {"class_code": f"{lesson['class_code']}-改"})
    assert changed.status == 200

    def follows() -> bool:
        event = cell_executed()
        assert send(strict_school, [event], first).status == 202, "the key goes on"
        return stored(strict_school, event["eventId"])["classCode"] == changed.json["class_code"]

    wait_until(follows, "the key follows its class")
    again = send(strict_school, events[:2], second)
    assert (again.status, again.stats["duplicates"], again.stats["failed_events"]) == (202, 2, []), "what was sent is the same"
    assert stored(strict_school, events[0]["eventId"])["classCode"] == lesson["class_code"], "and stays as it was stored"


def test_a_class_that_goes_takes_its_keys_along(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    key = new_key(teacher, lesson["id"])["key"]
    assert teacher.delete(f"{API}/classes/{lesson['id']}").status == 200
    wait_until(lambda: send(strict_school, [cell_executed()], key).status == 401, "the key is worth nothing")


def test_keys_are_changed_beside_the_server(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    """By `cellmon admin`, as by another server on the same database."""
    code = ("--class", lesson["class_code"])
    done = strict_school.admin("create-key", *code, "--label", "教室 1").stdout.decode()
    (key,) = KEY.findall(done)
    wait_until(lambda: send(strict_school, [cell_executed()], key).status == 202, "the new key is taken")
    made = json.loads(strict_school.admin("create-key", *code, "--json", "--expires", "2099-01-01T00:00:00Z").stdout)
    assert list(made) == ["id", "class_code", "ending", "key"] and made["class_code"] == lesson["class_code"]
    listed = [json.loads(line) for line in strict_school.admin("list-keys", *code, "--json").stdout.splitlines()]
    assert [(row["label"], row["state"], row["expires_at"] is None) for row in listed] == [("教室 1", "good", True), (None, "good", False)]
    assert [row["id"] for row in teacher.get(keys_path(lesson)).json] == [row["id"] for row in listed]
    strict_school.admin("revoke-key", "--id", listed[0]["id"])
    wait_until(lambda: send(strict_school, [cell_executed()], key).status == 401, "the revoked key is refused")
    text = strict_school.admin("list-keys", *code).stdout.decode()
    assert "revoked" in text and "教室 1" in text and key not in text
    log = strict_school.admin("audit").stdout.decode()
    assert f"key {listed[0]['id']} made" in log and f"key {listed[0]['id']} revoked" in log and "terminal" in log
    assert key not in log


def test_bad_arguments_of_the_commands(strict_school: Accounts, lesson: dict) -> None:
    for arguments, said in [(("create-key", "--class", "NO-SUCH"), b"no class with the code NO-SUCH"), (("list-keys", "--class", "NO-SUCH"), b"NO-SUCH"),
                            (("revoke-key", "--id", "999999"), b"no key 999999"), (("revoke-key", "--id", "x"), b"--id"),
                            (("create-key", "--class", lesson["class_code"], "--expires", "soon"), b"--expires"),
                            (("create-key", "--class", lesson["class_code"], "--expires", "2020-01-01T00:00:00Z"), b"--expires"),
                            (("create-key", "--class", lesson["class_code"], "--label", "x" * 201), b"--label")]:
        done = strict_school.admin(*arguments, check=False)
        assert done.returncode == 2 and said in done.stderr, done


def test_a_key_expires(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    made = new_key(teacher, lesson["id"], expires_at="2099-01-01T00:00:00Z")
    assert send(strict_school, [cell_executed()], made["key"]).status == 202
    strict_school.rows.query(f"UPDATE class_keys SET expires_us = 1 WHERE id = {made['id']}")
    wait_until(lambda: send(strict_school, [cell_executed()], made["key"]).status == 401, "it has expired")


def test_open_needs_no_key_but_a_wrong_one_is_refused(school: Accounts) -> None:
    """A key says whose events these are: what cannot be believed is not stored as somebody's."""
    nobody = school.nobody()
    lesson = new_class(nobody)
    made = new_key(nobody, lesson["id"])
    assert made["created_by"] is None
    events = [cell_executed() for _ in range(2)]
    assert send(school, [events[0]]).status == 202
    assert send(school, [events[1]], made["key"]).status == 202
    assert "classCode" not in stored(school, events[0]["eventId"])
    assert stored(school, events[1]["eventId"])["classCode"] == lesson["class_code"]
    assert send(school, [cell_executed()], WRONG).status == 401
    assert send(school, [cell_executed()], Authorization="Basic eDp5").status == 202, "no key at all"
    again = send(school, [events[0]], made["key"])
    assert (again.status, again.stats["duplicates"]) == (202, 1), "first without a key, then with one: the same event"


@pytest.fixture
def fragile() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, which it may stop."""
    one = Postgres().start()
    yield one
    one.remove()


def test_keys_go_on_while_the_database_is_away(new_server: Callable[..., Server], fragile: Postgres) -> None:
    url = fragile.new_database()
    server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_POSTGRES_URL": url, "CELLMON_AUTH_MODE": "required"}).start()
    accounts = Accounts(server, Rows(server.data, fragile, url))
    teacher = accounts.of("instructor")
    lesson = new_class(teacher)
    good, revoked = new_key(teacher, lesson["id"])["key"], new_key(teacher, lesson["id"])
    teacher.delete(keys_path(lesson, revoked["id"]))
    fragile.stop()
    for restarted in (False, True):
        if restarted:
            server.stop()
            server.start(ready=False)
        wait_until(lambda: send(accounts, [cell_executed()], WRONG).status == 503, "it knows that it cannot know all keys")
        untold = send(accounts, [cell_executed()], WRONG)
        assert untold.headers["retry-after"] and "database is away" in untold.json["detail"]
        assert send(accounts, [cell_executed()], good).status == 202, restarted
        assert send(accounts, [cell_executed()], revoked["key"]).status != 202
        assert send(accounts, [cell_executed()]).status == 401
        assert send(accounts, [cell_executed()], "nonsense").status == 401, "no key has that form"
    assert good not in (server.data / "class.keys").read_text()
    fragile.start()
    wait_until(lambda: send(accounts, [cell_executed()], WRONG).status == 401, "the database is asked again")
    assert send(accounts, [cell_executed()], good).status == 202
    # A file that is damaged is not believed, nor does it stop anything.
    server.stop()
    file = server.data / "class.keys"
    file.write_text(file.read_text().replace(lesson["class_code"], "CS-EVIL"))
    fragile.stop()
    server.start(ready=False)
    assert "class.keys is not used" in server.log()
    assert send(accounts, [cell_executed()], good).status == 503
    fragile.start()
    wait_until(lambda: send(accounts, [cell_executed()], good).status == 202, "the database says it")


def test_no_key_and_no_token_is_told_to_anybody(new_server: Callable[..., Server]) -> None:
    """Neither in the log at its most talkative, nor in metrics, errors or any other answer."""
    server = new_server("--log-level", "debug", environment={**CHEAP, **PATIENT, "CELLMON_AUTH_MODE": "required"}).start()
    accounts = Accounts(server, Rows(server.data))
    teacher = accounts.of("instructor")
    lesson = new_class(teacher)
    good, revoked = new_key(teacher, lesson["id"])["key"], new_key(teacher, lesson["id"])
    teacher.delete(keys_path(lesson, revoked["id"]))
    secrets = {good, revoked["key"], WRONG, teacher.token}
    answers = []
    nobody = accounts.nobody()
    for key in (good, revoked["key"], WRONG):
        for method, target in itertools.product(("POST", "GET", "OPTIONS", "DELETE", "BREW"), (EVENTS, "/nowhere", "/")):
            answers.append(nobody.request(method, f"{target}?key={key}", [cell_executed()], X_Class_Key=key))
        answers.append(nobody.post(f"{EVENTS}?key={key}&x=%zz", b"{"))
        answers.append(nobody.post(f"{EVENTS}?key={key}", b"\xff", X_Class_Key=key, Content_Type="text/plain"))
        answers.append(nobody.post(f"{EVENTS}?key={key}", [cell_executed()], Host="evil.example"))
    answers.append(nobody.request("GET", f"{API}/live?token={teacher.token}", Upgrade="websocket", Connection="Upgrade"))
    answers += [teacher.get(keys_path(lesson)), nobody.get("/metrics"), nobody.get(f"{API}/health"), teacher.get(f"{API}/delivery")]
    server.stop()
    told = server.log() + "".join(answer.body.decode(errors="replace") + str(answer.headers) for answer in answers)
    assert "listening on" in told and "cellmon_class_key_refusals_total" in told
    for secret in secrets:
        assert secret not in told and secret[3:] not in told
    with sqlite3.connect(server.data / "classroom.db") as database:
        dump = "\n".join(database.iterdump())
    assert lesson["class_code"] in dump and not KEY.search(dump)


def test_refusals_are_counted(strict_school: Accounts, teacher: Session, lesson: dict) -> None:
    def counted() -> dict[str, int]:
        text = strict_school.nobody().get("/metrics").body.decode()
        return {why: int(float(value)) for why, value in re.findall(r'cellmon_class_key_refusals_total\{why="(\w+)"\} (\S+)', text)}

    before = counted()
    new_key(teacher, lesson["id"])
    send(strict_school, [cell_executed()])
    send(strict_school, [cell_executed()], WRONG)
    after = counted()
    assert {why: after[why] - before[why] for why in after} == {"missing": 1, "bad": 1, "database_away": 0}


def test_the_commands_of_the_test_system_work_with_keys(strict_school: Accounts, teacher: Session, lesson: dict, tmp_path) -> None:
    server, ledger = strict_school.server, tmp_path / "class.ndjson"
    at = ("--server", f"http://127.0.0.1:{server.port}", "--ledger", ledger)
    play = ("simulate", *at, "--students", 20, "--minutes", 1, "--speed", 60, "--seed", next(STREAMS))
    key = new_key(teacher, lesson["id"])["key"]
    refused = run_command(*play, check=False)
    assert refused.returncode == 1, "without a key nothing is stored"
    named = run_command(*play, "--key", key, "--class", "CS-OTHER", check=False)
    assert named.returncode == 1, "newer clients name another class"
    before = teacher.get(f"{EVENTS}/export?limit=1").headers["x-durable-sequence"]
    played = run_command(*play, environment={"CELLMON_CLASS_KEY": key})
    assert key.encode() not in played.stdout + played.stderr + ledger.read_bytes()
    audit = ("audit", *at, "--allow-others")
    assert run_command(*audit, check=False).returncode == 3, "who may not export is not asked"
    run_command(*audit, environment={"CELLMON_TOKEN": teacher.token})
    run_command(*audit, "--token", teacher.token)
    bad = run_command(*audit, "--token", "two words", check=False)
    assert bad.returncode == 2 and b"two words" not in bad.stderr
    classes = {line.get("classCode") for line in teacher.get(f"{EVENTS}/export?after={before}&limit=10000").lines()}
    assert classes == {lesson["class_code"]}
    load = ("load", "websocket", "--url", f"ws://127.0.0.1:{server.port}{API}/live", "--clients", 3, "--seconds", 1, "--follow", "live")
    assert run_command(*load, check=False).returncode == 1
    run_command(*load, environment={"CELLMON_TOKEN": teacher.token})


def test_a_client_s_secrets_are_no_settings(new_server: Callable[..., Server]) -> None:
    """Whoever has them in the environment can start a server all the same."""
    new_server(environment={"CELLMON_CLASS_KEY": WRONG, "CELLMON_TOKEN": "a.b.c"}).start().stop()
