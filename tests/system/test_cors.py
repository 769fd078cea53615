"""Goal: a page of another origin can post. The extension in JupyterLab sends a preflight before each kind of request, and a
server without a right answer to it receives nothing.

Method: the requests of a browser, field by field.
"""

from __future__ import annotations

import pytest

from support.events import cell_executed
from support.server import Server

ORIGIN = "http://127.0.0.1:8888"


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/health", "/nowhere"])
def test_preflight(shared: Server, path: str) -> None:
    answer = shared.client.request("OPTIONS", path, headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-custom"})
    assert answer.status == 200
    assert answer.body == b"OK"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "Origin" in answer.headers["vary"]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert answer.headers["access-control-allow-headers"] == "content-type,x-custom"
    assert answer.headers["access-control-max-age"] == "600"


def test_ordinary_request(shared: Server) -> None:
    answer = shared.post([cell_executed()], origin=ORIGIN)
    assert answer.status == 202
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_origin_is_mirrored_for_a_request_with_a_cookie(shared: Server) -> None:
    answer = shared.get("/api/v1/health/live", origin=ORIGIN, cookie="a=b")
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_errors_have_the_fields_too(shared: Server) -> None:
    """Without them a browser shows a network error and the client cannot tell a fault of its own from one of the network."""
    for answer, allowed in ((shared.post(b"{", origin=ORIGIN), "*"), (shared.get("/nowhere", origin=ORIGIN), ORIGIN)):
        assert answer.status in (404, 422)
        assert answer.headers["access-control-allow-origin"] == allowed


def test_no_origin_no_fields(shared: Server) -> None:
    answer = shared.get("/api/v1/health/live")
    assert not [name for name in answer.headers if name.startswith("access-control")]
