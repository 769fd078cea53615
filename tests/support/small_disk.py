"""A small file system of one process's own: a tmpfs in a mount namespace. Nobody else sees it, and it ends with that process."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

MIB = 1 << 20
STOP_S = 20.0


def on_small_disk(folder: Path, size_bytes: int) -> list[str]:
    """In front of a command: it gets the tmpfs at `folder`, which must be there."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    # Where the root is no mount point, as in a chroot, unshare itself cannot make the mounts private.
    return ["unshare", *user, "--mount", "--propagation", "unchanged", "sh", "-c",
            'mount --make-rprivate / 2>/dev/null; '
            'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"', "sh", str(size_bytes), str(folder)]


def inside(pid: int, path: Path) -> Path:
    """A path as the process sees it."""
    return Path(f"/proc/{pid}/root{path}")


def fill(filler: Path, leave_bytes: int) -> None:
    """Fills the disk but for `leave_bytes`, while others go on writing there."""
    with open(filler, "ab") as file:
        while (free := free_bytes(filler.parent)) > leave_bytes:
            step = min(MIB, free - leave_bytes)
            try:
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), step)
            except OSError as error:
                # Somebody took it between the two calls.
                if error.errno != errno.ENOSPC:
                    raise


def free_bytes(folder: Path) -> int:
    free = os.statvfs(folder)
    return free.f_bavail * free.f_frsize


class SmallDisk:
    """One that outlives the processes on it: another process holds it, until `close()` or the end of this program."""

    def __init__(self, folder: Path, size_bytes: int) -> None:
        folder.mkdir()
        self._holder = subprocess.Popen([*on_small_disk(folder, size_bytes), "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, cwd="/")
        assert self._holder.stdout.readline(), "no mount namespace"
        self._folder = folder

    @property
    def enter(self) -> list[str]:
        """In front of a command that shall live on it."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        # The holder's folder too: nsenter would keep one outside of what the process then sees.
        return ["nsenter", *user, "--target", str(self._holder.pid), "--mount", "--root", "--wd"]

    def seen(self, path: Path) -> Path:
        return inside(self._holder.pid, path)

    def fill(self) -> None:
        """To the last byte; again, when something was let go meanwhile."""
        fill(self.seen(self._folder) / "filler", leave_bytes=0)

    def empty(self) -> None:
        (self.seen(self._folder) / "filler").unlink()

    def close(self) -> None:
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait(STOP_S)
