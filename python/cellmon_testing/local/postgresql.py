"""A PostgreSQL of the test's own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from cellmon_testing.local._process import LocalProcess, StartFailed

USER, PASSWORD = "cellmon", "of-the-test"
_DIE_S = 60.0


class LocalPostgreSQL(LocalProcess):
    """PostgreSQL refuses to run as root; then it runs as the user that its package made."""

    name = "postgresql"

    def __init__(self) -> None:
        super().__init__()
        self._user: list[object] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--inh-caps=-all"]

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def is_ready(self) -> bool:
        return subprocess.run([_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0

    def _prepare(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n", encoding="utf-8")
        password.chmod(0o644)
        command = [*self._user, _program("initdb"), "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256",
                   f"--username={USER}", f"--pwfile={password}", "-D", self.folder / "data"]
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False, cwd="/")
        if done.returncode != 0:
            raise StartFailed(f"initdb: {done.stderr.decode('utf-8', 'replace')}")

    def _command(self) -> list[object]:
        # No test takes the power away, and what else dies leaves the page cache.
        settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "log_min_messages": "warning"}
        return [*self._user, _program("postgres"), "-D", self.folder / "data",
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]

    def _stop_signal(self) -> signal.Signals:
        return signal.SIGINT  # It ends all connections first.

    def _pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        return [self.pid, *map(int, children)]

    def kill(self) -> None:
        """All its processes, without a last word."""
        pids = self._pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        super().kill()
        # A child that still lives would keep the next start from the data.
        deadline = time.monotonic() + _DIE_S
        while any(_is_alive(pid) for pid in pids):
            if time.monotonic() > deadline:
                raise TimeoutError("a process of PostgreSQL does not die")
            time.sleep(0.005)

    def close(self) -> None:
        if self._process is not None:
            self._end(signal.SIGQUIT)  # At once, and nothing of it stays in the machine.
        super().close()


def _program(name: str) -> str:
    """Of the newest installed version; Debian keeps the server's programs out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if found:
        return str(found[-1])
    program = shutil.which(name)
    if program is None:
        raise StartFailed(f"there is no {name} (Debian: postgresql-15)")
    return program


def _is_alive(pid: int) -> bool:
    """A dead one whose parent does not ask for it is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
