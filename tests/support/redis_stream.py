"""What is in Redis, as any program reads it, held against the exported journal and a ledger outside the server."""

from __future__ import annotations

import json
import threading

import redis

from support.redis_server import RedisServer
from support.server import Server, wait_until


class Stream:
    """The stream of a server in one database of a Redis."""

    def __init__(self, redis: RedisServer, database: int = 0, port: int | None = None) -> None:
        self._redis, self.database = redis, database
        self.url = redis.url(database, port)

    @property
    def environment(self) -> dict[str, str]:
        return {"CELLMON_REDIS_URL": self.url}

    def client(self) -> redis.Redis:
        """As another program that writes."""
        return self._redis.client(self.database)

    def leader(self) -> dict:
        with self._redis.client(self.database) as client:
            return json.loads(client.get("cellmon:leader"))

    def entries(self) -> list[tuple[int, dict]]:
        """Sequence and fields of each entry, in the order of the stream; none while nobody leads."""
        with self._redis.client(self.database) as client:
            leader = client.get("cellmon:leader")
            found = client.xrange(json.loads(leader)["stream"]) if leader else []
        assert all(name.endswith("-0") for name, _ in found)
        return [(int(name[:-2]), fields) for name, fields in found]

    def events(self) -> list[dict]:
        """The events among them, as the export of the journal shows them."""
        return [json.loads(fields["payload"]) for _, fields in self.entries() if fields["kind"] == "1"]

    def check(self, server: Server, kept: int = 100_000) -> list[tuple[int, dict]]:
        """It is the end of the journal: the newest entries, each once and in order, with their payloads."""
        journal = server.export(all_kinds=True)[-kept:]
        expected = [entry["sequence"] for entry in journal]
        wait_until(lambda: [sequence for sequence, _ in self.entries()] == expected,
                   f"the stream is {expected[:1]} to {expected[-1:]}; {projection(server)}", timeout_s=60)
        return self.compare(journal)

    def compare(self, journal: list[dict]) -> list[tuple[int, dict]]:
        """It is these entries of the journal, each once and in order, with their payloads."""
        entries = self.entries()
        assert [sequence for sequence, _ in entries] == [entry["sequence"] for entry in journal]
        for (_, fields), entry in zip(entries, journal):
            payload = json.loads(fields["payload"])
            assert all(entry[name] == value for name, value in payload.items())
        return entries

    def count(self) -> int:
        with self._redis.client(self.database) as client:
            leader = client.get("cellmon:leader")
            return client.xlen(json.loads(leader)["stream"]) if leader else 0


def projection(server: Server) -> dict:
    (entry,) = [p for p in server.get("/api/v1/projections").json["projections"] if p["name"] == "redis"]
    return entry


def wait_until_streamed(server: Server, timeout_s: float = 60.0) -> None:
    def caught_up():
        entry = projection(server)
        return entry["lagEvents"] == 0 and entry["state"] == "running"

    wait_until(caught_up, "the projection into Redis has caught up", timeout_s)


class Subscriber:
    """Collects the messages of channels, from before it returns until it is closed. Those of other servers are left out."""

    def __init__(self, redis: RedisServer, stream: str, *channels: str) -> None:
        self._stream = stream
        self.messages: list[tuple[str, dict]] = []
        self._client = redis.client()
        self._pubsub = self._client.pubsub()
        self._pubsub.subscribe(*channels)
        for _ in channels:
            assert self._pubsub.get_message(timeout=20)["type"] == "subscribe"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                message = self._pubsub.get_message(timeout=0.1)
            except (OSError, ConnectionError, ValueError):
                return
            if message and message["type"] == "message":
                text = json.loads(message["data"])
                if text["stream"] == self._stream:
                    self.messages.append((message["channel"], text))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._pubsub.close()
        self._client.close()
