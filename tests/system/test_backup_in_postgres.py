"""Goal: whatever ends a restore into PostgreSQL, or a backup out of it, nothing half of it is taken for whole, and the same command
again brings all of it.

Method: PostgreSQL for real behind a relay that stops at one moment of the talk; then the restore is killed, or PostgreSQL ends, or
its disk is full. The judge is a restore that nothing happened to: each row of each table, the keys between tables, the next ids.
"""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import pytest

from support.accounts import CHEAP, PATIENT, Accounts
from support.backups import back_up, exported_ids, is_left_alone, listed, restore
from support.classroom import Rows
from support.events import cell_executed
from support.postgres import Postgres
from support.school import new_lesson
from support.server import BINARY, SURROUNDINGS, Server, StartFailed, run_command, wait_until
from support.small_disk import MIB, fill
from support.tap import Moment, Tap

AUDIT_LINES, PUPILS = 15_000, 3_000
# Of the rows: what a restore sends of them, and a backup hears.
PARTS = (0.1, 0.5, 0.9)
DISK_BYTES = 192 * MIB
LAST_COMMIT = {"after": b"COMMENT ON TABLE", "words": b"COMMIT"}
MAKING_TABLES = [Moment(b"DROP TABLE"), Moment(b"CREATE TABLE class_keys"), Moment(b"LOCK TABLE"),
                 Moment(b"DROP CONSTRAINT", is_answered=True), Moment(b"COPY")]
ENDING = [Moment(b"ADD CONSTRAINT"), Moment(b"COMMENT ON TABLE", is_answered=True), Moment(**LAST_COMMIT)]
# From here on the rows are in the database.
LAST_ANSWER = [Moment(**LAST_COMMIT, is_answered=True)]
BEHIND_THE_ROWS = [*LAST_ANSWER, Moment(b"ANALYZE"), Moment(b"ANALYZE", is_answered=True)]


