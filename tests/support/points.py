"""The points of a server in InfluxDB, as any program reads them, and what they must be: the second writing of the rules, from the
page docs/reference/timeseries-schema.md alone. The only place of the tests that knows the measurements."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timezone

from support.influxdb import PASSWORD, USER, InfluxDB
from support.server import wait_until

BLOCK = 1_000_000
RANGE = 1_000
PART = 100_000  # Of sequences that are read at once.
# A request that was given up may be taken late and set a sum back; what is in doubt is written again, seven times in 128 s.
SETTLED_S = 150.0
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
EMPTY = {"notebook": "unknown", "directory": "root", "notebookPath": "", "cellId": "", "cellIndex": -1, "executionCount": -1}
COPIED = ("eventId", "notebookPath", "cellId", "cellIndex", "executionCount", "userName", "classCode", "sessionId", "errorName",
          "kernelStatus", "presence")
TAGS = {"emailAddress": "emailAddress", "teamName": "teamName", "cellType": "cellType", "event": "eventType"}


def tag_text(value: str) -> str:
    """What a tag cannot hold is replaced."""
    pictures = {code: 0x2400 + code for code in range(0x20)}
    return value.translate({**pictures, 0x7F: 0x2421, ord("\\"): 0xFF3C})


def microseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH
    return (moment.days * 86_400 + moment.seconds) * 1_000_000 + moment.microseconds


def expected_point(event: dict) -> dict:
    """The point of an exported event, but for how a run ended, which the server's rules decide."""
    sequence = event["sequence"]
    point = dict(EMPTY, block=str(sequence // BLOCK), sequence=sequence,
                 time=microseconds(event["eventTime"]) // 1000 * 1_000_000 + sequence % BLOCK)
    for tag, field in TAGS.items():
        if event.get(field):
            point[tag] = tag_text(event[field])
    path = event.get("notebookPath") or ""
    point["directory"] = path.rpartition("/")[0] or "root"
    point["notebook"] = tag_text(path.rpartition("/")[2]) or "unknown"
    point.update({field: event[field] for field in COPIED if field in event})
    return point


def expected_activity(events: list[dict]) -> dict[tuple, int]:
    """Events by minute, class and type."""
    return Counter((microseconds(event["eventTime"]) // 60_000_000, tag_text(event.get("classCode") or ""), tag_text(event["eventType"]))
                   for event in events)


class Points:
    """Those of one server, in a database of its own."""

    def __init__(self, influxdb: InfluxDB, port: int | None = None) -> None:
        self.influxdb = influxdb
        self.database = influxdb.new_database()
        self.environment = {"CELLMON_INFLUX_URL": f"http://127.0.0.1:{port or influxdb.port}", "CELLMON_INFLUX_DATABASE": self.database,
                            "CELLMON_INFLUX_USER": USER, "CELLMON_INFLUX_PASSWORD": PASSWORD}

    def query(self, statement: str) -> list[dict]:
        return self.influxdb.query(statement, self.database)

    def is_there(self) -> bool:
        """The database: one that was dropped is made again when that is noticed."""
        return self.database in [row["name"] for row in self.query("SHOW DATABASES")]

    def count(self) -> int:
        rows = self.query("SELECT count(sequence) FROM student_progress")
        return rows[0]["count"] if rows else 0

    def event_ids(self) -> list[str]:
        """The id of each point in the order of its sequence."""
        ids: list[str] = []
        most = self.query("SELECT max(sequence) FROM student_progress")
        for begin in range(0, most[0]["max"] + 1 if most else 0, PART):
            rows = self.query(f"SELECT sequence, eventId FROM student_progress WHERE sequence >= {begin} AND sequence < {begin + PART}")
            ids += [row["eventId"] for row in sorted(rows, key=lambda row: row["sequence"])]
        return ids

    def marks(self) -> int:
        """How many of the two places of the cursor are there."""
        return len(self.query("SELECT max(through) FROM cellmon_cursor GROUP BY slot"))

    def progress(self) -> dict[int, dict]:
        """Each point by its sequence; more than one of a sequence is a fault."""
        rows = self.query("SELECT * FROM student_progress")
        points = {row["sequence"]: {key: value for key, value in row.items() if value is not None} for row in rows}
        assert len(points) == len(rows), "a sequence has more than one point"
        return points

    def activity(self) -> dict[tuple, int]:
        """Events by minute, class and type."""
        sums: dict[tuple, int] = defaultdict(int)
        for row in self.query("SELECT * FROM class_activity"):
            sums[row["time"] // 60_000_000_000, row.get("classCode") or "", row["event"]] += row["events"]
        return dict(sums)

    def check(self, events: list[dict]) -> None:
        """They are the exported events, each once, and nothing else."""
        found = self.progress()
        assert sorted(found) == [event["sequence"] for event in events]
        for event in events:
            point = found[event["sequence"]]
            expected = expected_point(event)
            assert {key: point.get(key) for key in expected} == expected
        wait_until(lambda: self.activity() == expected_activity(events), "the activity is that of the events", SETTLED_S)
