"""A server of `POST /api/v1/events` with nothing behind it, written from docs/reference/classroom-api.md alone: it keeps what
it was sent, and stalls and errs as a test says."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable

# What is done with a request, by its number from 0: None for an answer as the contract has it, bytes for the body of a
# 202, (status, bytes), or "hang up".
Script = Callable[[int, list], object]


def good_answer(events: list, **changes: object) -> bytes:
    """Without `duplicates`, which only newer servers tell."""
    stats = {"batch_id": "0123abcd", "total_events": len(events), "successful_events": len(events), "failed_events": [],
             "retry_count": 0, "validation_success_rate": 100.0, **changes}
    return json.dumps({"message": "Enhanced batch processing completed", "batch_stats": stats}).encode()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # Connections that are opened at the same moment.


class ContractServer:
    """Runs between `with`. One lock around all answers, so that a script that waits holds everybody up."""

    def __init__(self, script: Script = lambda number, events: None) -> None:
        self.bodies: list[bytes] = []  # In the order in which they came.
        self.authorizations: set[str | None] = set()
        self._script = script
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "ContractServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def events(self) -> list[dict]:
        return [event for body in self.bodies for event in json.loads(body)]

    def _answer(self, body: bytes, authorization: str | None) -> object:
        with self._lock:
            number = len(self.bodies)
            self.bodies.append(body)
            self.authorizations.add(authorization)
            events = json.loads(body)
            return self._script(number, events) or good_answer(events)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Else an answer in two packets waits for an acknowledgement of the first.
            wbufsize = 65536
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                if self.path != "/api/v1/events":
                    return self._send(404, b"{}")
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = server._answer(body, self.headers["Authorization"])
                if answer == "hang up":
                    self.close_connection = True
                    return None
                return self._send(*answer) if isinstance(answer, tuple) else self._send(202, answer)

            def do_GET(self) -> None:
                self._send(404, b"{}")

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
