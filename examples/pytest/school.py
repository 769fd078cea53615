"""A school over the server's API: classes, assignments, students."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

API = "/api/v1"


def post_one_by_one(server: str, events: list[dict[str, Any]]) -> Iterator[None]:
    """Posts an event at each step, on one connection; each must be taken."""
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=60)
    for event in events:
        connection.request("POST", f"{API}/events", json.dumps([event], ensure_ascii=False).encode(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.read() and answer.status == 202, answer.status
        yield
    connection.close()


class School:
    def __init__(self, server: str) -> None:
        self.server = server

    def request(self, method: str, path: str, content: object = None) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        body = None if content is None else json.dumps(content, ensure_ascii=False).encode()
        request = urllib.request.Request(self.server + API + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def make(self, path: str, content: object) -> dict[str, Any]:
        status, row = self.request("POST", path, content)
        assert status == 201, (path, status, row)
        return dict(row)

    def all_rows(self, path: str) -> list[dict[str, Any]]:
        """The whole of a list, page by page."""
        rows: list[dict[str, Any]] = []
        while True:
            status, page = self.request("GET", f"{path}?skip={len(rows)}&limit=1000")
            assert status == 200, page
            if not page:
                return rows
            rows += page
