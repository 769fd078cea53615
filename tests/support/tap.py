"""A relay in front of PostgreSQL that stops at one moment of the talk, so that a test may do something just then."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

from support.gate import PIECE, RESET

REACHED_S = 60.0


@dataclass(frozen=True)
class Moment:
    """Behind so many bytes of one connection, and behind the statements `after`: when the next of these words is sent, or, with
    `is_answered`, when its answer has come. What is held then reaches nobody."""

    words: bytes = b""
    after: bytes = b""
    request_bytes: int = 0
    answer_bytes: int = 0
    is_answered: bool = False


class Tap:
    """Lets everything through until `hold_at()`. `port` is for the one who connects; `most` counts the bytes of the longest
    connection so far, of requests and of answers."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._changed = threading.Condition()
        self._moment: Moment | None = None
        self._is_behind = self._is_sent = self._is_reached = self._passes_on = False
        self.most = [0, 0]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hold_at(self, moment: Moment) -> None:
        with self._changed:
            self._moment = moment
            self._is_behind, self._is_sent, self._is_reached = not moment.after, False, False

    def wait(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._is_reached, REACHED_S), f"never came: {self._moment}"

    def drop(self) -> None:
        """The connection that is held ends, without a word to either side; others pass from now on."""
        self._end_hold(passes=False)

    def go_on(self) -> None:
        """What is held passes, and all that comes."""
        self._end_hold(passes=True)

    def _end_hold(self, passes: bool) -> None:
        with self._changed:
            self._passes_on = passes
            self._moment = None
            self._changed.notify_all()

    def close(self) -> None:
        self.drop()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                store = socket.create_connection(("127.0.0.1", self._store_port))
            except OSError:
                _reset(client)
                continue
            for ends, is_answer in (((client, store), False), ((store, client), True)):
                threading.Thread(target=self._carry, args=(*ends, is_answer), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        carried = 0
        try:
            while data := source.recv(PIECE):
                carried += len(data)
                if not self._passes(data, carried, is_answer):
                    break
                target.sendall(data)
            else:
                target.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass
        _reset(source, target)

    def _passes(self, data: bytes, carried: int, is_answer: bool) -> bool:
        with self._changed:
            self.most[is_answer] = max(self.most[is_answer], carried)
            if self._moment is None or self._is_reached or not self._is_now(data, carried, is_answer):
                return True
            self._is_reached = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._moment is None)
            return self._passes_on

    def _is_now(self, data: bytes, carried: int, is_answer: bool) -> bool:
        moment = self._moment
        if is_answer:
            return self._is_sent if moment.is_answered else 0 < moment.answer_bytes <= carried
        if not self._is_behind:
            self._is_behind = moment.after in data
            return False
        if moment.request_bytes:
            return carried >= moment.request_bytes
        if not moment.words or moment.words not in data:
            return False
        self._is_sent = True
        return not moment.is_answered


def _reset(*ends: socket.socket) -> None:
    for end in ends:
        try:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()
