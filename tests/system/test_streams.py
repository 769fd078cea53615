"""Goal: law 7, loss is accountable. Whatever is lost, refused, given up or cloned on the way, the exchange converges: in the
end each number of a stream is received, refused or abandoned, and both sides know which.

Method: a client as the contract asks for one (it numbers its events, keeps them, sends again what the answers ask for),
with a seeded network that loses requests and answers. The random choices of a failing run come back with its seed.
"""

from __future__ import annotations

import random
import threading

import pytest

from support.client import Client
from support.events import cell_executed, numbered
from support.options import gap_grace
from support.server import Server, wait_until

# Gaps count as missing at once, so that the tests need not wait out the default half minute.
NO_GRACE = gap_grace(milliseconds=0)


@pytest.fixture
def prompt_server(new_server) -> Server:
    return new_server(*NO_GRACE).start()


def stream_of(answer, stream_id: str) -> dict:
    assert answer.status == 202, answer
    (stream,) = [s for s in answer.json["streams"] if s["streamId"] == stream_id]
    return stream


def test_answer_names_what_is_missing(prompt_server: Server) -> None:
    server = prompt_server
    first = stream_of(server.post([numbered("s1", 1), numbered("s1", 2)]), "s1")
    assert (first["receivedThrough"], first["missing"]) == (2, [])
    second = stream_of(server.post([numbered("s1", 5), numbered("s1", 9)]), "s1")
    assert (second["receivedThrough"], second["missing"]) == (2, [[3, 4], [6, 8]])
    third = stream_of(server.post([numbered("s1", n) for n in (3, 4, 6, 7, 8)]), "s1")
    assert (third["receivedThrough"], third["missing"]) == (9, [])


def test_events_without_a_stream_have_none_in_the_answer(shared: Server) -> None:
    assert not shared.post([cell_executed()]).json.get("streams")


def test_gaps_younger_than_the_grace_are_not_asked_for(shared: Server) -> None:
    stream = stream_of(shared.post([numbered("young", 5)]), "young")
    assert (stream["receivedThrough"], stream["missing"]) == (0, [])


def test_at_most_64_ranges_in_an_answer(prompt_server: Server) -> None:
    stream = stream_of(prompt_server.post([numbered("s", n) for n in range(2, 400, 2)]), "s")
    assert stream["missing"] == [[n, n] for n in range(1, 129, 2)]


def test_more_ranges_than_are_kept(prompt_server: Server) -> None:
    """Beyond 1,024 ranges the client is told to open a new stream; its events are stored all the same."""
    answer = None
    for begin in range(2, 3000, 500):
        answer = prompt_server.post([numbered("torn", n) for n in range(begin, begin + 500, 2)])
    stream = stream_of(answer, "torn")
    assert stream["newStream"] == "too_many_gaps"
    assert len(prompt_server.export()) == 1500


def test_abandoned_numbers_are_accounted_for(prompt_server: Server) -> None:
    server = prompt_server
    server.post([numbered("s", 1), numbered("s", 10)])
    gap = cell_executed(eventType="stream_gap", streamId="s", gapFrom=2, gapTo=9, gapCount=8, gapReason="disk full")
    stream = stream_of(server.post([gap]), "s")
    assert (stream["receivedThrough"], stream["missing"]) == (10, [])
    (student,) = delivery(server)
    assert student["abandoned"] == 8


def test_refused_items_are_accounted_for(prompt_server: Server) -> None:
    """An item that names its number and is refused would be refused for ever: it must not be asked for again."""
    server = prompt_server
    answer = server.post([numbered("s", 1), numbered("s", 2, code=5), numbered("s", 3)])
    assert [item["index"] for item in answer.stats["failed_events"]] == [1]
    stream = stream_of(answer, "s")
    assert (stream["receivedThrough"], stream["missing"]) == (3, [])
    server.restart()
    stream = stream_of(server.post([numbered("s", 4)]), "s")
    assert (stream["receivedThrough"], stream["missing"]) == (4, [])


