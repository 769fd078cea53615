"""Goal: with `--redis` the newest events lie in a stream of Redis, each once and in order, over any death of the server or of
Redis; subscribers are told of them; while Redis is away, wrong or somebody else's, events are taken all the same and the
projection says what is wrong.

Method: Redis for real, killed, stopped, wiped and set back under load, behind a gate that cuts; the judges are a ledger outside the
server, the exported journal and the stream as any program reads it.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.events import cell_executed
from support.load import Ledger, Load, send_again
from support.redis_server import PASSWORD, QUOTED_PASSWORD, RedisServer
from support.redis_stream import Stream, Subscriber, projection, wait_until_streamed
from support.server import ROOT, Server, StartFailed, wait_until

EVENTS_PER_ROUND = 400
KEPT = 300
QUICK = ("--projection-retry-most", "200ms", "--redis-timeout", "2s")


@pytest.fixture
def fragile() -> Iterator[RedisServer]:
    """A Redis of the test's own, which it may stop."""
    one = RedisServer().start()
    yield one
    one.remove()


def post(server: Server, count: int, **fields: object) -> None:
    for begin in range(0, count, 200):
        events = [cell_executed(**fields) for _ in range(min(200, count - begin))]
        assert server.post(events).status == 202


def service(server: Server) -> dict:
    return server.get("/api/v1/health").json["services"]["redis"]


def wait_for_more(ledger: Ledger) -> None:
    before = ledger.counts()[1]
    wait_until(lambda: ledger.counts()[1] - before >= EVENTS_PER_ROUND, "events are taken", timeout_s=30)


def check_ledger(server: Server, stream: Stream, ledger: Ledger) -> None:
    """All that was acknowledged is in the journal once, and the stream is the journal's end."""
    assert Counter(event["eventId"] for event in server.export()) == Counter(dict.fromkeys(ledger.events, 1))
    stream.check(server)


