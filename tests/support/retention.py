"""What retention has done, as a server's metrics and its journal's commands say it."""

from __future__ import annotations

import json
import re

from support.server import Server, run_command

PREFIX = "cellmon_retention_"


def metric(server: Server, name: str) -> float:
    found = re.search(rf"^{PREFIX}{name} (\S+)$", server.get("/metrics").body.decode(), re.MULTILINE)
    assert found, name
    return float(found[1])


def inspected(server: Server) -> dict:
    return json.loads(run_command("journal", "inspect", "--json", "--data", server.data).stdout)


def removed_through(server: Server) -> int:
    """The last event whose content is gone; 0: none."""
    return inspected(server)["removedThrough"]


def journal_bytes(server: Server) -> int:
    """Of sealed segments; the last one is as large as it may become."""
    return sum(path.stat().st_size for path in sorted(server.journal.glob("*.segment"))[:-1])
