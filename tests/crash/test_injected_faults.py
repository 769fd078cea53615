"""Goal: a disk that fails costs nothing that was acknowledged, and the server admits it: waiters hear 503 (or nothing), the
process ends by itself, the next start has every acknowledged event once.

Method: strace makes system calls of the release binary fail or wait, on the journal's segment only, while a load runs; a
preloaded library makes writes short, as a kernel may. A ledger outside the server is the judge.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from independent_journal_reader import read_journal
from support.client import Client
from support.database import event_count
from support.events import cell_executed
from support.load import Ledger, Load, send_again
from support.server import PATIENCE, Server, run_command, wait_until

FIRST_SEGMENT = "00000000000000000001.segment"


def strace(server: Server, inject: str, trace: Path) -> list[str]:
    """strace as a detached tracer, so that the child process is the server itself."""
    assert shutil.which("strace"), "strace is missing"
    call = inject.split(":")[0]
    return ["strace", "-D", "-f", "-qq", "-y", "-o", str(trace), "-P", str(server.journal / FIRST_SEGMENT),
            "-e", f"trace={call}", "-e", f"inject={inject}"]


def injected(trace: Path) -> int:
    return trace.read_text(errors="replace").count("(INJECTED)") + trace.read_text(errors="replace").count("(DELAYED)")


def check_nothing_is_lost(server: Server, ledger: Ledger) -> None:
    """After a start without faults."""
    server.start()
    stored = [event["eventId"] for event in server.export()]
    assert ledger.acknowledged <= set(stored), f"{len(ledger.acknowledged - set(stored))} acknowledged events are lost"
    assert len(stored) == len(set(stored))
    send_again(server, ledger.unknown(), ledger)
    server.stop()
    assert Counter(str(entry.id) for entry in read_journal(server.journal)) == Counter(dict.fromkeys(ledger.events, 1))


def first_event(ledger: Ledger) -> list[dict]:
    events = [cell_executed()]
    ledger.sent(events)
    return events


@pytest.mark.parametrize("inject", [
    "fdatasync:error=EIO:when=1",
    "fdatasync:error=EIO:when=7",
    "fdatasync:error=EIO:when=30+",
    "fdatasync:error=ENOSPC:when=12",
    "pwrite64:error=EIO:when=5",
    "pwrite64:error=ENOSPC:when=20",
    "pwrite64:error=EDQUOT:when=9+",
    "pwrite64:retval=0:when=6",
])
def test_failing_disk(new_server, tmp_path: Path, inject: str) -> None:
    server: Server = new_server()
    # The journal exists and has been restarted once, so that the file keeps its name for strace.
    server.start()
    first = [cell_executed() for _ in range(20)]
    ledger = Ledger()
    ledger.sent(first)
    ledger.answered(first, server.post(first).status)
    server.stop()

    trace = tmp_path / "trace"
    try:
        server.start(wrapper=strace(server, inject, trace))
    except Exception as failure:
        # The fault may hit the recovery itself: then there is no start, and a reason is given.
        assert "ended with" in str(failure) and "ended with 0" not in str(failure), failure
    else:
        load = Load(server, ledger, seed=3)
        status = server.wait_for_end(timeout_s=60)
        load.stop()
        assert status not in (0, -6, -11), f"the server must end by itself, and in order: {status}"
        assert set(ledger.answers) <= {202, 503}, ledger.answers
    assert injected(trace) >= 1, "the fault was not hit"
    check_nothing_is_lost(server, ledger)


def test_no_acknowledgement_before_the_sync_returns(new_server, tmp_path: Path) -> None:
    """Law 1, measured: each sync is held for half a second before it begins; no answer may come earlier."""
    server: Server = new_server().start()
    server.post([cell_executed()])
    server.stop()
    held_s = 0.5
    trace = tmp_path / "trace"
    server.start(wrapper=strace(server, f"fdatasync:delay_enter={int(held_s * 1e6)}", trace))
    for events in ([cell_executed()], [cell_executed() for _ in range(10)]):
        began = time.monotonic()
        assert server.post(events).status == 202
        assert time.monotonic() - began >= held_s
    duplicate_began = time.monotonic()
    event = cell_executed()
    answers: list[float] = []

    def send() -> None:
        client = Client(server.port)
        assert client.post([event]).status == 202
        answers.append(time.monotonic() - duplicate_began)
        client.close()

    # A duplicate of a pending id shares the fate of its group: it is not acknowledged earlier either.
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(answers) >= held_s
    server.kill()


def test_duplicates_of_a_failed_group_fail_with_it(new_server, tmp_path: Path) -> None:
    """Law 2 with law 1: while the first try of an event is being synced, a resend hears what becomes of that sync. It fails."""
    server: Server = new_server().start()
    server.post([cell_executed()])
    server.stop()
    held_us = int(1e6 * PATIENCE)
    server.start(wrapper=strace(server, f"fdatasync:error=EIO:delay_enter={held_us}:when=1+", tmp_path / "trace"))
    event = cell_executed()
    statuses: list[int] = []

    def send() -> None:
        client = Client(server.port)
        try:
            statuses.append(client.post([event]).status)
        except OSError:
            statuses.append(0)  # The server was gone before it could answer.
        client.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    threads[0].start()
    segment = server.journal / FIRST_SEGMENT
    wait_until(lambda: event["eventId"].encode() in segment.read_bytes(), "the event is written")
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {0, 503} and len(statuses) == 6, statuses
    assert server.wait_for_end() not in (0, -6, -11)


def test_nobody_sees_what_is_not_synced(new_server, tmp_path: Path) -> None:
    """Law 4, measured: while a sync is held back the entries lie in the file already, whole and valid. No reader shows them:
    not the API, not the commands, not the independent reader, not the projection."""
    server: Server = new_server().start()
    server.post([cell_executed()])
    server.stop()
    held_s = 4.0 * PATIENCE
    server.start(wrapper=strace(server, f"fdatasync:delay_enter={int(held_s * 1e6)}", tmp_path / "trace"))
    event = cell_executed()
    answers: list[int] = []

    def send() -> None:
        client = Client(server.port)
        answers.append(client.post([event]).status)
        client.close()

    sender = threading.Thread(target=send)
    sender.start()
    segment = server.journal / FIRST_SEGMENT
    wait_until(lambda: event["eventId"].encode() in segment.read_bytes(), "the event is written", timeout_s=held_s)
    seen = {
        "API": len(server.export()),
        "export": len(run_command("journal", "export", "--data", server.data).stdout.splitlines()),
        "verify": json.loads(run_command("journal", "verify", "--json", "--data", server.data).stdout)["entries"],
        "inspect": json.loads(run_command("journal", "inspect", "--json", "--data", server.data).stdout)["durable"],
        "independent reader": len(list(read_journal(server.journal))),
        "projection": server.relational()["durableSequence"],
        "rows": event_count(server.database),
    }
    assert answers == [], "the sync must still be held back"
    assert seen == dict.fromkeys(seen, 1)
    sender.join()
    assert answers == [202]
    assert len(server.export()) == 2
    server.wait_until_projected()
    assert event_count(server.database) == 2
    server.kill()


def test_slow_syncs_make_larger_groups(new_server, tmp_path: Path) -> None:
    """The sync in flight is the batching window: slow syncs cost time, not events, and few syncs serve many requests."""
    server: Server = new_server().start()
    ledger = Ledger()
    send_again(server, first_event(ledger), ledger)
    server.stop()
    trace = tmp_path / "trace"
    server.start(wrapper=strace(server, "fdatasync:delay_exit=100000", trace))
    load = Load(server, ledger, seed=9, threads=16, batch=4)
    wait_until(lambda: ledger.counts()[1] >= 300, "the load is acknowledged", timeout_s=60)
    load.stop()
    assert ledger.answers.keys() == {202}
    requests = ledger.answers[202]
    syncs = len(re.findall(r"fdatasync\(", trace.read_text(errors="replace")))
    server.stop()
    assert syncs * 4 <= requests, f"{syncs} syncs for {requests} requests of 16 connections"
    check_nothing_is_lost(server, ledger)


SHORT_WRITES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>
// Every write of more than one byte is cut to a part of it, and really only that part is written.
typedef ssize_t (*pwrite_function)(int, const void*, size_t, off_t);
static atomic_uint turn;
static ssize_t cut(const char* name, int fd, const void* bytes, size_t size, off_t at) {
    pwrite_function real = (pwrite_function)dlsym(RTLD_NEXT, name);
    unsigned n = atomic_fetch_add(&turn, 1);
    size_t part = size > 1 ? 1 + (size - 1) * (n % 7) / 8 : size;
    return real(fd, bytes, part, at);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { return cut("pwrite", fd, bytes, size, at); }
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t at) { return cut("pwrite64", fd, bytes, size, at); }
"""


def test_short_writes(new_server, tmp_path: Path) -> None:
    source, library = tmp_path / "short_writes.c", tmp_path / "short_writes.so"
    source.write_text(SHORT_WRITES, encoding="utf-8")
    subprocess.run([os.environ.get("CC", "gcc"), "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    trace = tmp_path / "trace"
    server: Server = new_server(environment={"LD_PRELOAD": str(library)})
    server.start(wrapper=["strace", "-D", "-f", "-qq", "-o", str(trace), "-e", "trace=pwrite64"])
    ledger = Ledger()
    load = Load(server, ledger, seed=4)
    wait_until(lambda: ledger.counts()[1] >= 1000, "the load is acknowledged", timeout_s=60)
    load.stop()
    assert set(ledger.answers) == {202}
    server.stop()
    # The cut calls are what reached the kernel; without the library one call writes one group.
    assert len(re.findall("pwrite64", trace.read_text(errors="replace"))) > 3 * ledger.answers[202] / 4
    server.environment = {}
    check_nothing_is_lost(server, ledger)
