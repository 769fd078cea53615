"""A small HTTP client on one keep-alive connection, with the answer's JSON at hand. Each answer is held against the API's document."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field

from support.contract import contract


@dataclass
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    json: object = field(init=False, default=None)

    def __post_init__(self) -> None:
        if "json" in self.headers.get("content-type", "") and "ndjson" not in self.headers["content-type"] and self.body:
            self.json = json.loads(self.body)

    @property
    def stats(self) -> dict:
        """`batch_stats` of an answer to POST /api/v1/events."""
        return self.json["batch_stats"]

    def lines(self) -> list[dict]:
        """The answer as NDJSON."""
        return [json.loads(line) for line in self.body.splitlines() if line]


# The server closes a connection that says nothing for 75 s, which on a slow machine lie between two tests that share one.
STALE_S = 30


class Client:
    """One thread each. A connection that broke, or was not used for a while, is opened again by the next request; nothing is sent twice by
    itself."""

    def __init__(self, port: int, timeout_s: float = 60.0, host: str = "127.0.0.1") -> None:
        self.port = port
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        self._used_s = time.monotonic()

    def request(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        now_s = time.monotonic()
        if now_s - self._used_s > STALE_S:
            self._connection.close()
        self._used_s = now_s
        try:
            self._connection.request(method, path, body=body, headers=headers or {})
            response = self._connection.getresponse()
            content = response.read()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, http.client.HTTPException):
                raise ConnectionError(str(error)) from error
            raise
        names: dict[str, str] = {}
        for name, value in response.getheaders():
            # Fields of one name are one list (RFC 9110, 5.2).
            names[name.lower()] = f"{names[name.lower()]}, {value}" if name.lower() in names else value
        answer = Answer(response.status, names, content)
        contract().check(method, path, answer.status, names, content, answer.json)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=_header_names(headers))

    def post(self, events: object, **headers: str) -> Answer:
        """Posts to the events route. Bytes go as they are; anything else as JSON."""
        body = events if isinstance(events, bytes) else json.dumps(events, ensure_ascii=False).encode("utf-8")
        return self.request("POST", "/api/v1/events", body, {"Content-Type": "application/json", **_header_names(headers)})

    def close(self) -> None:
        self._connection.close()


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    """content_type → Content-Type."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}
