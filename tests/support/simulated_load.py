"""The program's own generator beside a test (`cellmon simulate`), with its ledger: what a class sent and was promised."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from support.server import BINARY, PATIENCE, SURROUNDINGS, Server

END_S = 120.0


class SimulatedLoad:
    """Runs from when it is made until `stop()`, or until it is over. `arguments` as the command has them."""

    def __init__(self, server: Server, ledger: Path, *arguments: object) -> None:
        self.ledger = ledger
        self._command = [str(BINARY), "simulate", "--server", f"http://127.0.0.1:{server.port}", "--json", "--ledger", str(ledger),
                         *map(str, arguments)]
        self._process = self._run()

    def _run(self, *more: str) -> subprocess.Popen:
        return subprocess.Popen([*self._command, *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=SURROUNDINGS)

    def is_over(self) -> bool:
        return self._process.poll() is not None

    def result(self) -> dict:
        """Waits for its end; what it saw."""
        return self._result(self._process)

    def stop(self) -> dict:
        """What it saw until now. One at a rate; what had no answer yet is sent again until it has one."""
        self._process.send_signal(signal.SIGTERM)
        figures = self._result(self._process)
        rest = self._result(self._run("--continue", "--events", "1"))
        assert rest["unknown"] == 0, rest
        return figures

    @staticmethod
    def _result(process: subprocess.Popen) -> dict:
        out, _ = process.communicate(timeout=END_S * PATIENCE)
        return json.loads(out)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def sent(self) -> list[str]:
        """The ids of all events; behind the end each of them has a promise."""
        promised: dict[str, bool] = {}
        with open(self.ledger, encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                entry = json.loads(line)
                promised[entry["id"]] = promised.get(entry["id"], False) or entry["outcome"] in ("acked", "duplicate")
        without = [id_ for id_, is_promised in promised.items() if not is_promised]
        assert not without, f"{len(without)} events have no promise: {without[:5]}"
        return list(promised)
