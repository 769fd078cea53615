"""Goal: the unchanged extension works, and what it sends is stored once and counted right.

Method: the recorded bodies of the real extension in a browser, byte for byte, with their headers: once, three times over,
shuffled, with the server killed in between. The journal and the rows of the database are the judges.
"""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from support.client import Client
from support.database import event_count, status_counts
from support.events import RECORDING_NAMES, recorded_posts
from support.server import Server

# Per recording: posts, ids, and what its 17 runs of cells were.
POSTS = {RECORDING_NAMES[0]: (22, 22), RECORDING_NAMES[1]: (24, 20)}
RUNS = {"success": 7, "error": 3, "aborted": 4, "skipped": 1, "markdown": 2}
HOP_HEADERS = {"host", "connection", "content-length", "accept-encoding"}


def replay(server: Server, posts: list[dict]) -> None:
    for post in posts:
        headers = {name: value for name, value in post["headers"] if name.lower() not in HOP_HEADERS}
        answer = server.client.request("POST", post["path"], post["body"].encode("utf-8"), headers)
        assert answer.status == 202, answer
        assert answer.headers["access-control-allow-origin"] == "*"


def sent_events(posts: list[dict]) -> dict[str, dict]:
    return {event["eventId"]: event for post in posts for event in json.loads(post["body"])}


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_recording_holds_what_the_test_believes(name: str) -> None:
    posts = recorded_posts(name)
    assert (len(posts), len(sent_events(posts))) == POSTS[name]
    runs = [event for event in sent_events(posts).values() if event["eventType"] == "cell_executed"]
    assert len(runs) == 17 == sum(RUNS.values())


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_runs_of_cells_are_told_apart(server: Server, name: str) -> None:
    posts = recorded_posts(name)
    replay(server, posts)
    server.wait_until_projected()
    assert status_counts(server.database) == RUNS


def test_each_id_is_stored_once_whatever_happens(new_server) -> None:
    server = new_server().start()
    posts = [post for name in RECORDING_NAMES for post in recorded_posts(name)]
    wanted = sent_events(posts)
    assert len(wanted) == 42

    replay(server, posts)
    source = random.Random(20261123)
    for round_ in range(3):
        shuffled = source.sample(posts, len(posts))
        cut = source.randrange(len(shuffled))
        replay(server, shuffled[:cut])
        server.kill()
        server.start()
        replay(server, shuffled[cut:])

    stored = server.export()
    assert Counter(event["eventId"] for event in stored) == Counter(dict.fromkeys(wanted, 1))
    for event in stored:
        sent = wanted[event["eventId"]]
        for field in sent.keys() - {"eventTime"}:
            assert event[field] == sent[field], field
        assert event["eventTime"].startswith(sent["eventTime"].rstrip("Z"))
    server.wait_until_projected()
    assert event_count(server.database) == 42
    assert status_counts(server.database) == {status: 2 * count for status, count in RUNS.items()}


def test_japanese_and_emoji_are_intact(server: Server) -> None:
    posts = [post for name in RECORDING_NAMES for post in recorded_posts(name)]
    replay(server, posts)
    stored = server.export()
    assert "チームB" in {event["teamName"] for event in stored}
    assert "受講生 042" in {event["userName"] for event in stored}
    text = json.dumps(stored, ensure_ascii=False)
    assert any(ord(character) > 0xFFFF for character in text), "the recordings hold emoji"
    assert "\ufffd" not in text


def test_posts_of_the_recording_all_at_once(server: Server) -> None:
    """Resent posts overlap their first try, as they do when an answer is lost."""
    import threading

    posts = [post for name in RECORDING_NAMES for post in recorded_posts(name)]
    statuses: list[int] = []

    def send(post: dict) -> None:
        client = Client(server.port)
        statuses.append(client.request("POST", post["path"], post["body"].encode(), {"Content-Type": "application/json"}).status)
        client.close()

    threads = [threading.Thread(target=send, args=(post,)) for post in posts * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [202] * len(threads)
    assert len(server.export()) == 42
