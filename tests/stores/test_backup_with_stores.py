"""Goal: behind a restore, stores that still hold what came after the backup recognise the earlier epoch of the same journal, and begin
anew by themselves: no point, row or entry stays of an event that is no more.

Method: PostgreSQL, InfluxDB and Redis for real. The data folder and the classroom's rows are lost; the rows of events, the points and
the stream are not, and are ahead of what comes back.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

from support.accounts import CHEAP, PATIENT
from support.backups import back_up, crc32c, exported_ids, restore
from support.database import PostgresRows
from support.events import cell_executed
from support.influxdb import InfluxDB
from support.points import Points
from support.postgres import Postgres
from support.redis_server import RedisServer
from support.redis_stream import Stream
from support.server import Server, run_command, wait_until

STORES = ("relational", "timeseries", "redis")


def post(server: Server, count: int) -> list[str]:
    events = [cell_executed() for _ in range(count)]
    assert server.post(events).status == 202
    return [event["eventId"] for event in events]


def wait_until_all_have_all(server: Server) -> None:
    names = [one["name"] for one in server.get("/api/v1/projections").json["projections"]]
    for name in names:
        server.wait_until_projected(60, name)
        assert server.projection(name)["alarm"] is False, server.projection(name)


def test_stores_that_are_ahead_of_what_came_back(new_server: Callable[..., Server], postgres: Postgres, influxdb: InfluxDB,
                                                  redis: RedisServer, tmp_path: Path) -> None:
    rows = PostgresRows(postgres, postgres.new_database())
    points = Points(influxdb)
    stream = Stream(redis, redis.new_database())
    everything = {**CHEAP, **PATIENT, **rows.environment, **points.environment, **stream.environment}
    server = new_server(environment=everything).start()
    ids = post(server, 700)
    where = tmp_path / "backups"
    back_up(server, where)
    lost = post(server, 900)
    wait_until_all_have_all(server)
    wait_until(lambda: points.count() == 1_600, "all points are there")
    server.stop()

    shutil.rmtree(server.data)
    restored = run_command("restore", "--from", where, "--data", server.data, "--only", "journal", environment=rows.environment)
    assert b"events 1 to 700" in restored.stdout
    server.start()
    more = post(server, 30)
    wait_until_all_have_all(server)
    expected = ids + more
    assert exported_ids(server.data) == expected
    assert rows.event_ids() == expected
    wait_until(lambda: points.count() == len(expected), "the points of the earlier epoch are gone")
    wait_until((server.data / "timeseries.state").exists, "it is noted what is there")
    assert points.event_ids() == expected
    stream.check(server)
    assert not set(lost) & set(points.event_ids())
    audited = run_command("audit", "--data", server.data, "--deep", environment=everything, check=False)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    server.stop()

    # The data folder from before the restore, on the same stores: it is the old copy, and is told so.
    old = new_server(name="old", environment=everything)
    restore(where, tmp_path / "ignored", "--only", "journal")
    shutil.copytree(tmp_path / "ignored", old.data)
    identity = old.data / "journal/identity"
    lines = identity.read_text().splitlines()
    lines[2] = "epoch 1"
    body = "\n".join(lines[:3]) + "\n"
    identity.write_text(body + f"crc32c {crc32c(body.encode()):08x}\n")
    (old.data / "journal/durable").unlink()
    old.start()
    for name in STORES[:2]:
        wait_until(lambda name=name: old.projection(name)["alarm"], f"{name} refuses the old copy")
    assert rows.event_ids() == expected
    assert points.event_ids() == expected
