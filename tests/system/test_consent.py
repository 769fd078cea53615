"""Goal: no more is stored of an event than the event, its class and the server allow, and no secret; not in the journal, not in the rows, not in
the queue of offline work, not in quarantine. What was left out is visible, and a resend is the same event whatever has changed meanwhile.

Method: both engines; a marked word in everything that may hold content, looked for in the bytes of all files; the class's level changed through
its API; PostgreSQL stopped under the server.
"""

from __future__ import annotations

import itertools
import uuid
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.accounts import CHEAP, PATIENT, Accounts, Session
from support.classroom import Rows
from support.client import Client
from support.events import cell_executed, numbered
from support.postgres import Postgres
from support.school import API, new_class, new_key, new_lesson, new_student
from support.server import Server, wait_until

EVENTS = f"{API}/events"
TOKEN = "ghp" + "_" + "a1" * 18
numbers = itertools.count(1)


@pytest.fixture
def fragile() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, which it may stop."""
    one = Postgres().start()
    yield one
    one.remove()


def secretive(word: str, **fields: object) -> dict:
    """An event that failed, with the word in everything that may hold content."""
    return cell_executed(**{"code": f"x = '{word}'", "hasError": True, "errorMessage": f"NameError: {word}", "traceback": [f"line {word}"],
                            "result": f"r {word}", "output": f"o {word}", "outputBytes": 7, "outputSha256": "f" * 64,
                            "metadata": {"m": word}, "unknown": word, **fields})


def stored(accounts: Accounts, event: dict) -> dict:
    """The event as the journal has it."""
    (line,) = [line for line in accounts.server.export() if line["eventId"] == event["eventId"]]
    return line


def files_with(folder: Path, word: str) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file() and word.encode() in path.read_bytes()]


def new_word() -> str:
    return f"秘密{uuid.uuid4().hex}"


def send(who: Session, event: dict, **headers: str) -> None:
    answer = who.post(EVENTS, [event], **headers)
    assert answer.status == 202, answer


def test_the_level_of_an_event_is_kept_before_anything_is_stored(school: Accounts) -> None:
    nobody, word = school.nobody(), new_word()
    status = secretive(word, consent="status")
    send(nobody, status)
    # Refused, and kept in quarantine, which is a store as well; and in the queue of offline work.
    refused = secretive(word, consent="status", streamId="q", streamSequence=next(numbers), cellIndex={"x": word})
    assert nobody.post(EVENTS, [refused]).status == 422
    queued = secretive(word, consent="status")
    answer = nobody.post(f"{API}/v1/offline/queue", {"events": [queued], "force_queue": True})
    assert answer.status == 202, answer
    assert school.rows.query("SELECT event FROM offline_events")[0][0].count("consent") == 1
    assert word not in str(school.rows.query("SELECT event FROM offline_events"))
    nobody.post(f"{API}/v1/offline/sync", {"force_sync": True})
    school.server.wait_until_projected()
    assert files_with(school.server.data, word) == []
    for event in (status, queued):
        line = stored(school, event)
        assert (line["errorName"], line["executionCount"], line["hasError"]) == ("NameError", 1, True)
        assert line["server"]["consent"] == "status"
    assert stored(school, status)["server"]["withheld"] == ["code", "errorMessage", "traceback", "result", "output", "outputBytes",
                                                            "outputSha256", "metadata", "extra"]
    assert files_with(school.server.data, "f" * 64) == [], "no hash of what is gone"
    # A sent resend is the same event, also where the first came by the queue.
    for event in (status, queued):
        assert nobody.post(EVENTS, [event]).stats["duplicates"] == 1
        assert nobody.post(EVENTS, [event | {"code": "changed"}]).status == 409, "other content is another event"
    code = secretive(word, consent="code")
    send(nobody, code)
    line = stored(school, code)
    assert line["code"] == code["code"] and line["errorMessage"] == code["errorMessage"]
    assert not {"traceback", "result", "output", "outputSha256", "metadata", "extra"} & set(line)
    whole = secretive(word)
    send(nobody, whole)
    assert stored(school, whole)["output"] == whole["output"] and "server" not in stored(school, whole)


def test_a_class_lowers_the_level_of_its_students(school: Accounts) -> None:
    lesson = new_lesson(school)
    teacher, nobody = school.of("instructor"), school.nobody()
    path = f"{API}/classes/{lesson.id}"
    assert teacher.get(path).json["consent"] is None
    assert school.of("assistant").put(path, {"consent": "status"}).status == 403
    for wrong in ("everything", 1, ""):
        answer = teacher.put(path, {"consent": wrong})
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["body", "consent"], answer
    key = new_key(teacher, lesson.id)["key"]
    by_code = lambda: secretive("w", classCode=lesson.row["class_code"])  # noqa: E731
    by_roster = lambda: secretive("w", emailAddress=lesson.student["email"].upper())  # noqa: E731
    first = by_code()
    send(nobody, first)
    assert "output" in stored(school, first)
    changed = teacher.put(path, {"consent": "status"})
    assert changed.status == 200 and changed.json["consent"] == "status"
    # At once: what comes in behind the answer is held to it.
    elsewhere = secretive("w", emailAddress=lesson.student["email"], classCode=new_class(teacher)["class_code"])
    events = [by_code(), by_roster(), secretive("w"), elsewhere]
    for event in events[:2]:
        send(nobody, event)
    send(nobody, events[2], X_Class_Key=key)
    send(nobody, elsewhere)
    assert [stored(school, event).get("server", {}).get("consent") for event in events] == ["status", "status", "status", None]
    assert nobody.post(EVENTS, [first]).stats["duplicates"] == 1, "stored before, and the same"
    teacher.put(path, {"consent": "code"})
    event = by_roster()
    send(nobody, event)
    assert stored(school, event)["server"]["consent"] == "code"
    # Who joins is held to it, who leaves is not.
    late = new_student(teacher, lesson.id)
    event = secretive("w", emailAddress=late["email"])
    send(nobody, event)
    assert stored(school, event)["server"]["consent"] == "code"
    assert teacher.put(path, {"name": "other"}).json["consent"] == "code", "what is not named stays"
    assert teacher.put(path, {"consent": None}).json["consent"] is None
    for event in (by_code(), secretive("w", emailAddress=late["email"])):
        send(nobody, event)
        assert "output" in stored(school, event)
    assert any("consent none -> status" in row[0] for row in school.rows.query("SELECT detail FROM audit_log WHERE action = 'class.update'"))
    made = new_class(teacher, consent="status")
    assert made["consent"] == "status"


def test_a_server_lowers_the_level_of_all(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={"CELLMON_PRIVACY_GREATEST_CONSENT": "code", "CELLMON_PRIVACY_DEFAULT_CONSENT": "status"}).start()
    events = [secretive("w"), secretive("w", consent="output"), secretive("w", consent="code")]
    assert server.post(events).status == 202
    lines = {line["eventId"]: line for line in server.export()}
    assert [lines[event["eventId"]]["server"]["consent"] for event in events] == ["status", "code", "code"]
    server.stop()
    # The same events under other settings are no others.
    server.start(["--privacy-greatest-consent", "output", "--privacy-default-consent", "output"])
    assert server.post(events).stats["duplicates"] == 3


def test_levels_go_on_while_the_database_is_away(new_server: Callable[..., Server], fragile: Postgres) -> None:
    url = fragile.new_database()
    server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_POSTGRES_URL": url}).start()
    accounts = Accounts(server, Rows(server.data, fragile, url))
    lesson = new_class(accounts.nobody(), consent="status")
    fragile.stop()
    for restarted in (False, True):
        if restarted:
            server.stop()
            server.start(ready=False)
        event = secretive("w", classCode=lesson["class_code"])
        send(accounts.nobody(), event)
        assert stored(accounts, event)["server"]["consent"] == "status", restarted
    # What nobody can know is not guessed: neither stored in whole nor thrown away.
    server.stop()
    file = server.data / "class.consents"
    file.write_text(file.read_text().replace("status", "output"))
    server.start(ready=False)
    event = secretive("w", classCode=lesson["class_code"])
    answer = accounts.nobody().post(EVENTS, [event])
    assert answer.status == 503 and answer.headers["retry-after"] and "consent" in answer.json["detail"]
    fragile.start()
    wait_until(lambda: accounts.nobody().post(EVENTS, [event]).status == 202, "the database says it")
    assert stored(accounts, event)["server"]["consent"] == "status"


@pytest.mark.parametrize("masked", [True, False])
def test_secrets_are_masked_before_anything_is_stored(new_server: Callable[..., Server], masked: bool) -> None:
    server = new_server(*([] if masked else ["--privacy-mask-secrets", "off"])).start()
    nobody = Session(Client(server.port))
    code = f"# 鍵\ntoken = '{TOKEN}'\npassword = \"ひみつ42\"\nprint(1)"
    event = cell_executed(code=code, output=f"トークンは{TOKEN}です", metadata={"api_key": "abcdefgh42"}, note="http://u:geheim42@h/")
    refused = numbered("s", 1, code=code, cellIndex={})
    assert nobody.post(EVENTS, [event, refused]).status == 202
    queued = cell_executed(code=code)
    assert nobody.post(f"{API}/v1/offline/queue", {"events": [queued], "force_queue": True}).status == 202
    server.wait_until_projected()
    for secret in (TOKEN, "ひみつ42", "abcdefgh42", "geheim42"):
        assert (files_with(server.data, secret) == []) is masked, secret
    (line,) = [line for line in server.export() if line["eventId"] == event["eventId"]]
    if masked:
        assert line["code"] == "# 鍵\ntoken = '[masked: GitHub token]'\npassword = \"[masked: password]\"\nprint(1)"
        assert line["output"] == "トークンは[masked: GitHub token]です"
        assert line["metadata"] == {"api_key": "[masked: API key]"} and line["extra"] == {"note": "http://u:[masked: password in a URL]@h/"}
        assert line["server"] == {"masked": 5}
    else:
        assert (line["code"], line["metadata"]) == (code, {"api_key": "abcdefgh42"})
    assert nobody.post(EVENTS, [event]).stats["duplicates"] == 1
