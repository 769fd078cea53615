"""A PostgreSQL of the tests' own: Debian's server on a free port of this machine, with data that go with it.

As a program (`python3 -m support.postgres [NAME=VALUE …]`) it prints the URL and serves until its input ends; so the unit tests and the
benchmarks get one.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.ports import free_port

USER, PASSWORD = "cellmon", "tests' own: p@ss/word"
QUOTED_PASSWORD = "tests%27%20own%3A%20p%40ss%2Fword"
START_S = 60.0


def programs() -> Path:
    """The newest installed version; Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    assert found, "no PostgreSQL server; the package is postgresql-15"
    return found[-1].parent


class Postgres:
    """PostgreSQL refuses to run as root; then it runs as the user that its package made."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        """`settings` of the server, in place of those below."""
        self.settings = settings or {}
        self.folder = Path(tempfile.mkdtemp(prefix="cellmon-postgres-"))
        self.process: subprocess.Popen | None = None
        self._databases = 0
        self._front: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._front = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--inh-caps=-all"]
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o644)
        self._run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--username={USER}",
                  f"--pwfile={password}", "-D", self.folder / "data")
        self.port = free_port()

    def start(self) -> "Postgres":
        # No test takes the power away, and what else dies leaves the page cache.
        settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "max_connections": 60, "shared_buffers": "16MB", "log_min_messages": "warning", **self.settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([*self._front, programs() / "postgres", "-D", self.folder / "data", *options],
                                            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd="/")
        deadline = time.monotonic() + START_S
        while subprocess.run([programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode:
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.02)
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """By its process id. SIGINT ends all connections; SIGKILL would leave shared memory behind, SIGQUIT does not."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(how)
            process.wait(START_S)

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}:{QUOTED_PASSWORD}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of a place that nobody has used: a schema, which is made a hundred times faster than a database and looks the
        same from inside."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.query(f"CREATE SCHEMA {name}")
        return f"{self.url()}?options=-csearch_path%3D{name}"

    def query(self, statement: str, url: str | None = None) -> list[list[str]]:
        """The rows of one statement; columns as text."""
        done = subprocess.run([programs() / "psql", "-XqAt", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-c", statement, url or self.url()],
                              capture_output=True, check=False, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def dump(self, schema: str) -> str:
        """A backup of the schema, to be put into its place by restore()."""
        done = subprocess.run([programs() / "pg_dump", "--clean", "--if-exists", "-n", schema, self.url()], capture_output=True, check=False, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def restore(self, backup: str) -> None:
        """All of it at once, as far as others see."""
        done = subprocess.run([programs() / "psql", "-Xq1", "-v", "ON_ERROR_STOP=1", self.url()], input=backup, capture_output=True,
                              check=False, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run([*self._front, programs() / program, *map(str, arguments)], capture_output=True, check=False, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr


def main() -> None:
    # Whoever started this may be stopped with its whole group: the server must not stay.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    postgres = Postgres(dict(setting.split("=", 1) for setting in sys.argv[1:]))
    try:
        print(postgres.start().url(), flush=True)
        sys.stdin.read()
    finally:
        postgres.remove()


if __name__ == "__main__":
    main()
