"""Asks a server whether it is ready, all along."""

from __future__ import annotations

import threading
import urllib.request

_EVERY_S = 0.05
_TIMEOUT_S = 5.0


class AvailabilityPoller:
    """Counts answers until it is stopped. What it counted stays, over several servers one after the other."""

    def __init__(self) -> None:
        self.asked = 0
        self.available = 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def share(self) -> float:
        return self.available / self.asked if self.asked else 0.0

    def start(self, server: str) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._poll, args=(f"{server}/api/v1/health/ready",), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _poll(self, url: str) -> None:
        while not self._stop.wait(_EVERY_S):
            self.asked += 1
            try:
                with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
                    self.available += answer.status == 200
            except OSError as error:
                self.failures.append(str(error))