def test_cloned_stream_is_told_to_part(prompt_server: Server) -> None:
    """A copied browser profile: the same number with another event id. Both events are stored."""
    server = prompt_server
    server.post([numbered("s", 1), numbered("s", 2)])
    answer = server.post([numbered("s", 2), numbered("s", 3)])
    assert answer.stats["successful_events"] == 2
    assert stream_of(answer, "s")["newStream"] == "cloned"
    assert len(server.export()) == 4


def test_ranges_survive_kill(prompt_server: Server) -> None:
    server = prompt_server
    server.post([numbered("s", n) for n in (1, 2, 3, 7)])
    server.kill()
    server.start()
    stream = stream_of(server.post([numbered("s", 8)]), "s")
    assert (stream["receivedThrough"], stream["missing"]) == (3, [[4, 6]])


def delivery(server: Server) -> list[dict]:
    answer = server.get("/api/v1/delivery")
    assert answer.status == 200, answer
    return answer.json["students"]


def test_delivery_per_student(prompt_server: Server) -> None:
    server = prompt_server
    lost = [numbered("a", n, emailAddress="a@example.com", classCode="C1") for n in (1, 2, 6)]
    server.post(lost)
    server.post(lost)
    server.post([cell_executed(emailAddress="b@example.com")])
    students = {student["emailAddress"]: student for student in delivery(server)}
    a = students["a@example.com"]
    assert (a["received"], a["missing"], a["duplicates"], a["classCode"]) == (3, 3, 3, "C1")
    assert a["lastSeen"] and abs(a["clockOffsetMs"]) < 60_000
    assert (students["b@example.com"]["received"], students["b@example.com"]["missing"]) == (1, 0)


class StreamClient:
    """Keeps every event it numbered, and what became of it as far as the answers tell."""

    def __init__(self, name: str, source: random.Random, forgetful: bool = True) -> None:
        self.source = source
        self.forgetful = forgetful
        self.stream = name
        self.count = 0  # numbers given in `stream`
        self.received_through = 0
        self.kept: dict[tuple[str, int], dict] = {}
        self.unsent: list[tuple[str, int]] = []
        self.all_ids: set[str] = set()
        self.refused_ids: set[str] = set()
        self.partings = 0

    def clone(self) -> "StreamClient":
        """The browser profile is copied, with the stream and all that waits in it."""
        other = StreamClient(self.stream, self.source, self.forgetful)
        other.count, other.received_through = self.count, self.received_through
        other.kept, other.unsent = dict(self.kept), list(self.unsent)
        return other

    def work(self, count: int) -> None:
        for _ in range(count):
            self.count += 1
            number = self.count
            choice = self.source.random()
            if choice < 0.05:
                event = numbered(self.stream, number, code=5)  # a defect that the server will refuse
                self.refused_ids.add(event["eventId"])
            elif choice > 0.95:  # the client's disk lost it
                event = cell_executed(eventType="stream_gap", streamId=self.stream, gapFrom=number, gapTo=number, gapCount=1)
                self.all_ids.add(event["eventId"])
            else:
                event = numbered(self.stream, number)
                self.all_ids.add(event["eventId"])
            self.kept[self.stream, number] = event
            self.unsent.append((self.stream, number))

    def send(self, client: Client, lossy: bool) -> None:
        """One post of some of what waits, in any order; the request or its answer may be lost."""
        if not self.unsent:
            return
        batch = self.source.sample(self.unsent, min(len(self.unsent), self.source.randint(1, 20)))
        if lossy and self.source.random() < 0.2:
            if self.forgetful:  # Only the server's ranges can bring it back.
                self.unsent = [key for key in self.unsent if key not in batch]
            return
        answer = client.post([self.kept[key] for key in batch])
        if lossy and self.source.random() < 0.2:
            return
        self.unsent = [key for key in self.unsent if key not in batch]
        if answer.status not in (202, 422):
            raise AssertionError(answer)
        for stream in answer.json.get("streams", []):
            self._obey(stream)

    def _obey(self, stream: dict) -> None:
        name = stream["streamId"]
        for first, last in stream["missing"]:
            asked = [(name, n) for n in range(first, last + 1)]
            self.unsent += [key for key in asked if key in self.kept and key not in self.unsent]
        if name != self.stream:
            return
        self.received_through = stream["receivedThrough"]
        if "newStream" in stream:
            self.stream = f"{name}+{self.source.getrandbits(32):08x}"
            self.count = self.received_through = 0
            self.partings += 1


