"""Breaks Redis, and brings it back: only one that this test started, or whose process it names."""

from __future__ import annotations

import atexit
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cellmon_testing._awaiting import Awaited
from cellmon_testing.local.redis import LocalRedis, redis_answers
from cellmon_testing.target import current_target

_DIE_S = 30.0
_RECOVER_S = 60.0


class NotOurs(RuntimeError):
    """The process is not one that may be broken."""


@dataclass
class RedisFailure(Awaited):
    """What was done, and how it is undone."""

    kind: str  # kill or pause.
    pid: int
    url: str
    began: float  # time.monotonic().
    undo: Callable[[], object] = field(repr=False)
    of_others: bool = False  # Of a process that this test did not start.
    recovered: float | None = None

    @property
    def seconds(self) -> float | None:
        """From the failure until it answered again; None while it does not."""
        return None if self.recovered is None else self.recovered - self.began


_failures: list[RedisFailure] = []


def inject_redis_failure(redis: LocalRedis | int | None = None, how: str = "kill", restart: Sequence[str] | None = None) -> RedisFailure:
    """Takes Redis away until recover_redis().

    `redis`: a LocalRedis, or the process id of a Redis; without it, the LocalRedis that the target uses. `how`: `kill` (kill -9), or
    `pause` (it keeps its connections and says nothing). Whoever names a process id and kills it says by `restart`, a command, how it
    comes back. NotOurs when no Redis was started or named, or the process is none.

    >>> inject_redis_failure()
    >>> ...
    >>> recover_redis().seconds
    30.1
    """
    if how not in ("kill", "pause"):
        raise ValueError(f"how is kill or pause, not {how!r}")
    if isinstance(redis, int):
        failure = _kill_named(redis, restart) if how == "kill" else _pause_named(redis)
    else:
        failure = _break_own(redis or _own_redis(), how)
    _failures.append(failure)
    return failure


def recover_redis(timeout_seconds: float = _RECOVER_S) -> RedisFailure:
    """Undoes the last inject_redis_failure(), and waits until Redis answers."""
    if not _failures:
        raise RuntimeError("no failure of Redis was injected")
    failure = _failures.pop()
    failure.undo()
    deadline = time.monotonic() + timeout_seconds
    while not redis_answers(failure.url):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Redis does not answer {timeout_seconds:g} s after it was brought back")
        time.sleep(0.02)
    failure.recovered = time.monotonic()
    return failure


def _own_redis() -> LocalRedis:
    url = current_target().redis
    for redis in LocalRedis.started:
        if redis.url == url and redis.is_running():
            return redis
    raise NotOurs("this test has started no Redis that the target uses; name the process id of the one that may be broken")


def _break_own(redis: LocalRedis, how: str) -> RedisFailure:
    if not redis.is_running():
        raise NotOurs("this Redis does not run")
    began, pid = time.monotonic(), redis.pid
    if how == "kill":
        redis.kill()
        return RedisFailure(how, pid, redis.url, began, redis.start)
    redis.pause()
    return RedisFailure(how, pid, redis.url, began, redis.go_on)


def _pause_named(pid: int) -> RedisFailure:
    url, descriptor = _named(pid)
    began = time.monotonic()
    signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
    return RedisFailure("pause", pid, url, began, lambda: _go_on(descriptor), of_others=True)


def _kill_named(pid: int, restart: Sequence[str] | None) -> RedisFailure:
    if restart is None:
        raise NotOurs("who kills a Redis by its process id says how it comes back: restart=[command, …]")
    command = list(restart)
    url, descriptor = _named(pid)
    began = time.monotonic()
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        _wait_until_dead(pid, descriptor)
    finally:
        os.close(descriptor)
    return RedisFailure("kill", pid, url, began, lambda: subprocess.run(command, check=True, stdin=subprocess.DEVNULL), of_others=True)


def _named(pid: int) -> tuple[str, int]:
    """The URL of the Redis that has this process id, and a descriptor that means this process and no later one with its id."""
    url = current_target().redis
    if not url:
        raise NotOurs("the target names no Redis (CELLMON_REDIS_URL)")
    try:
        descriptor = os.pidfd_open(pid)
    except OSError as error:
        raise NotOurs(f"there is no process {pid}") from error
    try:
        _check_is_redis(pid)
    except BaseException:
        os.close(descriptor)
        raise
    return url, descriptor


def _check_is_redis(pid: int) -> None:
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NotOurs(f"there is no process {pid}") from error
    if not name.startswith("redis-server"):
        raise NotOurs(f"process {pid} is {name}, not a redis-server")


def _wait_until_dead(pid: int, descriptor: int) -> None:
    """All of its threads: the first alone may be gone while the others still hold what was open."""
    death = select.poll()
    death.register(descriptor, select.POLLIN)
    if not death.poll(_DIE_S * 1000):
        raise TimeoutError(f"process {pid} does not die")


def _go_on(descriptor: int) -> None:
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGCONT)
    finally:
        os.close(descriptor)


@atexit.register
def _undo_all() -> None:
    """Nothing stays broken behind a test that was ended: Ctrl-C, a failure, a forgotten recover_redis(). What the test started ends
    with it."""
    while _failures:
        failure = _failures.pop()
        if failure.of_others:
            with suppress(Exception):
                failure.undo()
