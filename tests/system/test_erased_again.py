"""Goal: who was erased stays erased when everything is lost and a backup from before the erasure comes back, in every store and in the
bytes of every file; who came back by themselves, and is in a newer backup, stays; a list that is missing or damaged is told.

Method: on both engines; the data folder and the database are removed; the rows against a rebuild; kill -9 at the system calls of a
restore; names and bytes are read here.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from support.accounts import Accounts
from support.backups import back_up, empty_database, epoch_of, is_left_alone, newest, restore
from support.classroom import Rows
from support.erasures import (HANAKO, NAME, SECRET, TARO, check_stores, erase, files_with, fill_classroom, refused, search,
                              wait_until_back, work_of)
from support.events import cell_executed
from support.options import segment_bytes
from support.server import BINARY, PATIENCE, SURROUNDINGS, Server, run_command, wait_until

AGAIN = b"erased since the backup was made: 1."
NO_LIST = b"no list of who was erased"


def ids_of(server: Server, email: str) -> set[str]:
    return {event["eventId"] for event in server.export() if event.get("emailAddress") == email}


def ids_in(events: list[dict]) -> set[str]:
    return {event["eventId"] for event in events}


def tombstone(folder: Path) -> Path:
    (path,) = folder.glob("*.done")
    return path


def erased_line(folder: Path) -> str:
    (line,) = [line for line in tombstone(folder).read_text().splitlines() if line.startswith("erased ")]
    return line


def lose_everything(server: Server, rows: Rows) -> None:
    shutil.rmtree(server.data)
    if rows.url:
        empty_database(rows)


def test_an_older_backup_brings_nobody_back(classroom: tuple[Server, Rows], tmp_path: Path) -> None:
    server, rows = classroom
    where = tmp_path / "backups"
    server.environment["CELLMON_BACKUP_DIRECTORY"] = str(where)
    accounts = Accounts(server.start(), rows)
    wait_until(lambda: list(where.glob("*.backup")), "the server's own backup, of nothing yet")
    mine, others = work_of(TARO, NAME, SECRET), work_of(HANAKO, "花太郎", "x = 1")
    for events in ([*mine, *others], [refused(TARO), refused(HANAKO)]):
        assert server.post(events).status in (202, 400, 422), events
    fill_classroom(accounts, TARO)
    server.wait_until_projected()
    back_up(server, where)
    older = newest(where)["backup"]
    assert list((where / "erasures").iterdir()) in ([], [where / "erasures/lock"]), "a list of nobody"

    erase(server, TARO)
    wait_until_back(server)
    assert tombstone(where / "erasures").name == tombstone(server.data / "erasures").name
    assert (where / "erasures/key").stat().st_mode & 0o777 == 0o600
    assert TARO.encode() not in b"".join(path.read_bytes() for path in (where / "erasures").iterdir())
    # They come back by themselves, and are in the next backup.
    newer = [cell_executed(emailAddress=TARO, userName=NAME, code=SECRET) for _ in range(7)]
    assert server.post(newer).status == 202
    server.wait_until_projected()
    back_up(server, where)
    server.stop()

    lose_everything(server, rows)
    done = restore(where, server.data, **rows.options)
    assert AGAIN not in done.stdout and NO_LIST not in done.stderr, done
    server.start()
    server.wait_until_projected()
    assert ids_of(server, TARO) == ids_in(newer) and ids_of(server, HANAKO) >= ids_in(others)
    assert rows.query("SELECT count(*) FROM students WHERE email_key = 'taro@example.com'") == [["0"]]
    server.stop()

    lose_everything(server, rows)
    done = restore(where, server.data, "--backup", older, **rows.options)
    assert AGAIN in done.stdout, done
    server.start()
    server.wait_until_projected()
    assert f"erasure {tombstone(where / 'erasures').stem} is done" in server.log()
    assert ids_of(server, TARO) == set() and ids_of(server, HANAKO) >= ids_in(others)
    assert search(server, TARO) == {}
    again = server.post(mine)
    assert again.status == 202 and again.stats["duplicates"] == len(mine), again
    server.wait_until_projected()
    check_stores(server)
    server.stop()
    assert files_with(server.data, TARO, NAME, SECRET) == []
    assert not list((server.data / "erasures").glob("*.pending"))

    # It stays the erasure of that time: the newer backup is still newer.
    assert erased_line(server.data / "erasures") == erased_line(where / "erasures")
    lose_everything(server, rows)
    assert AGAIN not in restore(where, server.data, **rows.options).stdout


def test_the_rows_alone_come_back(classroom: tuple[Server, Rows], tmp_path: Path) -> None:
    """What the person has done since lies in the journal, which was not lost, and stays."""
    server, rows = classroom
    where = tmp_path / "backups"
    accounts = Accounts(server.start(), rows)
    assert server.post(work_of(TARO, NAME, SECRET)).status == 202
    fill_classroom(accounts, TARO)
    server.wait_until_projected()
    back_up(server, where)
    erase(server, TARO)
    wait_until_back(server)
    newer = [cell_executed(emailAddress=TARO) for _ in range(3)]
    assert server.post(newer).status == 202
    server.wait_until_projected()
    server.stop()
    epoch = epoch_of(server.data)
    if rows.url:
        empty_database(rows)
    else:
        for path in server.data.glob("classroom.db*"):
            path.unlink()
    # The backups know of no erasure; the data folder does.
    done = restore(where, server.data, "--only", "classroom", **rows.options)
    assert AGAIN in done.stdout and NO_LIST not in done.stderr, done
    assert rows.query("SELECT count(*) FROM students WHERE email_key = 'taro@example.com'") == [["1"]]
    server.start()
    server.wait_until_projected()
    assert epoch_of(server.data) == epoch
    assert ids_of(server, TARO) == ids_in(newer)
    found = search(server, TARO)
    assert "journal" in found and "classroom" not in found, found
    check_stores(server)


def little_class(server: Server) -> list[dict]:
    """Some events of each, stored, and the server stopped."""
    events = [cell_executed(emailAddress=email) for email in (TARO, HANAKO) for _ in range(5)]
    assert server.start().post(events).status == 202
    server.wait_until_projected()
    server.stop()
    return events


def erase_without_server(server: Server, where: Path) -> subprocess.CompletedProcess:
    return erase(server, TARO, CELLMON_BACKUP_DIRECTORY=str(where))


def test_a_list_that_is_missing_or_damaged_is_told(new_server: Callable[..., Server], tmp_path: Path) -> None:
    server = new_server()
    little_class(server)
    where, one = tmp_path / "backups", tmp_path / "one.cellmon-backup"
    back_up(server, where)
    back_up(server, one)
    erase_without_server(server, where)

    # A single file has no list beside it.
    done = restore(one, tmp_path / "without")
    assert NO_LIST in done.stderr and AGAIN not in done.stdout
    assert len(ids_of(new_server(name="without").start(), TARO)) == 5
    done = restore(one, tmp_path / "with", "--erasures", where / "erasures")
    assert NO_LIST not in done.stderr and AGAIN in done.stdout
    restored = new_server(name="with").start()
    assert ids_of(restored, TARO) == set() and len(ids_of(restored, HANAKO)) == 5
    restored.stop()
    assert search(restored, TARO) == {}

    missing = tmp_path / "missing"
    shutil.copytree(where, missing)
    shutil.rmtree(missing / "erasures")
    done = restore(missing, tmp_path / "missed")
    assert NO_LIST in done.stderr and AGAIN not in done.stdout

    def refused_because(reason: bytes, hurt: Callable[[Path], object]) -> None:
        copy, data = tmp_path / "hurt", tmp_path / "refused"
        shutil.copytree(where, copy)
        hurt(copy / "erasures")
        done = restore(copy, data, check=False)
        assert done.returncode == 1 and reason in done.stderr, done
        if (copy / "erasures/key").exists():
            verified = run_command("backup", "verify", "--from", copy, check=False)
            assert verified.returncode == 1 and b"Damaged: " in verified.stdout, verified
        assert is_left_alone(data) and not list((data / "erasures").iterdir()), list(data.rglob("*"))
        shutil.rmtree(copy)

    refused_because(b"the list of who was erased", lambda folder: tombstone(folder).write_text("cellmon-erased 1\n"))
    refused_because(b"the key is missing", lambda folder: (folder / "key").unlink())


def test_a_list_that_cannot_be_copied_comes_with_the_next_backup(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """The erasure is done all the same, and so is a backup."""
    server = new_server()
    little_class(server)
    where = tmp_path / "backups"
    where.mkdir()
    (where / "erasures").write_text("in the way")
    done = back_up(server, where)
    assert b"list of who was erased is not beside it" in done.stderr
    done = erase_without_server(server, where)
    assert b"Erased: 5 payloads" in done.stdout and b"is not beside the backups" in done.stderr
    (where / "erasures").unlink()
    done = back_up(server, where)
    assert b"list of who was erased" not in done.stderr
    assert tombstone(where / "erasures").read_bytes() == tombstone(server.data / "erasures").read_bytes()


def killed_restore(call: str, nth: int, where: Path, data: Path, *options: object) -> bool:
    """Whether it was."""
    # The leak sanitizer cannot look while somebody else traces the process.
    surroundings = SURROUNDINGS | {"ASAN_OPTIONS": f"{SURROUNDINGS.get('ASAN_OPTIONS', '')}:detect_leaks=0"}
    done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={nth}",
                           str(BINARY), "restore", "--from", str(where), "--data", str(data), *map(str, options)],
                          capture_output=True, env=surroundings, timeout=60 * PATIENCE, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.fixture
def two_backups(new_server: Callable[..., Server], tmp_path: Path) -> tuple[Path, str]:
    """One with the person, and one behind their erasure, into which they came back."""
    server = new_server()
    little_class(server)
    where = tmp_path / "backups"
    back_up(server, where)
    older = newest(where)["backup"]
    erase_without_server(server, where)
    little_class(server)
    back_up(server, where)
    return where, older


def test_no_death_of_a_restore_forgets_it(two_backups: tuple[Path, str], new_server: Callable[..., Server], tmp_path: Path) -> None:
    where, older = two_backups
    killed = 0
    for nth in range(1, 30):
        data = tmp_path / f"rename-{nth}"
        was_killed = killed_restore("rename", nth, where, data, "--backup", older)
        killed += was_killed
        if was_killed:
            restore(where, data, "--backup", older)
        assert len(list((data / "erasures").glob("*.pending"))) == 1, nth
        if not was_killed:
            break
    assert killed >= 5 and not was_killed
    server = new_server(name=f"rename-{nth}").start()
    assert ids_of(server, TARO) == set() and len(ids_of(server, HANAKO)) == 5


def test_what_a_killed_restore_asked_for_is_none_of_the_next_one(two_backups: tuple[Path, str], new_server: Callable[..., Server],
                                                                 tmp_path: Path) -> None:
    """Killed just before its end, and then a backup is restored in which the person is by right."""
    where, older = two_backups
    for nth in range(1, 30):
        data = tmp_path / f"unlink-{nth}"
        killed_restore("unlink", nth, where, data, "--backup", older)
        if list((data / "erasures").glob("*.pending")):
            break
    assert (data / "restore.unfinished").exists(), "it was killed when it removed its mark"
    assert AGAIN not in restore(where, data).stdout
    assert not list((data / "erasures").glob("*.pending"))
    server = new_server(name=data.name).start()
    assert len(ids_of(server, TARO)) == 5 and len(ids_of(server, HANAKO)) == 10


def test_what_was_erased_goes_with_the_backups_that_were_made_before(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """Sealed segments are shared by backups; one of which something was blanked is not, other ones are."""
    server = new_server(*segment_bytes(1 << 20)).start()
    where = tmp_path / "backups"

    def post(email: str, count: int) -> None:
        for _ in range(count // 100):
            assert server.post([cell_executed(emailAddress=email, code="z = 3\n" * 500) for _ in range(100)]).status == 202

    def sealed() -> set[str]:
        return {path.stem for path in where.glob("journal-*.part") if "-open" not in path.stem}

    post(TARO, 100)
    post(HANAKO, 1_400)
    server.wait_until_projected()
    back_up(server, where)
    before = sealed()
    first = next(name for name in before if f"-{1:020}-" in name)
    assert len(before) >= 3
    erase(server, TARO)
    wait_until_back(server)
    back_up(server, where)
    server.stop()
    assert b"1 removed" in run_command("backup", "prune", "--from", where, "--keep", "1").stdout
    after = sealed()
    assert before - after == {first}, "nothing of the person is left in a part"
    assert [name for name in after - before if name.startswith(f"{first}-blank-")]
    assert run_command("backup", "verify", "--from", where).returncode == 0
    data = tmp_path / "restored"
    assert b"100 payloads that were erased before the backup are blank" in restore(where, data).stdout
    assert run_command("journal", "verify", "--data", data).returncode == 0
    restored = new_server(name="restored").start()
    assert ids_of(restored, TARO) == set() and len(ids_of(restored, HANAKO)) == 1_400
