"""Goal: one value in all stores. Text of every language comes back as it was sent; what no store can hold is normalised
by fixed rules; what is too long is cut with size and hash, never refused.

Method: post, read back from the journal, from the database and from the live socket.
"""

from __future__ import annotations

import hashlib
import json

import pytest

from support.database import execution_of
from support.events import cell_executed
from support.live import LiveClient
from support.server import Server

TEXTS = [
    "チームB・演習/第3回 (最終).ipynb",
    "👩‍🏫👨🏽‍💻🏳️‍🌈 e\u0301 \u202eabc\u202c",
    "𠮷野家 \U0010ffff \ufeff \u2028",
    "tab\tnewline\r\nquote\" backslash\\ slash/ \x01\x1f\x7f",
    # Whatever is done to blocks of bytes meets each control character.
    "".join(map(chr, range(1, 0x20))) + "x" * 15 + "\"\\" * 16,
    "",
]


def round_trip(server: Server, event: dict | bytes, event_id: str) -> dict:
    answer = server.post(event if isinstance(event, bytes) else [event])
    assert answer.status == 202, answer
    (stored,) = [e for e in server.export() if e["eventId"] == event_id]
    return stored


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_as_it_was_sent(shared: Server, text: str) -> None:
    event = cell_executed(code=text, result=text, notebookPath="p/" + text, userName="n" + text, teamName="t" + text)
    stored = round_trip(shared, event, event["eventId"])
    assert {name: stored[name] for name in event if name != "eventTime"} == \
        {name: value for name, value in event.items() if name != "eventTime"}
    shared.wait_until_projected()
    row = execution_of(shared.database, event["eventId"])
    assert (row["code"], row["result"], row["notebook"], row["user_name"], row["team"]) == \
        (text, text, "p/" + text, "n" + text, "t" + text)
    live = LiveClient(shared.port)
    live.receive_until(lambda: [(one["name"], one["team"]) for one in live.students.values()
                                if one["email"] == event["emailAddress"]] == [("n" + text, "t" + text)], "the live page has it")
    live.close()


def raw(event: dict, field: str, escaped: str) -> bytes:
    """The event as JSON with `field` set to escapes that no JSON library would write."""
    return json.dumps([{**event, field: "@@"}]).replace("@@", escaped).encode()


@pytest.mark.parametrize(("escaped", "stored"), [
    (r"a\ud800b", "a\ufffdb"),
    (r"\udc00", "\ufffd"),
    (r"\ud800\ud800\udc00", "\ufffd\U00010000"),
    (r"x\u0000y", "x\u2400y"),
    (r"\ud83d\ude00", "😀"),
])
def test_what_no_store_can_hold_is_normalised(shared: Server, escaped: str, stored: str) -> None:
    for field in ("code", "notebookPath", "helpNote"):
        event = cell_executed()
        got = round_trip(shared, raw(event, field, escaped), event["eventId"])
        assert got[field] == stored
        shared.wait_until_projected()
        row = execution_of(shared.database, event["eventId"])
        assert (row["code"], row["notebook"]) == (got["code"], got["notebookPath"])


