"""Goal: whoever is erased is gone from every store and from the bytes of every file, nobody else loses anything, what their client sends
again stays a duplicate, and no death of the process on the way leaves half of it.

Method: on both engines; a small class that uses everything which keeps something of a person; the bytes of the data directory are read
here; kill -9 at the system calls of an erasure; the rows against a rebuild.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Callable

from independent_journal_reader import read_journal
from support.accounts import Accounts
from support.classroom import Rows
from support.erasures import (HANAKO, NAME, SECRET, TARO, check_stores, erase, files_with, fill_classroom, refused, search,
                              wait_until_back, work_of)
from support.events import cell_executed
from support.server import BINARY, PATIENCE, SURROUNDINGS, Server, run_command


def test_a_person_is_gone_from_everywhere(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    accounts = Accounts(server.start(), rows)
    mine, others = work_of(TARO, NAME, SECRET), work_of(HANAKO, "花太郎", "x = 1")
    for events in ([*mine, *others], [refused(TARO), refused(HANAKO)]):
        assert server.post(events).status in (202, 400, 422), events
    fill_classroom(accounts, TARO)
    server.wait_until_projected()
    before = search(server, TARO)
    assert {"journal", "relational", "classroom"} <= set(before), before
    delivered = {one["emailAddress"]: one for one in accounts.of("admin").get("/api/v1/delivery").json["students"]}
    assert TARO in delivered
    process = server.process.pid

    done = erase(server, TARO.upper())
    assert str(len(mine)).encode() in done.stdout or b"Erased" in done.stdout
    wait_until_back(server)
    accounts.reconnect()
    assert server.process.poll() is None and server.process.pid == process

    server.wait_until_projected()
    exported = server.export(all_kinds=True)
    assert TARO not in json.dumps([one for one in exported if one.get("emailAddress") != HANAKO]).replace(HANAKO, "")
    after = {one["emailAddress"]: one for one in accounts.of("admin").get("/api/v1/delivery").json["students"]}
    assert set(after) == set(delivered) - {TARO} and after[HANAKO]["received"] == delivered[HANAKO]["received"]

    # What their client sends again is known, and brings nothing back.
    again = server.post(mine)
    assert again.status == 202 and again.stats["duplicates"] == len(mine), again
    server.wait_until_projected()
    check_stores(server)
    server.stop()
    assert files_with(server.data, TARO, NAME, SECRET) == []
    assert search(server, TARO) == {}, "nor in the longer address that ends with it"
    blank = [entry.sequence for entry in read_journal(server.journal) if entry.payload is None]
    assert len(blank) >= len(mine)
    if rows.url is not None:
        assert TARO not in rows.query("SELECT string_agg(t::text, ' ') FROM students t")[0][0].replace(HANAKO, "")
    assert [path.suffix for path in (server.data / "erasures").iterdir() if path.name != "key"] == [".done"]


def test_a_mention_by_somebody_else_is_told(server: Server) -> None:
    assert server.post([cell_executed(emailAddress=HANAKO, code=f"mail('{TARO}')")]).status == 202
    server.wait_until_projected()
    assert "1 events of others" in search(server, TARO)["journal"]
    assert b"1 events of others" in erase(server, TARO).stdout
    wait_until_back(server)
    (event,) = server.export()
    assert TARO in event["code"]


def test_it_asks_first(server: Server) -> None:
    server.post([cell_executed(emailAddress=TARO)])
    done = run_command("student", "erase", TARO, "--data", server.data, check=False)
    assert done.returncode == 2 and b"--yes" in done.stderr
    assert run_command("student", "erase", "no-address", "--data", server.data, "--yes", check=False).returncode == 2
    assert len(server.export()) == 1 and not (server.data / "erasures").exists()


# Each is a call that an erasure makes on its way; the later ones of a kind belong to later steps.
DEATHS = [("fdatasync", n) for n in (1, 2, 3, 5, 8)] + [("rename", n) for n in (1, 2, 3, 4, 5, 6, 7, 8)] + \
         [("pwrite64", n) for n in (3, 8, 20, 40)] + [("unlink", n) for n in (1, 2)]
if PATIENCE > 1:  # Whether each state is mended is the release build's question; faults of the code show in any of them.
    DEATHS = DEATHS[::3]


def test_no_death_leaves_half_of_it(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """On SQLite: without a server the command does it, and is killed; the next start has done the rest."""
    server = new_server(name="first")
    accounts = Accounts(server.start(), Rows(server.data))
    mine = work_of(TARO, NAME, SECRET)
    assert server.post([*mine, *work_of(HANAKO, "花太郎", "x = 1")]).status == 202
    accounts.make(TARO, "student")
    server.wait_until_projected()
    server.stop()
    killed = 0
    for call, nth in DEATHS:
        one = new_server(name=f"{call}-{nth}")
        subprocess.run(["cp", "-a", "--sparse=always", server.data, one.data], check=True)
        done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={nth}",
                               str(BINARY), "student", "erase", TARO, "--data", str(one.data), "--yes"],
                              capture_output=True, env=SURROUNDINGS, timeout=60, check=False)
        was_killed = done.returncode != 0
        killed += was_killed
        one.start()
        if list((one.data / "erasures").glob("*.done")):
            assert not list((one.data / "erasures").glob("*.pending"))
            one.wait_until_projected()
            again = one.post(mine)
            assert again.stats["duplicates"] == len(mine), (call, nth, again)
            check_stores(one)
            one.stop()
            assert files_with(one.data, TARO, NAME, SECRET) == [], (call, nth)
        else:
            # Nobody had been asked yet: then all is as it was.
            assert was_killed and not list((one.data / "erasures").glob("*.pending")), (call, nth)
            assert sum(event.get("emailAddress") == TARO for event in one.export()) == len(mine)
            one.stop()
        shutil.rmtree(one.data)
    assert killed >= len(DEATHS) * 12 // 19
