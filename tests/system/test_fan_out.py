"""Goal: what happens in the class reaches everybody who looks, all of it and in order; whoever does not read, or vanishes,
costs the others nothing and the server a bounded amount of memory; a kill of the server loses nobody a change.

Method: `cellmon load websocket` judges each message on each of its connections and fails where one does not follow from the
one before; the tests post the events and look at the server from outside. After the kill a hundred clients in this process
apply what comes, and must end with what a new client is told.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import pytest
import websocket

from support.client import Client
from support.events import cell_executed
from support.fan_out import Listeners, allow_open_files, check_greatest_memory, memory_mb, metric
from support.live import LiveClient
from support.server import PATIENCE, Server, wait_until


def run_of(student: int, **fields: object) -> dict:
    return cell_executed(emailAddress=f"student{student:04}@example.com", userName=f"受講生 {student}", **fields)


def post(server: Server, events: object) -> None:
    assert server.post(events).status == 202


@pytest.fixture
def fast_server(new_server: Callable[..., Server]) -> Server:
    """Shows nearly each event in a message of its own."""
    return new_server(environment={"CELLMON_LIVE_CONFLATION": "1ms"}).start()


def test_a_thousand_messages_reach_a_hundred_clients(fast_server: Server) -> None:
    events = 2_500
    with Listeners(fast_server, 100, sequence=events, seconds=35, messages=1_000) as listeners:
        for number in range(events):
            post(fast_server, run_of(number % 100))
        seen = listeners.result()
    least, greatest = seen["deltas_each"]
    assert least == greatest >= 1_000, "one client got another number of messages than the next"
    assert seen["snapshots"] == 100, "a client that keeps up is never set back to a snapshot"
    assert metric(fast_server, "cellmon_push_overflows_total") == 0


# The memory of a client: its connection, and the pointers of its queue to frames that all share. 3 KB were seen.
CLIENT_MB = 0.008
# What the class may cost besides: the frames under way, the events on their way to the journal, the allocator's slack.
SLACK_MB = 24.0


@pytest.mark.alone
def test_two_thousand_clients_some_deaf_and_some_gone(new_server: Callable[..., Server]) -> None:
    # At this rate the kernel's buffers hold all that a deaf client does not read: it is the ping that finds it out.
    # A sanitized server has a quarter of the clients: it could not write to all of them in the time between two updates.
    clients, deaf, vanish = (int(number / PATIENCE) for number in (2_000, 100, 100))
    rate, events = 50, 1_000
    allow_open_files(clients + 200)
    server = new_server(environment={"CELLMON_LIVE_CONFLATION": "10ms", "CELLMON_HTTP_WEBSOCKET_PING": "3s"}).start()
    post(server, [run_of(student) for student in range(100)])
    base_mb = memory_mb(server, "VmRSS")
    with Listeners(server, clients, sequence=100 + events, seconds=36, deaf=deaf, vanish=vanish) as listeners:
        began = time.monotonic()
        for number in range(events - 1):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            post(server, run_of(number % 100))
        wait_until(lambda: metric(server, "cellmon_push_clients") == clients - deaf - vanish, "the deaf and the gone are let go")
        post(server, run_of(0))
        seen = listeners.result()
    assert seen["alive"] == seen["listening"] == clients - deaf - vanish
    assert seen["snapshots"] == clients - deaf, "a client that keeps up is never set back to a snapshot"
    assert seen["latency"]["p99_ms"] <= 500 * PATIENCE
    check_greatest_memory(server, base_mb + clients * CLIENT_MB + SLACK_MB)


def test_who_does_not_keep_up_is_closed(new_server: Callable[..., Server]) -> None:
    clients, deaf, students = 120, 100, 200
    server = new_server(environment={"CELLMON_LIVE_CONFLATION": "10ms"}).start()
    post(server, [run_of(student) for student in range(students)])
    base_mb = memory_mb(server, "VmRSS")
    # A message of the whole class has some 90 KB: the kernel swallows about 2.6 MB of them for each of the deaf.
    posts = 150
    with Listeners(server, clients, sequence=students * (posts + 1), seconds=36, deaf=deaf) as listeners:
        # The next post waits until this one is shown: on a busy machine several would else become one message.
        viewer = LiveClient(server.port)
        for number in range(1, posts):
            post(server, [run_of(student) for student in range(students)])
            come_to(viewer, students * (number + 1))
        viewer.close()
        wait_until(lambda: metric(server, "cellmon_push_too_slow_total") == deaf, "all of the deaf are closed with 4001")
        wait_until(lambda: metric(server, "cellmon_push_clients") == clients - deaf, "and cut off")
        post(server, [run_of(student) for student in range(students)])
        seen = listeners.result()
    assert seen["alive"] == seen["listening"] == clients - deaf
    assert metric(server, "cellmon_push_overflows_total") >= deaf, "each was first set back to a snapshot"
    # Each may hold 1 MiB, but all hold the same frames; 20 MB were seen.
    check_greatest_memory(server, base_mb + clients * CLIENT_MB + 2 * SLACK_MB)


def test_a_hundred_clients_go_on_after_a_kill(server: Server) -> None:
    clients = 100
    # Students come and go: whatever a client misses is the last that is heard of somebody.
    events = [run_of(number // 3, executionCount=number, hasError=number % 7 == 0) for number in range(3_000)]
    before = [LiveClient(server.port) for _ in range(clients)]
    with ThreadPoolExecutor(clients + 1) as threads:
        receiving = [threads.submit(receive_until_lost, client) for client in before]
        posting = threads.submit(post_until_lost, server.port, events)
        wait_until(lambda: min(client.sequence for client in before) >= 200, "all clients have got a part")
        server.kill()
        posted = posting.result()
        for client in receiving:
            client.result()
    assert posted < len(events), "the kill came too late"
    server.start()
    post(server, events[posted:posted + 1])  # Whether it was stored before the kill nobody was told.
    post(server, [run_of(0), run_of(len(events))])
    after = [LiveClient(server.port, resume=client) for client in before]
    fresh = LiveClient(server.port)
    last = posted + 3
    with ThreadPoolExecutor(clients + 1) as threads:
        for done in [threads.submit(come_to, client, last) for client in [fresh, *after]]:
            done.result()
    assert len(fresh.students) == posted // 3 + 2 and fresh.counters["executions"] == last
    for client in after:
        assert "snapshot" not in client.types
        assert client.students == fresh.students and client.counters == fresh.counters
        client.close()
    fresh.close()


def receive_until_lost(client: LiveClient) -> None:
    try:
        while True:
            client.receive()
    except (OSError, websocket.WebSocketException):
        return


def post_until_lost(port: int, events: list[dict]) -> int:
    """How many were acknowledged, one after the other."""
    client = Client(port)
    for number, event in enumerate(events):
        try:
            assert client.post([event]).status == 202
        except OSError:
            return number
    return len(events)


def come_to(client: LiveClient, sequence: int) -> None:
    client.receive_until(lambda: client.sequence >= sequence, f"event {sequence}")
