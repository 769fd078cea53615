"""A gate in front of a store: a TCP relay that lets bytes through, or does what a bad network does.

The store listens on its own port; the server under test is told the gate's. A mode holds for open connections as well as for
new ones, until the next call.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from dataclasses import dataclass

PIECE = 65_536
SLICE_S = 0.01
# Closing then sends a reset: what is lost on the way is lost, as with a machine that went away.
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Mode:
    stalled: bool = False
    bytes_per_s: float | None = None
    cut_requests: int | None = None
    cut_answers: int | None = None


class _Relay:
    """One connection through the gate."""

    def __init__(self, gate: "Gate", client: socket.socket, store: socket.socket) -> None:
        self._gate = gate
        self._ends = (client, store)
        self.open = True
        self.held = False
        for source, target, is_answer in ((client, store, False), (store, client, True)):
            threading.Thread(target=self._carry, args=(source, target, is_answer), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        carried, mode = 0, None
        try:
            while data := source.recv(PIECE):
                now = self._gate.wait_until_it_flows(self)
                if now is not mode:
                    carried, mode = 0, now
                limit = mode.cut_answers if is_answer else mode.cut_requests
                if limit is not None and carried + len(data) > limit:
                    target.sendall(data[:limit - carried])
                    self.cut()
                    return
                self._send(target, data, mode)
                carried += len(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut()

    @staticmethod
    def _send(target: socket.socket, data: bytes, mode: Mode) -> None:
        if mode.bytes_per_s is None:
            target.sendall(data)
            return
        step = max(1, int(mode.bytes_per_s * SLICE_S))
        for begin in range(0, len(data), step):
            target.sendall(data[begin:begin + step])
            time.sleep(SLICE_S)

    def cut(self) -> None:
        """Resets both ends; any thread, any number of times."""
        self.open = False
        for end in self._ends:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
        self._gate.tell()


class Gate:
    """Begins open. `port` is where the server under test connects to; `connections` counts what was let in so far."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._changed = threading.Condition()
        self._mode = Mode()
        self._relays: list[_Relay] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.connections = 0
        self.open()

    def open(self) -> None:
        """Bytes pass as they come."""
        self._set(Mode())

    def stall(self) -> None:
        """Connections are taken, and nothing passes in either direction."""
        self._set(Mode(stalled=True))

    def slow(self, bytes_per_s: float) -> None:
        """In each direction of each connection."""
        self._set(Mode(bytes_per_s=bytes_per_s))

    def cut(self, *, requests: int | None = None, answers: int | None = None) -> None:
        """Each connection is reset behind so many bytes of what the server sends, or of what the store answers. `answers=0`: the
        store has taken the request, and nobody hears of it."""
        self._set(Mode(cut_requests=requests, cut_answers=answers))

    def hold(self) -> None:
        """What is connected now stays on its way until `release()`, also when its sender has given it up; others pass."""
        with self._changed:
            for relay in self._relays:
                relay.held = True

    def release(self) -> None:
        with self._changed:
            for relay in self._relays:
                relay.held = False
            self._changed.notify_all()

    def refuse(self) -> None:
        """Nobody listens; what was connected is reset."""
        with self._changed:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.reset()

    def reset(self) -> None:
        """Resets what is connected now."""
        with self._changed:
            relays, self._relays = self._relays, []
        for relay in relays:
            relay.cut()

    def close(self) -> None:
        self.refuse()

    def wait_until_it_flows(self, relay: _Relay) -> Mode:
        with self._changed:
            self._changed.wait_for(lambda: not (self._mode.stalled or relay.held) or not relay.open)
            return self._mode

    def tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _set(self, mode: Mode) -> None:
        with self._changed:
            self._mode = mode
            self._changed.notify_all()
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self.port))
                self.port = self._listener.getsockname()[1]
                threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                store = socket.create_connection(("127.0.0.1", self._store_port))
            except OSError:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.close()
                continue
            with self._changed:
                # Known before it carries anything: hold() would miss it.
                relay = _Relay(self, client, store)
                self.connections += 1
                self._relays = [one for one in self._relays if one.open] + [relay]
                refused = self._listener is not listener
            if refused:  # Meanwhile, so that reset() did not know of it.
                relay.cut()
