"""A Redis of the test's own."""

from __future__ import annotations

import shutil
import socket
import weakref
from typing import ClassVar, Self
from urllib.parse import unquote, urlsplit

from cellmon_testing.local._process import LocalProcess, StartFailed

_PASSWORD = "of-the-test"
_TIMEOUT_S = 5.0


class LocalRedis(LocalProcess):
    """Keeps what it was told in an append-only file, so that a kill loses little.

    >>> with LocalRedis() as redis:
    ...     redis.url
    'redis://:of-the-test@127.0.0.1:21212/0'
    """

    name = "redis"
    started: ClassVar[weakref.WeakSet[LocalRedis]] = weakref.WeakSet()  # By this test, and still there.

    def start(self) -> Self:
        super().start()
        LocalRedis.started.add(self)
        return self

    @property
    def url(self) -> str:
        return f"redis://:{_PASSWORD}@127.0.0.1:{self.port}/0"

    def is_ready(self) -> bool:
        return redis_answers(self.url)

    def _prepare(self) -> None:
        (self.folder / "data").mkdir()

    def _command(self) -> list[object]:
        program = shutil.which("redis-server")
        if program is None:
            raise StartFailed("redis-server is not in PATH (Debian: redis-server)")
        return [program, "-"]

    def _input(self) -> bytes:
        # The password goes by its input: others can read a command line.
        settings = {"bind": "127.0.0.1", "port": self.port, "dir": self.folder / "data", "requirepass": _PASSWORD, "save": '""',
                    "appendonly": "yes", "appendfsync": "no", "loglevel": "warning"}
        return "".join(f"{name} {value}\n" for name, value in settings.items()).encode()


def redis_answers(url: str, timeout_s: float = _TIMEOUT_S) -> bool:
    """Whether PING is answered by PONG: not while it still loads its file, nor without the right password."""
    parts = urlsplit(url)
    words = [["AUTH", *([unquote(parts.username)] if parts.username else []), unquote(parts.password)]] if parts.password else []
    request = b"".join(_command([*one]) for one in [*words, ["PING"]])
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout_s) as connection:
            connection.sendall(request)
            answer = b""
            while answer.count(b"\r\n") < len(words) + 1:
                piece = connection.recv(4096)
                if not piece:
                    return False
                answer += piece
    except OSError:
        return False
    return answer.endswith(b"+PONG\r\n")


def _command(words: list[str]) -> bytes:
    """As RESP has it."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
