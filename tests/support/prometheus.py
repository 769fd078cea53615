"""A Prometheus of the tests' own: Debian's program on a free port of this machine, with data that go with it."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from support.ports import free_port

START_S = 60.0


class Prometheus:
    """Runs between `with`, with this configuration."""

    def __init__(self, configuration: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cellmon-prometheus-"))
        (self.folder / "prometheus.yml").write_text(configuration, encoding="utf-8")
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Prometheus":
        command = ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, expression: str) -> list[dict]:
        """The samples of an expression, now."""
        status, body = self._get("/api/v1/query?" + urlencode({"query": expression}))
        answer = json.loads(body)
        assert status == 200 and answer["status"] == "success", f"{expression}: {answer}"
        return answer["data"]["result"]

    def targets(self) -> dict[str, str]:
        """Health of each job that is scraped."""
        active = json.loads(self._get("/api/v1/targets")[1])["data"]["activeTargets"]
        return {target["labels"]["job"]: target["health"] for target in active}

    def _is_ready(self) -> bool:
        try:
            return self._get("/-/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
