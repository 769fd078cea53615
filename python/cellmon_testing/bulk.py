"""Much at once through the server's API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from cellmon_testing._awaiting import Results
from cellmon_testing._http import Answer, Site, good
from cellmon_testing.generator import Event
from cellmon_testing.target import Target, current_target

# What the server takes in a body unless it is told otherwise (docs/reference: offline.md, classroom.md, classroom-api.md).
OFFLINE_EVENTS = 20_000
SUBMISSIONS = 10_000
EVENTS = 200
_PATIENCE_S = 60.0

T = TypeVar("T")
Result = dict[str, Any]


def bulk_sync_offline_events(events: Iterable[Event], target: Target | None = None) -> Results[Result]:
    """Brings in what students did offline (`POST /api/v1/offline/bulk`).

    A result for each event, in the order of `events`: `index`, `outcome` (stored, duplicate, conflict, refused), `event_id`, and of
    what was not taken `field` and `reason`. While the server is away or busy everything is sent again for a minute, which stores
    nothing twice.

    >>> results = await bulk_sync_offline_events(events)
    >>> len(results) == len(events) and {result["outcome"] for result in results} == {"stored"}
    True
    """
    site = event_site(target)

    def send(begin: int, part: list[Event]) -> list[Result]:
        answer = site.post_json("/api/v1/offline/bulk", {"events": part}, _PATIENCE_S)
        return _placed(begin, good("the offline bulk", answer, 200))

    return _in_parts(list(events), OFFLINE_EVENTS, send)


def bulk_create_submissions(submissions: Iterable[dict[str, Any]], target: Target | None = None) -> Results[Result]:
    """Hands in (`POST /api/v1/submissions/bulk`): `assignment_id`, `student_id`, and `grade`, `feedback`, `attempt` as they apply.

    A result for each, in order: `index`, `success`, then `id` and `attempt`, or `field` and `reason`. What names an `attempt` can be
    sent again; the rest would be a further attempt, so that nothing is sent twice here: ConnectionError when the answer was lost.

    >>> results = bulk_create_submissions([{"assignment_id": 1, "student_id": 7, "attempt": 1}])
    >>> results[0]["success"]
    True
    """
    site = people_site(target)

    def send(begin: int, part: list[dict[str, Any]]) -> list[Result]:
        answer = site.post_json("/api/v1/submissions/bulk", {"submissions": part})
        return _placed(begin, good("the bulk of submissions", answer, 200))

    return _in_parts(list(submissions), SUBMISSIONS, send)


def bulk_insert_events(events: Iterable[Event], target: Target | None = None) -> Results[Result]:
    """Posts events as clients do (`POST /api/v1/events`, arrays of 200), acknowledged when they are durable.

    A result for each array: `index`, `events`, `stored`, `duplicates`, `failed`, and what was refused as `failed_events`. While the server is away or busy an array is
    sent again for a minute, which stores nothing twice.

    >>> results = await asyncio.gather(*(bulk_insert_events(one) for one in students))  # All of them at once.
    """
    site = event_site(target)

    def send(begin: int, part: list[Event]) -> list[Result]:
        answer = site.post_json("/api/v1/events", part, _PATIENCE_S)
        return [_inserted(begin // EVENTS, len(part), answer)]

    return _in_parts(list(events), EVENTS, send)


def _placed(begin: int, answer: Answer) -> list[Result]:
    """The index is the place in what the caller gave, not in one body of it."""
    return [{**result, "index": begin + result["index"]} for result in answer.json()["results"]]


def _inserted(index: int, events: int, answer: Answer) -> Result:
    # 409 and 422 are also for arrays of which nothing was taken; the counts then say so. Without counts the body as a whole is wrong.
    stats = good("an array of events", answer, 202, 409, 422).json().get("batch_stats")
    if stats is None:
        good("an array of events", answer)
    taken, duplicates = stats["successful_events"], stats.get("duplicates", 0)  # Other servers do not tell them.
    return {"index": index, "events": events, "stored": taken - duplicates, "duplicates": duplicates, "failed": events - taken,
            "failed_events": stats["failed_events"]}


def _in_parts(items: list[T], size: int, send: Callable[[int, list[T]], list[Result]]) -> Results[Result]:
    """`send` takes where a part begins, and the part."""
    return Results(lambda: [result for begin in range(0, len(items), size) for result in send(begin, items[begin:begin + size])])


def event_site(target: Target | None) -> Site:
    """The server for a client that sends events."""
    used = target or current_target()
    return Site(used.server, {"X-Class-Key": used.class_key} if used.class_key else {})


def people_site(target: Target | None) -> Site:
    """The server for somebody who is logged in, where it asks for that."""
    used = target or current_target()
    return Site(used.server, {"Authorization": f"Bearer {used.token}"} if used.token else {})
