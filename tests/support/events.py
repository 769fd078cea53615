"""Events for tests: valid ones by default, each with an id of its own."""

from __future__ import annotations

import json
import random
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

RECORDINGS = Path(__file__).resolve().parents[1] / "data"


def now_text() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def cell_executed(source: random.Random | None = None, **fields: object) -> dict:
    """A successful run of a code cell. Fields given as None are left out."""
    event_id = uuid.UUID(int=source.getrandbits(128), version=4) if source else uuid.uuid4()
    event = {
        "eventId": str(event_id),
        "eventType": "cell_executed",
        "eventTime": now_text(),
        "emailAddress": "student001@example.com",
        "teamName": "チームA",
        "userName": "受講生 001",
        "sessionId": "5d8e5b1f-6f0e-4b57-9a38-2f1f0d6d6a01",
        "notebookPath": "演習/第1回.ipynb",
        "cellId": "a1b2c3d4",
        "cellIndex": 0,
        "cellType": "code",
        "code": "print('hello')",
        "executionCount": 1,
        "hasError": False,
        "result": "",
        "executionDurationMs": 3.5,
    }
    event.update(fields)
    return {name: value for name, value in event.items() if value is not None}


def numbered(stream: str, number: int, **fields: object) -> dict:
    return cell_executed(streamId=stream, streamSequence=number, **fields)


def recorded_posts(name: str) -> list[dict]:
    """The recorded POST requests of the real extension, in their order: `body` (text as sent), `headers`, `answered`."""
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [record for record in map(json.loads, lines) if record["method"] == "POST"]


RECORDING_NAMES = ("recorded-extension-traffic", "recorded-extension-traffic-retries")


def text_time(seconds_from_now: float) -> str:
    at = datetime.fromtimestamp(time.time() + seconds_from_now, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