@pytest.mark.parametrize("broken", [
    b"a\xffb",
    b"\xc3",
    b"\xe3\x81 cut \xe3\x81\x82",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98 \xf5\x80\x80\x80",
    b"\xc0\xaf\xe0\x80\xaf",
    b"\x80\x80" + "\u6587".encode(),
], ids=["no lead byte", "at the end", "cut character", "coded surrogate", "beyond Unicode", "overlong", "no lead bytes"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_invalid_utf8_is_repaired(shared: Server, broken: bytes, content_type: str) -> None:
    """Each maximal invalid part becomes one U+FFFD, as Unicode recommends and Python's decoder does. Sent again it is the same
    event."""
    event = cell_executed(code="@@", notebookPath="p/@@", userName="@@")
    body = json.dumps(event).encode().replace(b"@@", broken)
    answer = shared.post(body, content_type=content_type)
    assert (answer.status, answer.stats["duplicates"]) == (202, 0)
    text = broken.decode("utf-8", errors="replace")
    (stored,) = [e for e in shared.export() if e["eventId"] == event["eventId"]]
    assert (stored["code"], stored["notebookPath"], stored["userName"]) == (text, "p/" + text, text)
    assert shared.post(body, content_type=content_type).stats["duplicates"] == 1
    shared.wait_until_projected()
    assert execution_of(shared.database, event["eventId"])["code"] == text


@pytest.mark.parametrize(("escaped", "stored", "other"), [
    (r"x\u0000", "x\u2400", r"\u0078\u2400"),
    (r"\ud800\u0000", "\ufffd\u2400", r"\udfff\u2400"),
])
def test_normalised_text_is_the_same_content_when_sent_again(shared: Server, escaped: str, stored: str, other: str) -> None:
    """Also when it is sent as it was stored, or spelled in another way."""
    event = cell_executed()
    assert shared.post(raw(event, "code", escaped)).stats["duplicates"] == 0
    for again in (raw(event, "code", escaped), [event | {"code": stored}], raw(event, "code", other)):
        answer = shared.post(again)
        assert (answer.status, answer.stats["duplicates"]) == (202, 1)


@pytest.mark.parametrize(("field", "column", "limit"), [
    ("code", "code", 262144), ("result", "result", 65536), ("errorMessage", "error_message", 16384), ("output", "output", 65536),
])
def test_what_is_too_long_is_cut_with_size_and_hash(shared: Server, field: str, column: str, limit: int) -> None:
    whole = "あ" * (limit // 3 + 1000)
    event = cell_executed(**{field: whole})
    stored = round_trip(shared, event, event["eventId"])
    cut = stored[field]
    size = len(cut.encode())
    assert limit - 4 <= size <= limit, "cut at a whole character"
    assert whole.startswith(cut)
    note = stored["server"]["cut"][field]
    assert note["bytes"] == len(whole.encode())
    assert note["sha256"] == hashlib.sha256(whole.encode()).hexdigest()
    shared.wait_until_projected()
    assert execution_of(shared.database, event["eventId"])[column] == cut


def test_long_keys_stay_different(shared: Server) -> None:
    paths = ["d/" * 3000 + "a.ipynb", "d/" * 3000 + "b.ipynb"]
    events = [cell_executed(notebookPath=path) for path in paths]
    assert shared.post(events).status == 202
    stored = [e["notebookPath"] for e in shared.export() if e["eventId"] in {event["eventId"] for event in events}]
    assert len(set(stored)) == 2
    assert all(len(path.encode()) <= 4096 for path in stored)
    shared.wait_until_projected()
    assert [execution_of(shared.database, event["eventId"])["notebook"] for event in events] == stored


@pytest.mark.parametrize(("field", "number"), [
    ("executionCount", 1 << 70), ("executionCount", -5), ("cellIndex", 1 << 63), ("streamSequence", 0),
])
def test_numbers_out_of_range_are_kept_beside(shared: Server, field: str, number: int) -> None:
    event = cell_executed(streamId="numbers", **{field: number})
    stored = round_trip(shared, event, event["eventId"])
    assert stored.get(field) is None
    assert stored["extra"][field] == number


@pytest.mark.parametrize(("duration", "duration_us"), [
    ("1e400", None), ("-1e400", None), ("1e-400", None), ("0.1", 100), ("1e15", None), ("-3", None),
])
def test_durations_of_any_size_are_taken(shared: Server, duration: str, duration_us: int | None) -> None:
    """What is no duration, or one that no column holds, is kept in the journal and empty in the row."""
    event = cell_executed()
    body = json.dumps([{**event, "executionDurationMs": "@@"}]).replace('"@@"', duration).encode()
    stored = round_trip(shared, body, event["eventId"])
    kept = stored if "executionDurationMs" in stored else stored["extra"]
    assert kept["executionDurationMs"] == float(duration)
    shared.wait_until_projected()
    assert execution_of(shared.database, event["eventId"])["duration_us"] == duration_us
