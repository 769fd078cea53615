"""Goal: the server carries the document of schema/openapi and serves exactly its routes; the check that every answer of the tests goes
through sees what is wrong.

Method: the served JSON against the source; each path of the document asked for its methods; answers bent one at a time. That no route is
undocumented, src/api/openapi_test.cpp holds.
"""

from __future__ import annotations

import json
import re

import pytest

from support.client import Client
from support.contract import ROOT, ContractBroken, contract
from support.server import Server

REFERENCE = ROOT / "docs/reference"
PATHS = sorted(contract().document["paths"])


def test_the_served_document_is_that_of_the_source(shared: Server) -> None:
    answer = shared.get("/api/v1/openapi.json")
    assert answer.json == contract().document
    assert answer.json["openapi"].startswith("3.1.")


@pytest.mark.parametrize("path", PATHS)
def test_each_path_has_the_methods_of_the_document(shared: Server, path: str) -> None:
    answer = shared.client.request("OPTIONS", path.replace("{", "").replace("}", ""))
    methods = {method.upper() for method in contract().document["paths"][path]}
    # A socket is opened by GET, and has nothing to tell without being opened.
    if "GET" in methods and not contract().document["paths"][path]["get"].get("x-websocket"):
        methods.add("HEAD")
    assert set(answer.headers["allow"].split(", ")) == methods | {"OPTIONS"}


def test_sockets_say_what_they_are(shared: Server) -> None:
    sockets = [path for path, item in contract().document["paths"].items() if item.get("get", {}).get("x-websocket")]
    assert len(sockets) == 6
    for path in sockets:
        assert shared.get(re.sub(r"\{\w+\}", "1", path)).status == 426, path


def bent(server: Server, **changes: object) -> None:
    """Holds the answer to GET /api/v1/health/simple against the document, but for the changes."""
    answer = server.get("/api/v1/health/simple")
    fields = {"method": "GET", "target": "/api/v1/health/simple", "status": 200, "headers": answer.headers, "body": answer.body,
              "json": answer.json, **changes}
    contract().check(**fields)


def test_the_check_sees_what_no_document_says(shared: Server) -> None:
    bent(shared)
    whole = shared.get("/api/v1/health/simple").json
    for changes in ({"status": 418}, {"headers": {"content-type": "text/plain"}}, {"json": {**whole, "more": 1}}, {"json": {"status": "ok"}},
                    {"json": {**whole, "timestamp": "2026-11-23"}}, {"target": "/api/v1/health/other"}, {"status": 503}):
        with pytest.raises(ContractBroken):
            bent(shared, **changes)
    refusal = {"status": 503, "json": {"detail": "x"}}
    with pytest.raises(ContractBroken, match="without Retry-After"):
        bent(shared, **refusal)
    bent(shared, **refusal, headers={"content-type": "application/json", "retry-after": "1"})


def test_the_check_is_in_the_way_of_every_client(shared: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(json.dumps(contract().document))
    document["paths"]["/api/v1/health/simple"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["required"].append("more")
    monkeypatch.setattr("support.client.contract", lambda: type(contract())(document))
    client = Client(shared.port)
    client.get("/api/v1/health/live")
    with pytest.raises(ContractBroken):
        client.get("/api/v1/health/simple")


def canonical(path: str) -> str:
    path = path.replace("/api/v1/v1/", "/api/v1/")
    return path if path == "/" else path.rstrip("/")


def test_the_page_of_compatibility_has_each_operation_of_the_contract_and_is_true() -> None:
    listed = re.findall(r"(GET|POST|PUT|DELETE) `([^`]+)`", (REFERENCE / "classroom-api.md").read_text(encoding="utf-8").split("## 15. Route checklist")[1])
    rows = re.findall(r"^\| (GET|POST|PUT|DELETE) `([^`]+)` \| ([^|]+) \|$", (REFERENCE / "compatibility.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(method, path) for method, path, _ in rows] == listed and len(rows) == 93
    paths = contract().document["paths"]
    for method, path, note in rows:
        is_there = method.lower() in paths.get(canonical(path), {})
        assert is_there == (note != "not there yet"), f"{method} {path}: {note}"


@pytest.mark.parametrize("target", ["/api/v1/classes/%ff", "/api/v1/dashboard/students/a%c3%28@x/dismiss-help", "/api/v1/classes?limit=%ff", "/api/v1/x?%ed%a0%80=1"])
def test_what_is_no_text_is_refused_at_once(shared: Server, target: str) -> None:
    """What was asked is said again in answers and to databases, which are text."""
    answer = shared.get(target)
    assert (answer.status, answer.json["detail"]) in [(400, "The path is not UTF-8"), (400, "The query is not UTF-8")]
