"""Goal: a server that follows another one through Redis shows the class as that one does, over deaths of either and of Redis, without
a gap; it takes nothing, says who does, and never shows what it had as what is.

Method: leaders, followers and Redis for real, killed, stopped, wiped and left behind; the judge is the leader's own live socket.
"""

from __future__ import annotations

import json
import random
import signal
from typing import Callable, Iterator

import pytest

from support.client import Client
from support.events import cell_executed
from support.live import LiveClient
from support.load import Ledger, Load
from support.redis_server import QUOTED_PASSWORD, RedisServer
from support.redis_stream import Stream, projection
from support.server import Server, StartFailed, wait_until

KEPT = 300
QUICK = ("--projection-retry-most", "200ms", "--redis-timeout", "2s")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of the test's own, which it may stop."""
    one = RedisServer().start()
    yield one
    one.remove()


@pytest.fixture
def new_pair(new_server: Callable[..., Server], redis: RedisServer) -> Callable[..., tuple[Server, Server]]:
    """A leader and a follower, not started yet."""
    stream = Stream(redis)

    def make(*options: str) -> tuple[Server, Server]:
        leader = new_server(*QUICK, *options, name="leader", environment=stream.environment)
        return leader, new_server(name="follower", environment={"CELLMON_REDIS_FOLLOW": stream.url})

    return make


def play(server: Server, source: random.Random, count: int) -> None:
    """All that the live state knows: runs, failures, starts, help, kernels, late events."""
    kinds = ["cell_executed"] * 6 + ["cell_started", "help", "help_stop", "notebook_opened", "kernel_status"]
    for begin in range(0, count, 200):
        events = [cell_executed(source, emailAddress=f"student{source.randrange(40):03}@example.com", eventType=source.choice(kinds),
                                cellId=f"c{source.randrange(6)}", hasError=source.random() < 0.4, kernelStatus="restarted",
                                classCode=source.choice(["A", "B"]))
                  for _ in range(min(200, count - begin))]
        assert server.post(events).status == 202


def shown(server: Server) -> tuple[str, int, dict, dict]:
    """The class as the live socket shows it now."""
    client = LiveClient(server.port)
    client.receive_until(lambda: client.epoch, "a snapshot")
    client.close()
    return client.epoch, client.sequence, client.students, client.counters


def durable(server: Server) -> int:
    return int(server.get("/api/v1/health").json["services"]["journal"]["message"].split()[0])


def check_equal(leader: Server, follower: Server) -> None:
    """Both show all that is durable, and the same."""
    target = durable(leader)

    def equal():
        try:
            ours, theirs = shown(leader), shown(follower)
        except ConnectionRefusedError:
            return False  # A follower that begins anew listens anew.
        return ours[1] == theirs[1] == target and ours == theirs

    wait_until(equal, f"the follower shows what the leader shows, through {target}", timeout_s=30)


def test_it_shows_what_the_leader_shows(new_pair: Callable[..., tuple[Server, Server]]) -> None:
    leader, follower = new_pair()
    leader.start()
    source = random.Random(1)
    play(leader, source, 400)
    follower.start()
    check_equal(leader, follower)
    for _ in range(5):
        play(leader, source, 200)
        check_equal(leader, follower)
    asking = [email for email, student in shown(leader)[2].items() if student["help"]["asking"]]
    assert leader.client.request("POST", f"/api/v1/dashboard/students/{asking[0]}/dismiss-help").status == 200
    check_equal(leader, follower)
    overviews = [server.get("/api/v1/dashboard/overview").json for server in (leader, follower)]
    assert overviews[0]["metrics"] == overviews[1]["metrics"]
    assert [one["emailAddress"] for one in overviews[0]["students"]] == [one["emailAddress"] for one in overviews[1]["students"]]
    page = follower.client.request("GET", "/", headers={"Accept": "text/html"})
    assert page.status == 200 and b"<html" in page.body


