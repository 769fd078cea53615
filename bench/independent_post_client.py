#!/usr/bin/python3
"""Posts one event behind the other on each of N connections for a time and keeps all times: independent_post_client.py HOST PORT
N SECONDS. Shares nothing with `cellmon load` and has no histogram. Prints quantiles in ms as JSON."""

import http.client
import json
import math
import sys
import threading
import time
import uuid


def post(host: str, port: int, until: float, times: list) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    while time.monotonic() < until:
        event = {"eventId": str(uuid.uuid4()), "eventType": "cell_executed", "emailAddress": "student@example.org", "code": "x = 1"}
        body = json.dumps([event])
        began = time.monotonic()
        connection.request("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        times.append(time.monotonic() - began)
        assert answer.status == 202, answer.status


def main() -> None:
    host, port, connections, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    times: list = []
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=post, args=(host, port, until, times)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    quantiles = {name: times[math.ceil(q * len(times)) - 1] * 1000
                 for name, q in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99), ("p99_9_ms", 0.999))}
    print(json.dumps({"requests": len(times), **quantiles}))


main()
