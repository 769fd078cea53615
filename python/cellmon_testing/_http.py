"""Requests to server and stores. Clear HTTP and HTTPS, nothing beside the standard library."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

_TIMEOUT_S = 120.0


class RequestRefused(RuntimeError):
    """An answer that is no success; `status` and what it says."""

    def __init__(self, what: str, status: int, body: bytes) -> None:
        super().__init__(f"{what} was answered {status}: {body[:500].decode('utf-8', 'replace')}")
        self.status = status


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # Names in lower case.
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    """The server at a URL; a connection for each request. OSError when none can be made, or it breaks."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, timeout_s: float = _TIMEOUT_S) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{parts.scheme}://{parts.hostname or ''} is no URL like http://127.0.0.1:8000")
        self._scheme, self._host, self._port, self._prefix = parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/")
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        if parts.username is not None:
            self._headers = {**basic_login(unquote(parts.username), unquote(parts.password or "")), **self._headers}

    def request(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = self._connection()
        try:
            connection.request(method, self._prefix + path, body=body, headers={**self._headers, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"{self._host}: {error!r}") from error
        finally:
            connection.close()

    def post_json(self, path: str, content: object, patience_s: float = 0.0) -> Answer:
        """While there is no answer, or 503, it is sent again until `patience_s` are over: for requests that may be repeated."""
        body = json.dumps(content, ensure_ascii=False).encode("utf-8")
        deadline = time.monotonic() + patience_s
        pause_s = 0.05
        while True:
            try:
                answer = self.request("POST", path, body, {"Content-Type": "application/json"})
                if answer.status != 503 or time.monotonic() >= deadline:
                    return answer
            except OSError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(min(pause_s, max(0.0, deadline - time.monotonic())))
            pause_s = min(2 * pause_s, 1.0)

    def _connection(self) -> http.client.HTTPConnection:
        if self._scheme == "https":
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=ssl.create_default_context())
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)


def basic_login(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def good(what: str, answer: Answer, *statuses: int) -> Answer:
    """RequestRefused unless the status is one of these."""
    if answer.status not in statuses:
        raise RequestRefused(what, answer.status, answer.body)
    return answer
