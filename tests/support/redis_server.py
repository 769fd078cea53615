"""A Redis of the tests' own: Debian's server on a free port of this machine, with data that go with it.

As a program (`python3 -m support.redis_server`) it prints the URL and serves until its input ends; so the unit tests get one.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

from support.ports import free_port

PASSWORD = "tests' own: p@ss/word"
QUOTED_PASSWORD = "tests%27%20own%3A%20p%40ss%2Fword"
DATABASES = 64
START_S = 60.0


class RedisServer:
    """Keeps what it was told in an append-only file, as a careful school would."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cellmon-redis-"))
        self.process: subprocess.Popen | None = None
        self.port = free_port()
        self._databases = 0

    def start(self) -> "RedisServer":
        # The password goes by its input: others can read a command line.
        settings = {"bind": "127.0.0.1", "port": self.port, "dir": self.folder, "requirepass": f'"{PASSWORD}"', "databases": DATABASES,
                    "save": '""', "appendonly": "yes", "appendfsync": "no", "enable-debug-command": "local", "loglevel": "warning"}
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["redis-server", "-"], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.PIPE, cwd="/")
        self.process.stdin.write("".join(f"{name} {value}\n" for name, value in settings.items()).encode())
        self.process.stdin.close()
        deadline = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.01)
        return self

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """By its process id; SIGKILL is a death without a last word."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            process.send_signal(signal.SIGCONT)
            process.wait(START_S)

    def pause(self) -> None:
        """It keeps its connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def copy_data(self, to: Path) -> None:
        """What it would find at its next start."""
        shutil.copytree(self.folder / "appendonlydir", to)

    def restore_data(self, copy: Path) -> None:
        """While it is stopped: it starts from a copy that was taken earlier."""
        shutil.rmtree(self.folder / "appendonlydir")
        shutil.copytree(copy, self.folder / "appendonlydir")

    def url(self, database: int = 0, port: int | None = None) -> str:
        return f"redis://:{QUOTED_PASSWORD}@127.0.0.1:{port or self.port}/{database}"

    def new_database(self) -> int:
        """One that nobody has used. Channels are the same in all."""
        self._databases += 1
        assert self._databases < DATABASES
        return self._databases

    def client(self, database: int = 0) -> redis.Redis:
        return redis.Redis(port=self.port, password=PASSWORD, db=database, decode_responses=True, socket_timeout=30)


def main() -> None:
    # Whoever started this may be stopped with its whole group: the server must not stay.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    server = RedisServer()
    try:
        print(server.start().url(), flush=True)
        sys.stdin.read()
    finally:
        server.remove()


if __name__ == "__main__":
    main()