def test_the_stream_is_the_journal(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server(environment=stream.environment).start()
    post(server, 300)
    assert server.post([{"eventType": "help", "emailAddress": 7, "streamId": "s", "streamSequence": 1}, cell_executed()]).status == 202
    post(server, 1, emailAddress="ann@example.com")
    entries = stream.check(server)
    assert Counter(fields["kind"] for _, fields in entries) == {"1": 302, "2": 1}
    dismissed = server.client.request("POST", "/api/v1/dashboard/students/ann@example.com/dismiss-help")
    assert dismissed.status == 200, dismissed
    assert stream.check(server)[-1][1]["kind"] == "3"
    leader = stream.leader()
    assert leader["url"] == f"http://127.0.0.1:{server.port}"
    assert leader["stream"] == f"cellmon:events:{leader['journalId']}:{leader['epoch']}"
    assert service(server)["status"] == "healthy"
    server.restart()
    post(server, 5)
    stream.check(server)
    assert stream.leader()["url"] == f"http://127.0.0.1:{server.port}"


def test_it_keeps_the_newest_and_no_more(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server("--redis-stream-events", str(KEPT), environment=stream.environment).start()
    post(server, 1_000)
    stream.check(server, KEPT)


def test_a_redis_that_comes_later_gets_the_newest(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server("--redis-stream-events", str(KEPT), environment={}).start()
    post(server, 1_000)
    server.stop()
    server.environment = stream.environment
    server.start()
    stream.check(server, KEPT)
    assert projection(server)["batches"] < 20


def test_subscribers_hear_of_each_event_once(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server(environment=stream.environment).start()
    wait_until_streamed(server)
    subscriber = Subscriber(redis, stream.leader()["stream"], "progress_events", "notifications", "dashboard_updates", "help_requests",
                            "error_alerts")
    ledger = Ledger()
    load = Load(server, ledger, seed=1)
    wait_for_more(ledger)
    load.stop()
    stuck = {"emailAddress": "stuck@example.com", "hasError": True, "cellId": "x", "errorMessage": "NameError: x"}
    assert server.post([cell_executed(**stuck) for _ in range(3)]).status == 202
    assert server.post([cell_executed(eventType="help", emailAddress="ann@example.com")]).status == 202
    entries = stream.check(server)
    wait_until(lambda: Counter(channel for channel, _ in subscriber.messages)["help_requests"] == 1, "the last one has come")
    subscriber.close()
    told = {channel: [text for name, text in subscriber.messages if name == channel] for channel, _ in subscriber.messages}
    sequences = [sequence for sequence, _ in entries]
    payloads = {sequence: json.loads(fields["payload"]) for sequence, fields in entries}
    for channel in ("progress_events", "notifications"):
        assert [text["sequence"] for text in told[channel]] == sequences
    for text in told["progress_events"]:
        payload = payloads[text["sequence"]]
        assert {name: text[name] for name in payload if name in text} == {name: value for name, value in payload.items() if name in text}
    assert [text["sequence"] for text in told["dashboard_updates"]] == [s for s in sequences if payloads[s]["eventType"] == "cell_executed"]
    assert [text["isSignificantError"] for text in told["dashboard_updates"] if text["emailAddress"] == "stuck@example.com"] \
        == [False, False, True]
    assert [text["emailAddress"] for text in told["help_requests"]] == ["ann@example.com"]
    assert "stuck@example.com" in {text["emailAddress"] for text in told["error_alerts"]}


def test_a_subscriber_at_a_replica_hears_too(new_server: Callable[..., Server], redis: RedisServer) -> None:
    """Nobody is subscribed at the Redis that the server writes to."""
    replica = RedisServer().start()
    try:
        with replica.client() as client:
            client.config_set("masterauth", redis.password)
            client.replicaof("127.0.0.1", redis.port)
            wait_until(lambda: client.info("replication")["master_link_status"] == "up", "the replica follows")
        stream = Stream(redis, redis.new_database())
        server = new_server(environment=stream.environment).start()
        wait_until_streamed(server)
        subscriber = Subscriber(replica, stream.leader()["stream"], "notifications")
        post(server, 5)
        wait_until(lambda: len(subscriber.messages) == 5, "each is told")
        subscriber.close()
    finally:
        replica.stop()


def test_old_events_are_not_told(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server("--redis-publish-age", "1ms", environment={}).start()
    post(server, 20)
    identity = re.search(r"journal ([0-9a-f-]{36}) epoch (\d+)", server.log())
    server.stop()
    time.sleep(0.01)
    subscriber = Subscriber(redis, f"cellmon:events:{identity[1]}:{identity[2]}", "progress_events")
    server.environment = stream.environment
    server.start()
    stream.check(server)
    subscriber.close()
    assert not subscriber.messages


def test_connections_are_few(new_server: Callable[..., Server], fragile: RedisServer) -> None:
    stream = Stream(fragile)
    server = new_server(environment=stream.environment).start()
    ledger = Ledger()
    load = Load(server, ledger, seed=1)
    wait_for_more(ledger)
    with fragile.client() as client:
        names = [one["name"] for one in client.client_list()]
    load.stop()
    assert 1 <= names.count("cellmon") <= 4 and len(names) <= 5, names


def test_the_server_dies_under_load(new_server: Callable[..., Server], redis: RedisServer, rounds: int) -> None:
    stream = Stream(redis, redis.new_database())
    server = new_server(environment=stream.environment)
    ledger = Ledger()
    for round_ in range(rounds):
        server.start()
        send_again(server, ledger.unknown(), ledger)
        load = Load(server, ledger, seed=round_)
        wait_for_more(ledger)
        server.kill()
        load.stop()
    server.start()
    send_again(server, ledger.unknown(), ledger)
    check_ledger(server, stream, ledger)


def test_redis_says_nothing_for_a_while(new_server: Callable[..., Server], fragile: RedisServer, rounds: int) -> None:
    """What was sent meanwhile it takes later, on connections that we gave up: nothing is doubled."""
    stream = Stream(fragile)
    server = new_server("--projection-retry-most", "100ms", "--redis-timeout", "200ms", environment=stream.environment).start()
    wait_until_streamed(server)
    subscriber = Subscriber(fragile, stream.leader()["stream"], "progress_events")
    ledger = Ledger()
    load = Load(server, ledger, seed=3)
    try:
        for _ in range(rounds):
            wait_for_more(ledger)
            failures = projection(server)["failures"]
            fragile.pause()
            wait_until(lambda: projection(server)["failures"] >= failures + 3, "some attempts are given up")
            fragile.go_on()
            wait_until(lambda: projection(server)["state"] in ("running", "catching_up"), "it goes on")
    finally:
        load.stop()
    assert set(ledger.answers) == {202}
    check_ledger(server, stream, ledger)
    subscriber.close()
    told = Counter(text["sequence"] for _, text in subscriber.messages)
    assert max(told.values()) == 1, "nor is anything told twice"


def test_cut_anywhere_under_load(new_server: Callable[..., Server], fragile: RedisServer, new_gate: Callable, rounds: int) -> None:
    """Connections are reset in the middle of what the server sends and of what Redis answers, at places that differ."""
    gate = new_gate(fragile.port)
    stream = Stream(fragile, port=gate.port)
    server = new_server("--projection-retry-most", "20ms", "--projection-gather", "0ms", "--redis-transaction-events", "20",
                        environment=stream.environment).start()
    source = random.Random(5)
    ledger = Ledger()
    load = Load(server, ledger, seed=4)
    try:
        for _ in range(rounds):
            for direction in ("requests", "answers"):
                for _ in range(5):
                    # The first bytes are the login; an answer of 0 bytes: taken, and nobody hears of it.
                    most = 60_000 if direction == "requests" else 3_000
                    before = projection(server)["failures"]
                    gate.cut(**{direction: source.choice([0, source.randrange(most)])})
                    wait_until(lambda: projection(server)["failures"] > before, "the cut is felt")
                gate.open()
                wait_for_more(ledger)
    finally:
        load.stop()
    gate.open()
    assert set(ledger.answers) == {202}
    check_ledger(server, stream, ledger)


def test_wiped_under_load(new_server: Callable[..., Server], fragile: RedisServer, rounds: int) -> None:
    stream = Stream(fragile)
    server = new_server(*QUICK, "--redis-stream-events", str(KEPT), environment=stream.environment).start()
    ledger = Ledger()
    load = Load(server, ledger, seed=6)
    try:
        for _ in range(rounds):
            wait_for_more(ledger)
            with fragile.client() as client:
                client.flushall()
    finally:
        load.stop()
    stream.check(server, KEPT)
    with fragile.client() as client:
        client.flushall()
    wait_until(lambda: fragile.client().exists("cellmon:leader"), "it is noticed without an event")
    stream.check(server, KEPT)
    assert not projection(server)["alarm"]


def test_set_back_to_an_older_copy(new_server: Callable[..., Server], fragile: RedisServer) -> None:
    stream = Stream(fragile)
    server = new_server(*QUICK, environment=stream.environment).start()
    post(server, 100)
    stream.check(server)
    fragile.copy("old")
    post(server, 100)
    stream.check(server)
    fragile.restore("old")
    stream.check(server)
    post(server, 10)
    stream.check(server)


def test_a_data_directory_that_is_older_than_redis(new_server: Callable[..., Server], redis: RedisServer, tmp_path: Path) -> None:
    """The stream is ahead: nothing is skipped, a person is told, and told what to do."""
    stream = Stream(redis, redis.new_database())
    server = new_server(environment=stream.environment).start()
    post(server, 10)
    server.stop()
    copy = new_server(name="copy", environment=stream.environment)
    shutil.copytree(server.data, copy.data)
    server.start()
    post(server, 10)
    stream.check(server)
    server.stop()
    copy.start()
    entry = wait_until(lambda: (one := projection(copy))["alarm"] and one, "the alarm")
    assert "ahead of the journal" in entry["lastError"] and "redis-cli DEL cellmon:events:" in entry["lastError"]
    post(copy, 5)
    assert service(copy)["status"] == "unhealthy"
    with redis.client(stream.database) as client:
        client.delete(stream.leader()["stream"])
    copy.restart()
    stream.check(copy)


def test_two_journals_in_one_redis(new_server: Callable[..., Server], redis: RedisServer) -> None:
    stream = Stream(redis, redis.new_database())
    first = new_server(*QUICK, name="first", environment=stream.environment).start()
    post(first, 5)
    stream.check(first)
    second = new_server(*QUICK, name="second", environment=stream.environment).start()
    post(second, 7)
    stream.check(second)
    entry = wait_until(lambda: (one := projection(first))["alarm"] and one, "who was there first is told")
    assert re.search(rf"\((http://127.0.0.1:{second.port}|which starts) on \S+\) has taken this Redis over.*redis://HOST/1", entry["lastError"])
    post(first, 5)
    stream.check(second)


@pytest.mark.parametrize("wrong", ["password", "none"])
def test_a_wrong_password(new_server: Callable[..., Server], redis: RedisServer, wrong: str) -> None:
    url = redis.url().replace(QUOTED_PASSWORD, "hunter2") if wrong == "password" else f"redis://127.0.0.1:{redis.port}"
    server = new_server(*QUICK, environment={"CELLMON_REDIS_URL": url}).start()
    entry = wait_until(lambda: (one := projection(server))["state"] == "retrying" and one, "the projection says so")
    assert entry["lastError"].startswith("permission: cannot connect to 127.0.0.1:")
    post(server, 5)
    wait_until(lambda: projection(server)["failures"] >= 5, "it is tried again")
    shown = server.log() + server.get("/metrics").body.decode() + json.dumps(server.get("/api/v1/health").json)
    assert "hunter2" not in shown and server.log().count("the projection redis waits") == 1, server.log()


def test_the_password_appears_nowhere(new_server: Callable[..., Server], fragile: RedisServer) -> None:
    stream = Stream(fragile)
    server = new_server("--log-level", "debug", *QUICK, environment=stream.environment).start()
    post(server, 5)
    wait_until_streamed(server)
    fragile.stop(signal.SIGKILL)
    wait_until(lambda: projection(server)["state"] == "retrying", "it is away")
    shown = server.log() + json.dumps(projection(server))
    assert QUOTED_PASSWORD not in shown and PASSWORD not in shown


@pytest.mark.parametrize("url", ["hunter2", "rediss://:hunter2@localhost", "redis://:hunter2@host:port"])
def test_a_url_that_cannot_be_read_stops_the_start(new_server: Callable[..., Server], url: str) -> None:
    with pytest.raises(StartFailed, match="ended with 2") as failure:
        new_server(environment={"CELLMON_REDIS_URL": url}).start()
    assert "redis://USER:PASSWORD@HOST:PORT/DATABASE" in str(failure.value) and "hunter2" not in str(failure.value)


def test_away_at_the_start_and_a_stop_meanwhile(new_server: Callable[..., Server], fragile: RedisServer) -> None:
    stream = Stream(fragile)
    fragile.stop()
    server = new_server(*QUICK, environment=stream.environment).start()
    post(server, 10)
    wait_until(lambda: projection(server)["state"] == "retrying", "the projection says so")
    fragile.start()
    stream.check(server)
    # One that says nothing keeps no stop waiting, however long its timeout is.
    server.stop()
    patient = new_server("--redis-timeout", "10min", environment=stream.environment).start()
    wait_until_streamed(patient)
    fragile.pause()
    post(patient, 10)
    patient.stop()


def test_the_rights_that_the_guide_names_are_enough(new_server: Callable[..., Server], fragile: RedisServer) -> None:
    guide = (ROOT / "docs/guide/stores.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"`ACL SETUSER cellmon ([^`]+)`", guide)
    with fragile.client() as client:
        client.execute_command("ACL", "SETUSER", "cellmon", *command.replace("PASSWORD", "hunter2").split())
    server = new_server(*QUICK, "--redis-stream-events", "20", environment={"CELLMON_REDIS_URL": f"redis://cellmon:hunter2@127.0.0.1:{fragile.port}"})
    server.start()
    post(server, 50)
    Stream(fragile).check(server, 20)
    follower = new_server(name="follower", environment={"CELLMON_REDIS_FOLLOW": server.environment["CELLMON_REDIS_URL"]}).start()

    def has_all() -> bool:
        try:
            return projection(follower)["cursor"]["sequence"] == 50
        except ConnectionError:
            return False  # The leader's picture was older than so short a stream: it begins anew, and listens anew.

    wait_until(has_all, "a follower reads with them, too")
    assert not projection(server)["failures"] and not projection(follower)["failures"]


def test_full_memory_and_a_replica_pass(new_server: Callable[..., Server], fragile: RedisServer) -> None:
    stream = Stream(fragile)
    server = new_server(*QUICK, environment=stream.environment).start()
    post(server, 10)
    stream.check(server)
    client = fragile.client()
    for begin, end, words in ((lambda: client.config_set("maxmemory", 1), lambda: client.config_set("maxmemory", 0), "maxmemory"),
                              (lambda: client.replicaof("127.0.0.1", 1), lambda: client.replicaof("NO", "ONE"), "replica")):
        begin()
        post(server, 10)
        entry = wait_until(lambda: (one := projection(server))["state"] == "retrying" and one, "the projection says so")
        assert words in entry["lastError"] and not entry["alarm"]
        end()
        stream.check(server)
    client.close()


def test_without_redis_all_is_as_before(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    post(server, 5)
    assert service(server) == {"status": "disabled", "message": "not configured"}
    assert [one["name"] for one in server.get("/api/v1/projections").json["projections"]] == ["relational"]
