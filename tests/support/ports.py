"""Free ports of this machine."""

from __future__ import annotations

import random
import socket

# Below those that the system gives to outgoing connections (32768 and more): one of these may come before the port is used.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    while True:
        port = random.SystemRandom().choice(PORTS)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
