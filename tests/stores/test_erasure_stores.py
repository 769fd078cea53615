"""Goal: of whoever is erased nothing is left in PostgreSQL, InfluxDB and Redis, all three hold what the journal says then, and a store that
is away is waited for.

Method: the stores for real, read as any program may; InfluxDB stopped while the erasure is asked for.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Callable

from support.accounts import CHEAP, Accounts
from support.backups import back_up, empty_database, newest, restore
from support.classroom import Rows
from support.erasures import wait_until_back
from support.events import cell_executed
from support.influxdb import InfluxDB
from support.postgres import Postgres
from support.redis_server import RedisServer
from support.redis_stream import wait_until_streamed
from support.server import Server, run_command, wait_until
from support.stores import InfluxStore, PostgresStore, RedisStore, environment_of

TARO, HANAKO = "taro@example.com", "hanataro@example.com"
EVENTS = 40


def post(server: Server, count: int = EVENTS) -> list[dict]:
    events = [cell_executed(emailAddress=[TARO, HANAKO][n % 2], classCode="1-A", executionCount=n + 1, userName=f"学生 {n % 2}")
              for n in range(count)]
    assert server.post(events).status == 202
    return [event for event in events if event["emailAddress"] == TARO]


def wait_until_projected(server: Server) -> None:
    for name in ("relational", "timeseries"):
        server.wait_until_projected(name=name)
    wait_until((server.data / "timeseries.state").exists, "it is noted what is in InfluxDB")
    wait_until_streamed(server)


def command(server: Server, *arguments: object) -> dict:
    done = run_command(*arguments, "--data", server.data, "--json", check=False, environment=server.environment)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def erasures(accounts: Accounts) -> list[dict] | None:
    """None while the server is away, for it pauses for an erasure: at any moment, also with the request on its way."""
    try:
        answer = accounts.of("admin").get("/api/v1/admin/erasures")
    except OSError:
        return None
    assert answer.status == 200, answer
    return answer.json


def test_nothing_is_left_in_any_store(new_server: Callable[..., Server], postgres: Postgres, fragile_influxdb: InfluxDB,
                                      redis: RedisServer) -> None:
    stores = [PostgresStore(postgres, shared=True), InfluxStore(fragile_influxdb), RedisStore(redis)]
    server = new_server(environment={**CHEAP, **environment_of(stores)})
    accounts = Accounts(server.start(), Rows(server.data, postgres, stores[0].rows.url))
    mine = post(server)
    wait_until_projected(server)
    before = {one["place"] for one in command(server, "student", "search", TARO)["found"]}
    assert {"journal", "relational", "timeseries", "redis"} <= before, before

    # InfluxDB is away: the rest is done, the server is back, and it goes on when InfluxDB is.
    fragile_influxdb.stop()
    assert accounts.nobody().post("/api/v1/admin/erasures", {"email": HANAKO}).status == 403
    assert accounts.of("admin").post("/api/v1/admin/erasures", {"email": "nobody"}).status == 422
    assert accounts.of("instructor").post("/api/v1/admin/erasures", {"email": HANAKO}).status == 403
    asked = accounts.of("admin").post("/api/v1/admin/erasures", {"email": TARO})
    assert asked.status == 202 and asked.json["state"] == "asked", asked

    def waits() -> bool:
        return [(one["state"], one["left"]) for one in erasures(accounts) or ()] == [("waiting", ["timeseries"])]

    wait_until(waits, "the erasure waits for InfluxDB", timeout_s=60)
    fragile_influxdb.start()

    def is_done() -> bool:
        return [(one["state"], one["payloads"], one["left"]) for one in erasures(accounts) or ()] == [("done", len(mine), [])]

    wait_until(is_done, "it is done", timeout_s=90)
    wait_until_back(server)
    wait_until_projected(server)

    searched = command(server, "student", "search", TARO)
    assert searched == {"found": [], "unread": [], "looked": searched["looked"]}
    assert {"relational", "classroom", "timeseries", "redis"} <= set(searched["looked"])
    verdicts = command(server, "audit", "--deep")["stores"]
    assert [(one["store"], one.get("clean")) for one in verdicts] == [("relational", True), ("timeseries", True), ("redis", True)], verdicts
    points = stores[1].points
    assert {row["value"] for row in points.query("SHOW TAG VALUES WITH KEY = emailAddress")} == {HANAKO}
    activity = sum(row["sum"] for row in points.query("SELECT sum(events) FROM class_activity"))
    assert activity == EVENTS - len(mine)
    # What is sent again is known, and new events of others go on.
    again = server.post(mine)
    assert again.stats["duplicates"] == len(mine)
    post_of_hanako = [cell_executed(emailAddress=HANAKO, classCode="1-A") for _ in range(5)]
    assert server.post(post_of_hanako).status == 202
    wait_until_projected(server)
    assert all(one["clean"] for one in command(server, "audit", "--deep")["stores"])
    assert command(server, "student", "search", TARO)["found"] == []


def test_an_older_backup_brings_nobody_back_to_any_store(new_server: Callable[..., Server], postgres: Postgres, influxdb: InfluxDB,
                                                        redis: RedisServer, tmp_path: Path) -> None:
    """The data folder and PostgreSQL are lost; InfluxDB and Redis are of the history that was lost."""
    stores = [PostgresStore(postgres, shared=True), InfluxStore(influxdb), RedisStore(redis)]
    where = tmp_path / "backups"
    server = new_server(environment={**CHEAP, **environment_of(stores), "CELLMON_BACKUP_DIRECTORY": str(where)}).start()
    rows = Rows(server.data, postgres, stores[0].rows.url)
    wait_until(lambda: list(where.glob("*.backup")), "the server's own backup")
    mine = post(server)
    wait_until_projected(server)
    back_up(server, where)
    older = newest(where)["backup"]
    run_command("student", "erase", TARO, "--data", server.data, "--yes", environment=server.environment)
    wait_until_back(server)
    post_of_hanako = [cell_executed(emailAddress=HANAKO, classCode="1-A") for _ in range(5)]
    assert server.post(post_of_hanako).status == 202
    wait_until_projected(server)
    server.stop()

    shutil.rmtree(server.data)
    empty_database(rows)
    done = restore(where, server.data, "--backup", older, **rows.options)
    assert b"erased since the backup was made: 1." in done.stdout, done
    server.start()
    wait_until_projected(server)
    assert command(server, "student", "search", TARO)["found"] == []
    assert all(one["clean"] for one in command(server, "audit", "--deep")["stores"])
    points = stores[1].points
    assert {row["value"] for row in points.query("SHOW TAG VALUES WITH KEY = emailAddress")} == {HANAKO}
    assert sum(row["sum"] for row in points.query("SELECT sum(events) FROM class_activity")) == EVENTS - len(mine)
    assert server.post(mine).stats["duplicates"] == len(mine)


def test_what_is_not_named_is_told(new_server: Callable[..., Server], postgres: Postgres, influxdb: InfluxDB) -> None:
    """The command alone knows the stores by the environment: where one is left out, nothing is called done."""
    stores = [PostgresStore(postgres, shared=True), InfluxStore(influxdb)]
    server = new_server(environment={**CHEAP, **environment_of(stores)}).start()
    post(server)
    for name in ("relational", "timeseries"):
        server.wait_until_projected(name=name)
    wait_until((server.data / "timeseries.state").exists, "it is noted what is in InfluxDB")
    server.stop()
    at = ("--data", server.data)
    for left_out, named in (({}, b"PostgreSQL (CELLMON_POSTGRES_URL) and InfluxDB (CELLMON_INFLUX_URL)"), (stores[0].environment, b"InfluxDB (CELLMON_INFLUX_URL)")):
        done = run_command("student", "search", "nobody@example.com", *at, check=False, environment=left_out)
        assert done.returncode == 3 and named in done.stderr, done
    done = run_command("student", "erase", TARO, *at, "--yes", check=False, environment=stores[0].environment)
    assert done.returncode == 3 and b"what is there of the person stays" in done.stderr, done
    done = run_command("student", "search", TARO, *at, check=False, environment=server.environment)
    assert done.returncode == 1 and b"timeseries" in done.stdout, done
    done = run_command("student", "erase", TARO, *at, "--yes", environment=server.environment)
    assert b"Erased" in done.stdout and b"stays" not in done.stderr, done
    assert run_command("student", "search", TARO, *at, environment=server.environment).returncode == 0


def test_a_follower_begins_anew_without_the_person(new_server: Callable[..., Server], redis: RedisServer) -> None:
    store = RedisStore(redis)
    leader = new_server(environment=store.environment).start()
    post(leader)
    wait_until_streamed(leader)
    follower = new_server(name="follower", environment={"CELLMON_REDIS_FOLLOW": store.environment["CELLMON_REDIS_URL"]}).start()

    def shown() -> str:
        try:
            return json.dumps(follower.get("/api/v1/dashboard/overview").json)
        except OSError:
            return TARO

    wait_until(lambda: f'"{TARO}"' in shown(), "the follower shows the person", timeout_s=60)
    run_command("student", "erase", TARO, "--data", leader.data, "--yes", environment=leader.environment)
    wait_until(lambda: f'"{TARO}"' not in shown() and HANAKO in shown(), "the follower has forgotten the person", timeout_s=60)