def test_clients_go_on_over_deaths_of_all(new_pair: Callable[..., tuple[Server, Server]], redis: RedisServer, rounds: int) -> None:
    """A client of the follower's socket that comes back each time with what it has ends with what the leader shows."""
    leader, follower = new_pair()
    leader.start()
    source = random.Random(2)
    play(leader, source, 200)
    follower.start()
    client = LiveClient(follower.port)
    client.receive_until(lambda: client.sequence == durable(leader), "the first events")
    for round_ in range(rounds):
        for fault in ("follower", "redis", "wiped", "leader"):
            play(leader, source, 100)
            if fault == "follower":
                follower.kill()
                play(leader, source, 100)
                follower.start()
            elif fault == "redis":
                redis.stop(signal.SIGKILL)
                play(leader, source, 100)
                redis.start()
            elif fault == "wiped":
                with redis.client() as beside:
                    beside.flushall()
            else:
                leader.kill()
                leader.start()
            play(leader, source, 100)
            client.close()
            wait_until(lambda: shown(follower)[1] >= client.sequence, "the follower is where the client was")
            client = LiveClient(follower.port, resume=client)
            client.receive_until(lambda: client.sequence == durable(leader), f"all that is durable, behind the death of {fault}")
            check_equal(leader, follower)
            assert client.students == shown(leader)[2], f"round {round_}, {fault}"
    client.close()


def test_a_client_moves_from_the_leader_to_a_follower_and_back(new_pair: Callable[..., tuple[Server, Server]]) -> None:
    leader, follower = new_pair()
    leader.start()
    follower.start()
    source = random.Random(3)
    client = LiveClient(leader.port)
    for server in (follower, leader, follower):
        play(leader, source, 100)
        client.receive_until(lambda: client.sequence == durable(leader), "all of it")
        client.close()
        check_equal(leader, follower)
        client = LiveClient(server.port, resume=client)
        client.receive()
        assert client.types == ["delta"], "not everything again"
    client.close()


def test_a_follower_that_was_away_too_long_begins_anew(new_pair: Callable[..., tuple[Server, Server]]) -> None:
    leader, follower = new_pair("--redis-stream-events", str(KEPT))
    leader.start()
    source = random.Random(4)
    play(leader, source, 100)
    follower.start()
    check_equal(leader, follower)
    port = follower.port
    follower.process.send_signal(signal.SIGSTOP)
    for _ in range(3):
        play(leader, source, KEPT)
    wait_until(lambda: projection(leader)["lagEvents"] == 0, "the stream has passed it")
    follower.process.send_signal(signal.SIGCONT)
    wait_until(lambda: "beginning anew" in follower.log(), "it notices")
    follower.client.close()
    follower.client = Client(port)
    wait_until(lambda: answers(follower), "it is there again, on the same port")
    check_equal(leader, follower)
    play(leader, source, 100)
    check_equal(leader, follower)
    assert follower.log().count("beginning anew") == 1


def answers(server: Server) -> bool:
    try:
        return server.get("/api/v1/health/ready").status == 200
    except OSError:
        return False


def test_another_server_takes_over(new_pair: Callable[..., tuple[Server, Server]], new_server: Callable[..., Server]) -> None:
    """With a journal of its own: the follower forgets the old class, and clients are told by the epoch."""
    leader, follower = new_pair()
    leader.start()
    play(leader, random.Random(5), 200)
    follower.start()
    check_equal(leader, follower)
    leader.stop()
    other = new_server(*QUICK, name="other", environment=leader.environment).start()
    assert other.post([cell_executed(emailAddress="new@example.com")]).status == 202
    wait_until(lambda: "beginning anew" in follower.log(), "it notices")
    wait_until(lambda: answers(follower), "it is there again")
    check_equal(other, follower)
    assert list(shown(follower)[2]) == ["new@example.com"]


