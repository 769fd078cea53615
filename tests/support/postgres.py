"""A PostgreSQL of the tests' own. `python3 -m support.postgres [NAME=VALUE …]` serves one with these settings."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from support.store_process import PASSWORD, QUOTED_PASSWORD, START_S, USER, QueryError, StoreProcess, serve

__all__ = ["PASSWORD", "QUOTED_PASSWORD", "USER", "Postgres"]


def programs() -> Path:
    """The newest installed version; Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    assert found, "no PostgreSQL server; the package is postgresql-15"
    return found[-1].parent


class Postgres(StoreProcess):
    """PostgreSQL refuses to run as root; then it runs as the user that its package made."""

    def __init__(self, settings: dict[str, str] | None = None, disk_bytes: int = 0) -> None:
        """`settings` of the server, in place of those below."""
        super().__init__("postgres", disk_bytes)
        self.settings = settings or {}
        self._databases = 0
        self._user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--inh-caps=-all"]
        self._password_file = self.folder / "password"
        self._password_file.write_text(PASSWORD + "\n")
        self._password_file.chmod(0o644)
        self._prepare()

    def _front(self) -> list[str]:
        return [*super()._front(), *self._user]

    def _prepare(self) -> None:
        done = subprocess.run([*self._front(), programs() / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256",
                               f"--username={USER}", f"--pwfile={self._password_file}", "-D", self.data],
                              capture_output=True, check=False, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    def _command(self) -> list[object]:
        # No test takes the power away, and what else dies leaves the page cache.
        settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "max_connections": 60, "shared_buffers": "16MB", "log_min_messages": "warning", **self.settings}
        return [programs() / "postgres", "-D", self.data, *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]

    def _answers(self) -> bool:
        return subprocess.run([programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends all connections first; SIGQUIT ends all at once, and leaves nothing behind in the machine."""
        super().stop(how)

    def kill(self) -> None:
        if self.process is None:
            return
        memory = self._shared_memory()
        pids = self._processes() if self.process.poll() is None else []
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        super().stop(signal.SIGKILL)
        deadline = time.monotonic() + START_S
        while any(_is_alive(pid) for pid in pids):
            assert time.monotonic() < deadline, pids
            time.sleep(0.005)
        if memory:
            subprocess.run(["ipcrm", "-m", memory], check=False, capture_output=True)

    def _shared_memory(self) -> str:
        """What marks the data as in use, and would stay when all are killed."""
        try:
            lines = (self.seen_data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""  # It has ended by itself.
        return lines[6].split()[1] if len(lines) > 6 and lines[6].strip() else ""

    def change_password(self, password: str) -> None:
        quoted = password.replace("'", "''")
        self.query(f"ALTER ROLE {USER} PASSWORD '{quoted}'")
        self.password = password
        self.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                   "AND pid <> pg_backend_pid()")

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        return f"postgresql://{USER}:{QUOTED_PASSWORD}@127.0.0.1:{port or self.port}/{database}"

    def new_database(self) -> str:
        """The URL of a place that nobody has used: a schema, which is made a hundred times faster than a database and looks the
        same from inside."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.query(f"CREATE SCHEMA {name}")
        return f"{self.url()}?options=-csearch_path%3D{name}"

    def query(self, statement: str, url: str | None = None) -> list[list[str]]:
        """The rows of one statement; columns as text."""
        place = (url or self.url()).replace(QUOTED_PASSWORD, quote(self.password, safe=""))
        done = subprocess.run([programs() / "psql", "-XqAt", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-c", statement, place],
                              capture_output=True, check=False, text=True, timeout=60)
        if done.returncode != 0:
            raise QueryError(done.stderr)
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def dump(self, schema: str) -> str:
        """A backup of the schema, to be put into its place by load_dump()."""
        done = subprocess.run([programs() / "pg_dump", "--clean", "--if-exists", "-n", schema, self.url()], capture_output=True, check=False,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def load_dump(self, backup: str) -> None:
        """All of it at once, as far as others see."""
        done = subprocess.run([programs() / "psql", "-Xq1", "-v", "ON_ERROR_STOP=1", self.url()], input=backup, capture_output=True,
                              check=False, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


def _is_alive(pid: int) -> bool:
    """A dead one whose parent does not ask for it is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    serve(lambda: Postgres(dict(setting.split("=", 1) for setting in sys.argv[1:])))
