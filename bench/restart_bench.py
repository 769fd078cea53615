"""Time from the start of the process until the readiness route answers 200, after the process before was killed (SIGKILL)
under load."""

import signal
import subprocess
import time

from support import BINARIES, READY, Server, cellmon, fill

NOT_MEASURED = "A cold page cache; a power cut."

PORT = 18480


def start(data) -> Server:
    command = [BINARIES / "cellmon", "serve", "--data", data, "--listen", f"127.0.0.1:{PORT}"]
    return Server(command, PORT, READY)


def measure(context) -> None:
    events = 100_000 if context.quick else 10_000_000
    data = context.folder("restart")
    with cellmon(data, PORT) as server:
        fill(server, events)
    server = start(data)
    for number in range(context.runs):
        context.say(f"round {number + 1}")
        load = subprocess.Popen([BINARIES / "cellmon", "simulate", "--server", server.url, "--speed", "max", "--events",
                                 "200000", "--seed", str(time.time_ns() % 2**31), "--drain", "1"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stored = server.projection()["durableSequence"]
        while load.poll() is None and server.projection()["durableSequence"] < stored + 5_000:
            time.sleep(0.01)
        server.stop(signal.SIGKILL)
        load.kill()
        load.wait()
        server = start(data)
        context.add("ready after kill -9", "s", server.ready_seconds, None, "≤ 2", events=events)
    server.stop()
    context.folder("restart")
