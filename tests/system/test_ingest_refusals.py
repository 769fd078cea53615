"""Goal: what cannot be taken is refused in the documented form, nothing of it is stored, and the server goes on.

Method: each fault alone, then a valid event on the same server.
"""

from __future__ import annotations

import gzip
import json
import socket
import zlib

import pytest

from support.events import cell_executed
from support.server import Server, wait_until


@pytest.fixture(autouse=True)
def server_goes_on(shared: Server):
    before = len(shared.export())
    yield
    assert shared.post([cell_executed()]).status == 202
    # Only what the test itself said to be stored, plus this one.
    assert len(shared.export()) >= before + 1


def the_detail(answer) -> dict:
    assert answer.status == 422, answer
    (detail,) = answer.json["detail"]
    return detail


@pytest.mark.parametrize("body", [b"{", b"[{]", b'[{"a":1},]', b"nonsense", b"[1 2]", b'{"a":01}'])
def test_broken_json(shared: Server, body: bytes) -> None:
    detail = the_detail(shared.post(body))
    assert detail["type"] == "json_invalid"
    assert detail["loc"][0] == "body" and isinstance(detail["loc"][1], int)
    assert detail["msg"] == "JSON decode error"
    assert detail["input"] == {}
    assert isinstance(detail["ctx"]["error"], str)
    assert "url" not in detail


def test_no_body(shared: Server) -> None:
    detail = the_detail(shared.post(b""))
    assert (detail["type"], detail["loc"], detail["input"]) == ("missing", ["body"], None)


@pytest.mark.parametrize("body", [b"5", b'"text"', b"null", b"true"])
def test_body_that_is_neither_array_nor_object(shared: Server, body: bytes) -> None:
    detail = the_detail(shared.post(body))
    assert detail["loc"] == ["body"]
    assert detail["type"] in ("list_type", "model_attributes_type", "missing")


def test_body_of_another_type(shared: Server) -> None:
    detail = the_detail(shared.post(json.dumps([cell_executed()]).encode(), content_type="text/plain"))
    assert detail["loc"] == ["body"]
    assert detail["type"] in ("list_type", "model_attributes_type")


def test_more_items_than_allowed(shared: Server) -> None:
    answer = shared.post([cell_executed() for _ in range(1001)])
    assert answer.status == 413
    assert answer.json == {"detail": "Batch size 1001 exceeds maximum allowed size of 1000"}


def test_more_lines_than_allowed(shared: Server) -> None:
    before = len(shared.export())
    body = b"\n".join(json.dumps(cell_executed()).encode() for _ in range(1001))
    answer = shared.post(body, content_type="application/x-ndjson")
    assert answer.status == 413
    assert answer.json == {"detail": "Batch size 1001 exceeds maximum allowed size of 1000"}
    assert len(shared.export()) == before


def test_as_many_items_as_allowed(shared: Server) -> None:
    answer = shared.post([cell_executed() for _ in range(1000)])
    assert answer.status == 202
    assert answer.stats["successful_events"] == 1000


def test_body_larger_than_allowed(shared: Server) -> None:
    """The size in the header is enough; the server need not read 32 MiB to say no."""
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
        connection.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Content-Length: 33554433\r\n\r\n")
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]


def test_chunked_body_larger_than_allowed(shared: Server) -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
        connection.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(34):
                connection.sendall(chunk)
        except ConnectionError:
            pass  # The server may close after it has answered.
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]


def test_gzip_that_unpacks_to_more_than_allowed(shared: Server) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(64)) + packer.flush()
    assert len(bomb) < 100_000
    answer = shared.post(bomb, content_encoding="gzip")
    assert answer.status == 413, answer


_BROKEN_GZIP = {"no gzip": b"no gzip at all", "cut": gzip.compress(b"[]", mtime=0)[:-6], "empty head": b"\x1f\x8b" + b"\0" * 20}


@pytest.mark.parametrize("body", _BROKEN_GZIP.values(), ids=_BROKEN_GZIP)
def test_broken_gzip(shared: Server, body: bytes) -> None:
    answer = shared.post(body, content_encoding="gzip")
    assert answer.status in (400, 422), answer


def test_unknown_content_encoding(shared: Server) -> None:
    assert shared.post(b"[]", content_encoding="br").status in (415, 422)


def test_nesting_deeper_than_allowed(shared: Server) -> None:
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    body = b'[{"emailAddress":"a@example.com","metadata":' + b"[" * 5000 + b"1" + b"]" * 5000 + b"}]"
    assert shared.post(body).status == 422


def test_no_valid_item(shared: Server) -> None:
    before = len(shared.export())
    answer = shared.post([cell_executed(emailAddress=None), cell_executed(emailAddress="   "), 7])
    assert answer.status == 422
    assert len(shared.export()) == before


def test_bad_items_are_named_and_the_good_ones_stored(shared: Server) -> None:
    good = cell_executed()
    answer = shared.post([cell_executed(code=5), good, "text", cell_executed(emailAddress=None, code="kept for the answer")])
    assert answer.status == 202
    failed = answer.stats["failed_events"]
    assert [item["index"] for item in failed] == [0, 2, 3]
    assert failed[0]["field"] == "code"
    assert all(item["reason"] for item in failed)
    assert failed[2]["code"] == "kept for the answer"
    assert failed[2]["errorMessage"] is None, "the 18 keys of the contract are there, nulls included"
    assert answer.stats["successful_events"] == 1
    assert shared.export()[-1]["eventId"] == good["eventId"]


@pytest.mark.parametrize("field", ["eventId", "eventType", "emailAddress", "userName", "teamName", "notebookPath", "code"])
def test_a_number_is_never_text(shared: Server, field: str) -> None:
    answer = shared.post([cell_executed(**{field: 5})])
    assert answer.status == 422, answer


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/nothing", "/api/v1/events/nothing", "/health"])
def test_unknown_path(shared: Server, path: str) -> None:
    answer = shared.get(path)
    assert (answer.status, answer.json) == (404, {"detail": "Not Found"})


def test_wrong_method(shared: Server) -> None:
    answer = shared.client.request("DELETE", "/api/v1/events")
    assert (answer.status, answer.json) == (405, {"detail": "Method Not Allowed"})
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("request_bytes", [
    b"NONSENSE\r\n\r\n",
    b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"a" * 70_000 + b"\r\n\r\n",
])
def test_bytes_that_are_no_request(shared: Server, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
        try:
            connection.sendall(request_bytes)
            first = connection.recv(4096)
        except ConnectionError:
            first = b""
        assert first == b"" or first.split(b" ")[1][:1] == b"4", first


def test_header_longer_than_allowed(shared: Server) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
        connection.sendall(b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 17_000 + b"\r\n\r\n")
        assert b" 431 " in connection.recv(4096).split(b"\r\n")[0]


def test_client_that_goes_away_in_the_middle_of_its_body(shared: Server) -> None:
    before = len(shared.export())
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as connection:
            connection.sendall(b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                               b"Content-Length: 1000\r\n\r\n[{")
    wait_until(lambda: shared.get("/api/v1/health/live").status == 200, "the server answers")
    assert len(shared.export()) == before
