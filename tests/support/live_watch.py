"""A dashboard that looks on: a client of the live socket in a thread of its own, which holds every message against the rules."""

from __future__ import annotations

import socket
import threading

import websocket

from support.live import LiveClient


class LiveWatch:
    """Stays connected; comes back with what it has only when it was told that the server may die."""

    def __init__(self, port: int, server_may_die: bool = False) -> None:
        self._port, self._server_may_die = port, server_may_die
        self._client = LiveClient(port)
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self.breaks = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def received(self) -> int:
        """Events that it was told are stored; its sequence moves only when somebody's picture does."""
        self.check()
        return self._client.status.get("received", 0)

    def shows_what_is(self) -> bool:
        """What it put together of the messages is what a dashboard gets that opens now."""
        self.check()
        fresh = LiveClient(self._port)
        fresh.receive_until(lambda: fresh.epoch, "a snapshot")
        fresh.close()
        return (self._client.students, self._client.counters) == (fresh.students, fresh.counters)

    def check(self) -> None:
        """It is connected, and all came in order."""
        if self._error is not None:
            raise AssertionError(f"the live socket of port {self._port}: {self._error!r}") from self._error

    def close(self) -> None:
        self._stop.set()
        try:
            self._client.socket.sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass  # It is closed already.
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._client.receive()
            except (OSError, websocket.WebSocketException) as error:
                if self._stop.is_set():
                    return
                if not self._server_may_die:
                    self._error = error
                    return
                self._come_back()
            except BaseException as error:  # A broken rule.
                self._error = error
                return

    def _come_back(self) -> None:
        self.breaks += 1
        while not self._stop.wait(0.02):
            try:
                self._client = LiveClient(self._port, resume=self._client)
                return
            except (OSError, websocket.WebSocketException):
                pass  # It is not there yet.