def test_the_leader_is_gone(new_pair: Callable[..., tuple[Server, Server]]) -> None:
    """What it said last is shown on, and nobody can take it for the present."""
    leader, follower = new_pair()
    leader.start()
    play(leader, random.Random(6), 100)
    follower.start()
    check_equal(leader, follower)
    client = LiveClient(follower.port)
    client.receive_until(lambda: client.status.get("received") == 100, "the leader's word on the data")
    assert client.status["missing"] == 0 and "leader" in [one["name"] for one in client.status["projections"]]
    students = shown(leader)[2]
    leader.kill()
    client.receive_until(lambda: {"leader": "retrying"}.items() <= {p["name"]: p["state"] for p in client.status["projections"]}.items(),
                         "the live socket says that the leader is silent")
    health = follower.get("/api/v1/health")
    assert health.status == 200 and health.json["status"] == "degraded"
    assert "says nothing any more" in health.json["services"]["redis"]["message"]
    assert shown(follower)[2].keys() == students.keys()
    # One that starts meanwhile has what was said, too.
    follower.kill()
    follower.start()
    wait_until(lambda: shown(follower)[2].keys() == students.keys(), "it has what was said")
    leader.start()
    wait_until(lambda: follower.get("/api/v1/health").json["status"] == "healthy", "the leader is back")
    check_equal(leader, follower)


def test_redis_is_gone_at_the_start(new_pair: Callable[..., tuple[Server, Server]], redis: RedisServer) -> None:
    leader, follower = new_pair()
    leader.start()
    play(leader, random.Random(7), 100)
    wait_until(lambda: projection(leader)["lagEvents"] == 0, "the stream has it")
    redis.stop()
    follower.start(ready=False)
    ready = follower.get("/api/v1/health/ready")
    assert ready.status == 503 and "no picture of a class" in ready.json["detail"]["error"]
    assert follower.post([cell_executed()]).status == 503
    redis.start()
    wait_until(lambda: answers(follower), "it has a picture")
    check_equal(leader, follower)
    # From now on it has one of its own.
    follower.stop()
    redis.stop()
    follower.start()
    assert shown(follower)[2].keys() == shown(leader)[2].keys()


def test_nothing_is_taken_and_everybody_is_told_who_does(new_pair: Callable[..., tuple[Server, Server]]) -> None:
    leader, follower = new_pair()
    leader.start()
    play(leader, random.Random(8), 20)
    follower.start()
    check_equal(leader, follower)
    place = f"http://127.0.0.1:{leader.port}"
    for method, path in (("POST", "/api/v1/events"), ("POST", "/api/v1/dashboard/students/student001@example.com/dismiss-help"),
                         ("POST", "/api/v1/classes"), ("PUT", "/api/v1/students/1"), ("DELETE", "/api/v1/teams/1"),
                         ("GET", "/api/v1/classes"), ("GET", "/api/v1/events/export"), ("GET", "/api/v1/delivery")):
        answer = follower.client.request(method, path, body=b"[]" if method != "GET" else None)
        assert answer.status == 503 and answer.headers["retry-after"] and place in answer.json["detail"], (method, path, answer)
    assert durable(leader) == 20
    assert not (follower.data / "journal").exists() and not (follower.data / "relational.db").exists()


@pytest.mark.parametrize(("options", "words"), [
    ({"CELLMON_REDIS_FOLLOW": "redis://:hunter2@"}, "redis://USER:PASSWORD@HOST:PORT/DATABASE"),
    ({"CELLMON_REDIS_FOLLOW": "redis://:hunter2@localhost", "CELLMON_REDIS_URL": "redis://localhost"}, "leave one of them out"),
    ({"CELLMON_REDIS_FOLLOW": "redis://:hunter2@localhost", "CELLMON_AUTH_MODE": "required"}, "postgres.url and auth.secret"),
])
def test_settings_that_contradict_each_other(new_server: Callable[..., Server], options: dict, words: str) -> None:
    with pytest.raises(StartFailed, match="ended with 2") as failure:
        new_server(environment=options).start()
    assert words in str(failure.value) and "hunter2" not in str(failure.value)


def test_under_load(new_pair: Callable[..., tuple[Server, Server]]) -> None:
    leader, follower = new_pair("--redis-stream-events", "2000")
    leader.start()
    follower.start()
    ledger = Ledger()
    load = Load(leader, ledger, seed=9, threads=2)
    wait_until(lambda: ledger.counts()[1] >= 5_000, "many events", timeout_s=60)
    load.stop()
    assert set(ledger.answers) == {202}
    check_equal(leader, follower)
    logs = follower.log() + json.dumps(projection(follower)) + follower.get("/metrics").body.decode()
    assert QUOTED_PASSWORD not in logs