def check_stored(server: Server, clients: list[StreamClient]) -> list[dict]:
    """Each event of each client once, none that was refused."""
    events = server.export()
    stored = [event["eventId"] for event in events]
    assert len(stored) == len(set(stored))
    assert set(stored) == set().union(*(client.all_ids for client in clients))
    assert not set(stored) & set().union(*(client.refused_ids for client in clients))
    return events


@pytest.mark.parametrize("seed", range(8))
def test_every_exchange_converges(prompt_server: Server, seed: int) -> None:
    server = prompt_server
    source = random.Random(seed)
    clients = [StreamClient(f"stream-{seed}-{n}", source) for n in range(3)]
    for round_ in range(12):
        for client in clients:
            client.work(source.randint(0, 15))
            for _ in range(source.randint(0, 3)):
                client.send(server.client, lossy=True)
        if source.random() < 0.15:
            server.kill()
            server.start()

    # The network is whole again. A client that is done sends one more event and is told of the rest.
    for client in clients:
        for _ in range(300):
            if not client.unsent:
                if client.received_through == client.count:
                    break
                client.work(1)
            client.send(server.client, lossy=False)
        assert client.received_through == client.count, f"did not converge, seed {seed}"
        assert client.partings == 0, "nobody else numbers in this stream"
    check_stored(server, clients)


@pytest.mark.parametrize("seed", range(8))
def test_every_exchange_with_clones_converges(prompt_server: Server, seed: int) -> None:
    """Copied profiles number in one stream. Such clients keep what has no answer, as the contract asks: the server cannot ask for
    a number that the other copy has filled. In the end each has a stream of its own and nothing is missing in any."""
    server = prompt_server
    source = random.Random(1000 + seed)
    clients = [StreamClient(f"stream-{seed}-{n}", source, forgetful=False) for n in range(2)]
    for round_ in range(12):
        if len(clients) < 6 and source.random() < 0.4:
            clients.append(source.choice(clients).clone())
        for client in clients:
            client.work(source.randint(0, 10))
            for _ in range(source.randint(0, 3)):
                client.send(server.client, lossy=True)
        if source.random() < 0.15:
            server.kill()
            server.start()
    assert len(clients) > 2, "the seed makes no clones"

    def converged() -> bool:
        own = len({client.stream for client in clients}) == len(clients)
        return own and all(not client.unsent and client.received_through == client.count for client in clients)

    for _ in range(300):
        if converged():
            break
        for client in clients:
            if not client.unsent:
                client.work(1)
            while client.unsent:
                client.send(server.client, lossy=False)
    assert converged(), f"seed {seed}: {[(c.stream, c.count, c.received_through) for c in clients]}"
    assert sum(client.partings for client in clients) >= len(clients) - 2
    check_stored(server, clients)
    assert sum(student["missing"] for student in delivery(server)) == 0


def test_two_tabs_of_one_stream(prompt_server: Server) -> None:
    """Events of one stream on several connections at once are counted once each."""
    server = prompt_server
    numbers = list(range(1, 201))
    random.Random(5).shuffle(numbers)

    def send(part: list[int]) -> None:
        client = Client(server.port)
        for number in part:
            assert client.post([numbered("tabs", number)]).status == 202
        client.close()

    threads = [threading.Thread(target=send, args=(numbers[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stream = stream_of(server.post([numbered("tabs", 201)]), "tabs")
    assert (stream["receivedThrough"], stream["missing"]) == (201, [])
    wait_until(lambda: delivery(server)[0]["received"] == 201, "all are counted")
