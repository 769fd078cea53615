"""Goal: a backup that was made beside a busy server brings back everything that was acknowledged before it, and the classroom exactly as
it was; a backup that is damaged, cut short or of another password brings back nothing; deaths of either command leave what was there.

Method: the release binary; the judges are a ledger outside the server, the exported journal and the rows as any program reads them.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from support.accounts import CHEAP, PATIENT, Accounts
from support.backups import (acknowledged, back_up, empty_database, epoch_of, exported_ids, is_left_alone, kill_at, listed, newest,
                             restore, seconds_of)
from support.classroom import Rows
from support.database import event_ids
from support.events import cell_executed
from support.later import later
from support.options import segment_bytes
from support.school import new_class, new_lesson
from support.server import BINARY, ROOT, SURROUNDINGS, Server, StartFailed, run_command, wait_until
from support.simulated_load import SimulatedLoad
from support.small_disk import MIB, SmallDisk

SMALL_SEGMENTS = segment_bytes(MIB)
OLD_FORMATS = sorted((ROOT / "tests/data/backups").glob("format-*"))
# Rows that change by themselves: logins end, and a login is a line.
QUIET_TABLES = ["instructors", "classes", "class_staff", "students", "student_classes", "class_assignments", "assignment_submissions",
                "grade_history", "notebooks", "system_settings", "audit_log"]


def table_rows(rows: Rows) -> dict[str, list]:
    return {table: rows.query(f"SELECT * FROM {table} ORDER BY 1, 2") for table in QUIET_TABLES}


def post(server: Server, count: int, **fields: object) -> list[str]:
    events = [cell_executed(**fields) for _ in range(count)]
    for begin in range(0, count, 200):
        assert server.post(events[begin:begin + 200]).status == 202
    return [event["eventId"] for event in events]


def damage(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 4
    path.write_bytes(data)


def test_backup_under_load_wipe_restore(classroom: tuple[Server, Rows], tmp_path: Path) -> None:
    """Both engines. What was acknowledged before a backup is in it; one behind the load has all of it, and the audit is clean."""
    server, rows = classroom
    server.options += SMALL_SEGMENTS
    accounts = Accounts(server.start(), rows)
    new_lesson(accounts)
    before = table_rows(rows)
    where, ledger = tmp_path / "backups", tmp_path / "ledger.ndjson"
    load = SimulatedLoad(server, ledger, "--rate", "1000", "--batch", "10", "--duration", "60")
    wait_until(lambda: ledger.exists() and len(acknowledged(ledger)) > 1_500, "events are taken")
    promised = acknowledged(ledger)
    back_up(server, where)
    first = newest(where)
    still = acknowledged(ledger)
    assert len(still) > len(promised), "the load went on meanwhile"
    load.stop()
    again = back_up(server, where)
    assert len(listed(where)) == 2
    # Segments that are sealed are there already.
    names = {path.name for path in where.glob("*.part")}
    assert len(names) < len(listed(where)) * 2 + len(list(server.journal.glob("*.segment"))) + 2, again.stdout
    assert run_command("backup", "verify", "--from", where).returncode == 0
    server.stop()

    # Everything is lost: the data folder, and the database.
    shutil.rmtree(server.data)
    if rows.url:
        empty_database(rows)
    done = restore(where, server.data, **rows.options)
    assert b"Restored from" in done.stdout
    epoch = epoch_of(server.data)
    assert epoch > 1
    server.start()
    server.wait_until_projected()
    assert table_rows(rows) == before
    where_from = ["--server", f"http://127.0.0.1:{server.port}"] if rows.url else ["--data", server.data]
    audited = run_command("audit", *where_from, "--ledger", ledger, check=False)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert run_command("audit", "--data", server.data, "--deep", environment=rows.options, check=False).returncode == 0
    # Accounts work, events are taken, a resent one is a duplicate.
    # Ids go on where they were.
    new_class(accounts.login("instructor@example.com"))
    event = cell_executed()
    assert server.post([event]).stats["duplicates"] == 0
    assert server.post([event]).stats["duplicates"] == 1
    server.stop()

    # The first backup alone, elsewhere.
    if not rows.url:
        other = tmp_path / "other"
        restore(where, other, "--backup", first["backup"])
        ids = exported_ids(other)
        assert promised <= set(ids)
        assert len(ids) == len(set(ids)) == first["through"]


def test_to_any_sequence_behind_the_snapshot(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """Also in the middle of a record, and with rows of one backup and events of a later one."""
    server = new_server(*SMALL_SEGMENTS).start()
    where = tmp_path / "backups"
    ids = post(server, 1_000)
    back_up(server, where)
    ids += post(server, 900)
    server.stop()
    back_up(server, where)
    assert [(one["snapshot"], one["through"]) for one in listed(where)] == [(1_000, 1_000), (1_900, 1_900)]
    for sequence in (1_000, 1_037, 1_899, 1_900):
        data = tmp_path / f"to-{sequence}"
        restore(where, data, "--to-sequence", sequence)
        assert exported_ids(data) == ids[:sequence]
        assert run_command("journal", "verify", "--data", data).returncode == 0
    for sequence in (999, 1_901):
        refused = restore(where, tmp_path / "refused", "--to-sequence", sequence, check=False)
        assert refused.returncode == 3 and f"sequence {sequence}: they go from 1000,".encode() in refused.stderr
        assert refused.stderr.rstrip().endswith(b"to 1900")
        assert is_left_alone(tmp_path / "refused")
    # Life goes on in another history: the same numbers, other events.
    restored = new_server(name="to-1037").start()
    more = post(restored, 5)
    restored.wait_until_projected()
    assert exported_ids(restored.data) == ids[:1_037] + more == event_ids(restored.database)


def test_one_half_is_lost(classroom: tuple[Server, Rows], tmp_path: Path) -> None:
    """The rows alone: all events stay. The journal alone: rows of events that are no more go by themselves."""
    server, rows = classroom
    accounts = Accounts(server.start(), rows)
    new_lesson(accounts)
    where = tmp_path / "backups"
    ids = post(server, 300)
    server.wait_until_projected()
    before = table_rows(rows)
    back_up(server, where)
    ids += post(server, 200)
    server.wait_until_projected()
    server.stop()
    refused = restore(where, server.data, check=False, **rows.options)
    assert refused.returncode == 3 and b"overwrites nothing" in refused.stderr
    refused = restore(where, server.data, "--only", "classroom", check=False, **rows.options)
    assert refused.returncode == 3 and b"overwrites nothing" in refused.stderr

    if rows.url:
        empty_database(rows)
    else:
        for path in server.data.glob("classroom.db*"):
            path.unlink()
    restore(where, server.data, "--only", "classroom", **rows.options)
    assert epoch_of(server.data) == 1
    server.start()
    server.wait_until_projected()
    assert exported_ids(server.data) == ids
    assert table_rows(rows) == before
    server.stop()

    shutil.rmtree(server.journal)
    restore(where, server.data, "--only", "journal", **rows.options)
    server.start()
    server.wait_until_projected()
    assert server.relational()["alarm"] is False
    more = post(server, 3)
    server.wait_until_projected()
    assert [event["eventId"] for event in server.export()] == ids[:300] + more
    assert table_rows(rows) == before
    audited = run_command("audit", "--data", server.data, "--deep", environment=rows.options, check=False)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert sum(student["received"] for student in server.get("/api/v1/delivery").json["students"]) == 303


@pytest.mark.parametrize("form", ["folder", "file"])
def test_what_is_damaged_brings_back_nothing(new_server: Callable[..., Server], tmp_path: Path, form: str) -> None:
    server = new_server().start()
    ids = post(server, 400)
    server.stop()
    where = tmp_path / ("backups" if form == "folder" else "one.cellmon-backup")
    secret = {"CELLMON_BACKUP_PASSWORD": "correct horse"}
    back_up(server, where, **secret)
    assert newest(where)["encrypted"]
    data = tmp_path / "restored"

    def refused(status: int, reason: bytes, place: Path, **environment: str) -> None:
        done = restore(place, data, check=False, **environment)
        assert done.returncode == status, done.stderr
        assert reason in done.stderr, done.stderr
        assert is_left_alone(data), list(data.rglob("*"))

    refused(3, b"password is wrong", where, CELLMON_BACKUP_PASSWORD="incorrect horse")
    refused(3, b"no password was given", where)
    for name, hurt in {"cut": lambda path: path.write_bytes(path.read_bytes()[:-40]),
                       "flipped": lambda path: damage(path, 0.5),
                       "flipped-early": lambda path: damage(path, 0.01)}.items():
        copy = tmp_path / f"{name}-{where.name}"
        shutil.copytree(where, copy) if form == "folder" else shutil.copy(where, copy)
        for part in list(copy.glob("journal-*.part")) if form == "folder" else [copy]:
            hurt(part)
        refused(1, b"", copy, **secret)
        checked = run_command("backup", "verify", "--from", copy, environment=secret, check=False)
        assert checked.returncode == 1, checked.stdout
    if form == "folder":
        copy = tmp_path / "missing"
        shutil.copytree(where, copy)
        next(copy.glob("*classroom.part")).unlink()
        refused(1, b"is missing", copy, **secret)
        # A manifest that somebody changed, with a right checksum.
        refused_key = back_up(server, where, check=False, CELLMON_BACKUP_PASSWORD="another")
        assert refused_key.returncode == 3 and b"password is wrong" in refused_key.stderr
    # Nothing of what was said is in the stored bytes.
    for path in [where] if form == "file" else where.glob("*.part"):
        assert ids[0].encode() not in path.read_bytes()
    restore(where, data, **secret)
    assert exported_ids(data) == ids


def test_deaths_of_backup_and_restore(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """Killed at any time: earlier backups are whole, the next one works; no server starts on half a restore, the next one clears up."""
    server = new_server(*SMALL_SEGMENTS).start()
    where = tmp_path / "backups"
    ids = post(server, 3_000, code="x = 1\n" * 50)
    back_up(server, where)
    ids += post(server, 3_000, code="y = 2\n" * 50)
    fresh = tmp_path / "timed"
    took_s = seconds_of(lambda: back_up(server, fresh))
    for part in range(6):
        kill_at(["backup", "--data", server.data, "--to", where], took_s * part / 6)
        assert run_command("backup", "verify", "--from", where).returncode == 0
    back_up(server, where)
    assert not list(where.glob("*.partial"))
    assert not list(server.data.glob("*.backup.tmp*"))
    server.stop()

    took_s = seconds_of(lambda: restore(where, tmp_path / "whole"))
    data = tmp_path / "killed"
    unfinished = data / "restore.unfinished"
    halves = 0
    for part in range(8):
        # The first of each half dies at once: before it began to write, and where it just did.
        kill_at(["restore", "--from", where, "--data", data], took_s * (part % 4) / 8, behind=unfinished if part >= 4 else None)
        if unfinished.exists():
            halves += 1
            with pytest.raises(StartFailed, match="was not finished"):
                new_server(name="killed").start()
        elif (data / "classroom.db").exists():
            shutil.rmtree(data)
    assert halves > 0, "no restore was killed in the middle"
    if not (data / "classroom.db").exists() or unfinished.exists():
        restore(where, data)
    assert exported_ids(data) == ids


def test_a_full_disk(new_server: Callable[..., Server], tmp_path: Path) -> None:
    server = new_server().start()
    ids = post(server, 2_000, code="".join(chr(0x4E00 + n * 7 % 20_000) for n in range(1_000)))
    server.stop()
    disk = SmallDisk(tmp_path / "disk", 16 * MIB)
    try:
        where = tmp_path / "disk/backups"
        full = run_on(disk, "backup", "--data", server.data, "--to", where)
        assert full.returncode == 0, full.stderr
        disk.fill()
        full = run_on(disk, "backup", "--data", server.data, "--to", where)
        assert full.returncode == 3 and b"No space left" in full.stderr, full.stderr
        assert run_on(disk, "backup", "verify", "--from", where).returncode == 0
        assert len(run_on(disk, "backup", "list", "--from", where, "--json").stdout.splitlines()) == 1
        data = tmp_path / "disk/data"
        full = run_on(disk, "restore", "--from", where, "--data", data)
        assert full.returncode == 3 and b"No space left" in full.stderr, full.stderr
        assert is_left_alone(disk.seen(data))
        disk.empty()
        assert run_on(disk, "restore", "--from", where, "--data", data).returncode == 0
        assert exported_ids(disk.seen(data)) == ids
    finally:
        disk.close()


def run_on(disk: SmallDisk, *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([*disk.enter, str(BINARY), *map(str, arguments)], capture_output=True, check=False, env=SURROUNDINGS, timeout=120)


def test_a_server_backs_itself_up(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """By the clock; keeps so many; says when it cannot, in health, metrics and log; goes on by itself."""
    where, password = tmp_path / "backups", tmp_path / "password"
    password.write_text("correct horse\n")
    server = new_server("--backup-directory", str(where), "--backup-interval", "1s", "--backup-keep", "2",
                        "--backup-password-file", str(password)).start()
    post(server, 50)

    def metric(name: str) -> float:
        lines = server.get("/metrics").body.decode().splitlines()
        return float(next((line.split()[1] for line in lines if line.startswith(name + " ")), -1))

    wait_until(lambda: metric("cellmon_backup_backups_total") >= 3, "three backups")
    wait_until(lambda: len(listed(where)) == 2, "old ones go")
    assert metric("cellmon_backup_ok") == 1 and metric("cellmon_backup_age_seconds") < 10
    assert server.get("/api/v1/health").json["services"]["backup"]["status"] == "healthy"
    covered = wait_until(lambda: (lines := (server.data / "backup.covered").read_text().splitlines())[3] == "sequence 50" and lines,
                         "a backup has all events")
    assert covered[0] == "cellmon-backup-covered 1"
    (where / "repository").rename(tmp_path / "away")
    (where / "repository").mkdir()
    wait_until(lambda: metric("cellmon_backup_ok") == 0, "the failure shows")
    health = server.get("/api/v1/health").json
    assert health["status"] == "degraded" and health["services"]["backup"]["status"] == "unhealthy"
    assert "no backup was made" in server.log()
    (where / "repository").rmdir()
    (tmp_path / "away").rename(where / "repository")
    wait_until(lambda: metric("cellmon_backup_ok") == 1, "backups go on")
    assert "correct horse" not in server.log()
    server.stop()
    assert run_command("backup", "verify", "--from", where, "--password-file", password).returncode == 0
    refused = run_command("backup", "--data", server.data, "--to", server.data / "backups", check=False)
    assert refused.returncode == 2 and b"lies in the data folder" in refused.stderr


def test_prune_keeps_what_the_rest_needs(new_server: Callable[..., Server], tmp_path: Path) -> None:
    server = new_server(*SMALL_SEGMENTS).start()
    where = tmp_path / "backups"
    ids: list[str] = []
    for _ in range(4):
        ids += post(server, 800, code="z = 3\n" * 60)
        back_up(server, where)
    server.stop()
    before = sum(path.stat().st_size for path in where.iterdir())
    done = run_command("backup", "prune", "--from", where, "--keep", "1")
    assert b"3 removed" in done.stdout
    assert sum(path.stat().st_size for path in where.iterdir()) < before
    restore(where, tmp_path / "restored")
    assert exported_ids(tmp_path / "restored") == ids
    # Nobody knows what a manifest that cannot be read needs.
    back_up(Server(server.data), where)
    damage(sorted(where.glob("*.backup"))[0], 0.5)
    refused = run_command("backup", "prune", "--from", where, "--keep", "1", check=False)
    assert refused.returncode == 1 and b"nothing was removed" in refused.stderr


@pytest.mark.moved_clock
def test_prune_by_age_and_by_size(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """Each rule alone and with others; what backups share counts once; the newest stays, and it is said when it alone is too much."""
    server = new_server(*SMALL_SEGMENTS).start()
    where = tmp_path / "backups"
    ids: list[str] = []
    for _ in range(4):
        ids += post(server, 800, code="z = 3\n" * 60)
        back_up(server, where)
    server.stop()

    def prune(*options: object, days: float = 0, check: bool = True) -> subprocess.CompletedProcess:
        return run_command("backup", "prune", "--from", where, *options, check=check, environment=later(days) if days else None)

    def stored() -> int:
        return sum(path.stat().st_size for pattern in ("*.part", "*.backup") for path in where.glob(pattern))

    for options in ((), ("--keep-days", 1), ("--keep-bytes", stored()), ("--keep-bytes", "1GiB", "--keep-days", 1, "--keep", 4)):
        assert prune(*options).stdout.startswith(b"0 removed,")
    names = [one["backup"] for one in listed(where)]
    done = prune("--keep-bytes", stored() - 1)
    assert b"1 removed (1 by size)" in done.stdout and done.stderr == b""
    assert [one["backup"] for one in listed(where)] == names[1:]

    back_up(server, where, **later(40))
    done = prune("--keep", 3, "--keep-days", 30, days=40)
    assert b"3 removed (1 by number, 2 by age)" in done.stdout and done.stderr == b""
    assert prune("--keep-days", 30, days=400).stdout.startswith(b"0 removed,")
    done = prune("--keep-bytes", "1KiB")
    assert done.stdout.startswith(b"0 removed,") and done.stderr.count(b"the newest backup alone has") == 1
    for wrong in (("--keep-days", 0), ("--keep-bytes", 0), ("--keep-bytes", "much")):
        assert prune(*wrong, check=False).returncode == 2
    assert len(listed(where)) == 1
    restore(where, tmp_path / "restored")
    assert exported_ids(tmp_path / "restored") == ids


@pytest.mark.moved_clock
def test_a_server_prunes_by_age_and_by_size(new_server: Callable[..., Server], tmp_path: Path) -> None:
    """As the command does; that the newest backup alone is too much is said once, and it stays."""
    server = new_server().start()
    where = tmp_path / "backups"
    post(server, 50)
    server.stop()
    for _ in range(2):
        back_up(server, where)
    server.environment.update(later(40))
    server.options += ["--backup-directory", str(where), "--backup-keep-days", "30"]
    server.start()
    wait_until(lambda: "2 old backups removed (2 by age)" in server.log(), "old ones go")
    server.stop()
    assert len(listed(where)) == 1

    server.options += ["--backup-interval", "1s", "--backup-keep-bytes", "1KiB"]
    server.start()
    wait_until(lambda: server.log().count("1 old backups removed (1 by size)") >= 3, "what is too much goes")
    server.stop()
    assert server.log().count("the newest backup alone has") == 1
    assert run_command("backup", "verify", "--from", where).returncode == 0


@pytest.mark.parametrize("form", OLD_FORMATS, ids=lambda path: path.name)
def test_every_earlier_format_comes_back(new_server: Callable[..., Server], tmp_path: Path, form: Path) -> None:
    """Made by the program of that time; its README says how."""
    for number, where in enumerate([form / "repository", form / "one.cellmon-backup"]):
        restore(where, tmp_path / f"data-{number}", "--password-file", form / "password")
        server = new_server(name=f"data-{number}", environment={**CHEAP, **PATIENT}).start()
        server.wait_until_projected()
        assert [event["eventId"] for event in server.export()] == (form / "event-ids").read_text().split()
        Accounts(server, Rows(server.data)).login("sensei@example.com", "old enough to know")
        server.stop()
