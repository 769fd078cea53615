"""Many clients of the live socket (`cellmon load websocket`), and what a server says of them."""

from __future__ import annotations

import json
import re
import resource
import subprocess
from pathlib import Path

from support.server import BINARY, PATIENCE, SURROUNDINGS, Server, wait_until


def allow_open_files(number: int) -> None:
    """For this process and those it starts from now on; the server keeps 32 for itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= number, f"the machine allows {hard} open files, and {number} are needed (ulimit -Hn)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))


def metric(server: Server, name: str, **labels: str) -> float:
    """A sample of a metric, with exactly these labels."""
    place = "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}" if labels else ""
    found = re.search(rf"^{name}{place} (\S+)$", server.get("/metrics").body.decode(), re.MULTILINE)
    assert found, f"/metrics has no {name}{place}"
    return float(found[1])


def memory_mb(server: Server, field: str) -> float:
    """`VmRSS`, or the greatest it ever was: `VmHWM`."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", text, re.MULTILINE)[1]) * 1024 / 1e6


def check_greatest_memory(server: Server, bound_mb: float) -> None:
    """Of a sanitized server it says nothing: the sanitizers keep what was freed, and shadows of all the rest."""
    greatest_mb = memory_mb(server, "VmHWM")
    assert PATIENCE > 1.0 or greatest_mb <= bound_mb, f"{greatest_mb:.1f} MB, and {bound_mb:.1f} MB are allowed"


class Listeners:
    """Follows the live socket on many connections, in a process of its own, until all have come to `sequence`."""

    def __init__(self, server: Server, clients: int, sequence: int, seconds: float, **flags: object) -> None:
        url = f"ws://127.0.0.1:{server.port}/api/v1/live"
        self.seconds = seconds * PATIENCE
        flags |= {"url": url, "clients": clients, "sequence": sequence, "seconds": self.seconds, "follow": "live"}
        arguments = [part for name, value in flags.items() for part in (f"--{name}", str(value))]
        self._process = subprocess.Popen([str(BINARY), "load", "websocket", "--json", *arguments], stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, env=SURROUNDINGS)
        try:
            wait_until(lambda: metric(server, "cellmon_push_clients") == clients, f"{clients} clients are connected")
        except BaseException:
            self.stop()
            raise

    def result(self) -> dict:
        """Waits for the end; what was seen. Fails unless all held."""
        out, errors = self._process.communicate(timeout=self.seconds + 20)
        assert out, errors
        seen = json.loads(out)
        each = seen.pop("each")
        assert self._process.returncode == 0 and seen["hold"], (seen, [one for one in each if one["role"] == "listening"][:3])
        return seen

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> "Listeners":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