def tables(rows: Rows) -> list[str]:
    return [table for (table,) in rows.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")]


def everything(rows: Rows) -> dict[str, list]:
    """Of the classroom, but for when its tables were made."""
    contents = [f"SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\")) FROM {table} t"
                for table in tables(rows) if table != "schema_version"]
    sequences = rows.query("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1")
    next_ids = [f"SELECT '{name}', CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {name}" for (name,) in sequences]
    keys = ("SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2, 3")
    return {"rows": rows.query(" UNION ALL ".join(contents)), "next ids": rows.query(" UNION ALL ".join(next_ids)), "keys": rows.query(keys)}


def is_without_rows(rows: Rows) -> bool:
    """It waits for what a dead restore may still hold."""
    # These have rows from the start.
    looks = [f"SELECT 1 FROM {table}" for table in tables(rows) if table not in ("schema_version", "system_settings")]
    return not looks or rows.query(" UNION ALL ".join(looks)) == []


@dataclass
class Made:
    """A backup, and what it must bring back."""

    where: Path
    server: Server  # That it is of; stopped.
    server_rows: Rows
    rows: dict[str, list]
    ids: list[str]


def make(postgres: Postgres, folder: Path) -> Made:
    """Its rows are some MiB."""
    rows = Rows(Path(), postgres, postgres.new_database())
    server = Server(folder / "made", environment={**CHEAP, **PATIENT, **rows.options})
    try:
        new_lesson(Accounts(server.start(), rows))
        events = [cell_executed() for _ in range(50)]
        assert server.post(events).status == 202
        server.wait_until_projected()
        server.stop()
    finally:
        server.kill()
    rows.query("INSERT INTO audit_log (at_us, address, action, subject, detail) SELECT n, '127.0.0.1', 'test', '生徒', "
               f"repeat(md5(n::text), 6) || E'\\\\\\t\\n' FROM generate_series(1, {AUDIT_LINES}) n")
    rows.query("INSERT INTO students (email, email_key, name, created_us, version) SELECT n || '@example.com', n || '@example.com', '学生', n, 1 "
               f"FROM generate_series(1, {PUPILS}) n")
    where = folder / "backups"
    back_up(server, where)
    return Made(where, server, rows, everything(rows), [event["eventId"] for event in events])


@pytest.fixture(scope="module")
def made(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(postgres, tmp_path_factory.mktemp("made"))


@pytest.fixture
def fragile() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, which it may stop."""
    one = Postgres().start()
    yield one
    one.remove()


@pytest.fixture
def new_tap() -> Iterator[Callable[[Postgres], Tap]]:
    taps: list[Tap] = []

    def make_one(postgres: Postgres) -> Tap:
        taps.append(Tap(postgres.port))
        return taps[-1]

    yield make_one
    for tap in taps:
        tap.close()


class Place:
    """An empty one that a backup is restored to, through a tap."""

    def __init__(self, made: Made, postgres: Postgres, tap: Tap, data: Path) -> None:
        self.made, self.data, self._tap = made, data, tap
        self.rows = Rows(Path(), postgres, postgres.new_database())
        self._through = {"CELLMON_POSTGRES_URL": self.rows.url.replace(f":{postgres.port}/", f":{tap.port}/")}

    def restore(self, check: bool = True) -> subprocess.CompletedProcess:
        return restore(self.made.where, self.data, check=check, **self._through)

    def begin(self, moment: Moment) -> subprocess.Popen:
        """Returns when the moment has come; the restore waits there."""
        self._tap.hold_at(moment)
        process = subprocess.Popen([str(BINARY), "restore", "--from", str(self.made.where), "--data", str(self.data)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**SURROUNDINGS, **self._through})
        self._tap.wait()
        return process

    def check_no_server(self) -> None:
        assert (self.data / "restore.unfinished").exists()
        with pytest.raises(StartFailed, match="was not finished"):
            Server(self.data, environment=self.rows.options).start()

    def check_whole(self) -> None:
        assert everything(self.rows) == self.made.rows
        assert exported_ids(self.data) == self.made.ids
        assert not (self.data / "restore.unfinished").exists()


@pytest.fixture
def new_place(made: Made, tmp_path: Path, new_tap: Callable[[Postgres], Tap]) -> Callable[..., Place]:
    def make_one(postgres: Postgres, tap: Tap | None = None, of: Made = made) -> Place:
        return Place(of, postgres, tap or new_tap(postgres), tmp_path / f"place-{len(list(tmp_path.iterdir()))}")

    return make_one


def rows_moments(place: Place, tap: Tap) -> list[Moment]:
    """Nothing happens to this restore, and so it is known how much is sent."""
    place.restore()
    place.check_whole()
    return [Moment(request_bytes=int(tap.most[0] * part)) for part in PARTS]


def test_deaths_of_a_restore(postgres: Postgres, new_tap: Callable[[Postgres], Tap], new_place: Callable[..., Place]) -> None:
    """Each leaves the place to the next one; the rows are there as a whole, or none is."""
    tap = new_tap(postgres)
    moments = [*MAKING_TABLES, *rows_moments(new_place(postgres, tap), tap), *ENDING]
    killed = new_place(postgres, tap)
    for moment in moments:
        kill(killed, tap, moment)
        killed.check_no_server()
        assert is_without_rows(killed.rows), moment
    killed.restore()
    killed.check_whole()
    for moment in BEHIND_THE_ROWS:
        killed = new_place(postgres, tap)
        kill(killed, tap, moment)
        killed.check_no_server()
        assert everything(killed.rows) == killed.made.rows, moment
        killed.restore()
        killed.check_whole()
    started = Server(killed.data, environment={**CHEAP, **PATIENT, **killed.rows.options}).start()
    started.wait_until_projected()
    started.stop()


def kill(place: Place, tap: Tap, moment: Moment) -> None:
    process = place.begin(moment)
    process.kill()
    process.communicate()
    tap.drop()


def check_nothing_counts(place: Place) -> None:
    """Behind a restore that failed: none of it is there, or what is there lets no server start."""
    if not is_left_alone(place.data):
        place.check_no_server()


@pytest.mark.parametrize("moments", [[MAKING_TABLES[1], Moment(request_bytes=2 * MIB)], ENDING[1:], LAST_ANSWER],
                         ids=["before the end", "at the end", "behind it"])
def test_postgres_ends_during_a_restore(fragile: Postgres, new_tap: Callable[[Postgres], Tap], new_place: Callable[..., Place],
                                        moments: list[Moment]) -> None:
    """At once, as with a machine that goes away: whether the last COMMIT was done, nobody was told."""
    tap = new_tap(fragile)
    for moment in moments:
        place = new_place(fragile, tap)
        process = place.begin(moment)
        fragile.stop(signal.SIGQUIT)
        tap.drop()
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 3 and b"PostgreSQL" in said, (moment, said)
        check_nothing_counts(place)
        fragile.start()
        place.restore()
        place.check_whole()


def test_postgres_ends_behind_the_rows(fragile: Postgres, new_tap: Callable[[Postgres], Tap], new_place: Callable[..., Place]) -> None:
    """They are back, and what came behind was for speed alone."""
    tap = new_tap(fragile)
    place = new_place(fragile, tap)
    process = place.begin(Moment(b"ANALYZE"))
    fragile.stop(signal.SIGQUIT)
    tap.drop()
    said = process.communicate(timeout=60)[1]
    fragile.start()
    if process.returncode != 0:
        # Whom to erase again could not be asked any more.
        assert b"PostgreSQL" in said, said
        place.check_no_server()
        place.restore()
    place.check_whole()


def test_a_death_before_the_last_answer(fragile: Postgres, new_tap: Callable[[Postgres], Tap], new_place: Callable[..., Place]) -> None:
    """PostgreSQL takes its time for it; the next restore waits for that, and does not take the rows for somebody else's."""
    tap = new_tap(fragile)
    place = new_place(fragile, tap)
    process = place.begin(Moment(**LAST_COMMIT))
    fragile.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    fragile.query("SELECT pg_reload_conf()")
    wait_until(lambda: fragile.query("SHOW synchronous_standby_names") == [["nobody"]], "the setting holds")
    tap.go_on()
    wait_until(lambda: sessions(fragile, "wait_event = 'SyncRep'") == 1, "it is about to commit")
    process.kill()
    process.communicate()
    again = subprocess.Popen([str(BINARY), "restore", "--from", str(place.made.where), "--data", str(place.data)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**SURROUNDINGS, **place.rows.options})
    wait_until(lambda: sessions(fragile, "wait_event_type = 'Lock'") == 1 or again.poll() is not None, "the next one waits")
    fragile.query("ALTER SYSTEM RESET synchronous_standby_names")
    fragile.query("SELECT pg_reload_conf()")
    said = again.communicate(timeout=60)[1]
    assert again.returncode == 0, said
    place.check_whole()


def sessions(postgres: Postgres, which: str) -> int:
    return int(postgres.query(f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cellmon' AND {which}")[0][0])


@pytest.mark.parametrize("left_bytes", [0, 2 * MIB])
def test_the_disk_of_postgres_is_full(made: Made, new_place: Callable[..., Place], left_bytes: int) -> None:
    """From the start, or among the rows."""
    postgres = Postgres({"max_wal_size": "48MB", "min_wal_size": "32MB"}, DISK_BYTES)
    try:
        place = new_place(postgres.start())
        fill(postgres.disk.seen(postgres.data.parent) / "filler", left_bytes)
        full = place.restore(check=False)
        assert full.returncode == 3 and b"PostgreSQL" in full.stderr and b"No space left" in full.stderr, full.stderr
        check_nothing_counts(place)
        postgres.disk.empty()
        postgres.recover()
        assert is_without_rows(place.rows)
        place.restore()
        place.check_whole()
    finally:
        postgres.remove()


def test_postgres_ends_during_a_backup(fragile: Postgres, new_tap: Callable[[Postgres], Tap], tmp_path: Path) -> None:
    """The earlier one stays whole, and the next one works."""
    made, tap = make(fragile, tmp_path), new_tap(fragile)
    through = made.server.environment["CELLMON_POSTGRES_URL"].replace(f":{fragile.port}/", f":{tap.port}/")
    for moment in (Moment(b"REPEATABLE READ"), Moment(answer_bytes=MIB), Moment(answer_bytes=3 * MIB), Moment(b"COMMIT")):
        tap.hold_at(moment)
        process = subprocess.Popen([str(BINARY), "backup", "--data", str(made.server.data), "--to", str(made.where)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**SURROUNDINGS, "CELLMON_POSTGRES_URL": through})
        tap.wait()
        fragile.stop(signal.SIGQUIT)
        tap.drop()
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 3 and b"PostgreSQL" in said, (moment, said)
        assert len(listed(made.where)) == 1
        assert run_command("backup", "verify", "--from", made.where).returncode == 0
        fragile.start()
    # Behind its death PostgreSQL leaves some ids out.
    made.rows = everything(made.server_rows)
    back_up(made.server, made.where)
    assert len(listed(made.where)) == 2 and not list(made.where.glob("*.partial"))
    place = Place(made, fragile, tap, tmp_path / "place")
    place.restore()
    place.check_whole()
