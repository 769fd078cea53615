"""Goal: whatever happens to InfluxDB, to the network in front of it or to the server, and wherever it hits: afterwards each accepted
event has one point; ingest never waits; a database that was wiped or came back older is noticed within 10 s and filled again.

Method: the table of `support/faults.py`, each fault for real beside the other two stores (`support/fault_run.py`); and what is
InfluxDB's own. The judges are a ledger outside the server, the exported journal and the points as any program reads them.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from typing import Callable

import pytest

from support.events import cell_executed
from support.faults import FAULTS
from support.gate import Gate
from support.influxdb import PASSWORD, InfluxDB
from support.load import Ledger, Load, send_again
from support.points import Points, expected_activity
from support.server import Server, wait_until

EVENTS_PER_ROUND = 400
NOTICED_S = 10.0
PAUSE_S = 0.02  # The load is to last, not to be high.
QUICK = ("--projection-retry-most", "300ms")


def wait_for_more(ledger: Ledger, count: int = EVENTS_PER_ROUND) -> None:
    before = ledger.counts()[1]
    wait_until(lambda: ledger.counts()[1] - before >= count, "events are taken", timeout_s=30)


def wait_until_written(server: Server, timeout_s: float = 60.0) -> None:
    server.wait_until_projected(timeout_s, "timeseries")


def state(server: Server) -> str:
    return server.projection("timeseries")["state"]


def wait_for_cursor(server: Server) -> None:
    """Until it is written once more: what dies behind it goes on from there."""
    file = server.data / "timeseries.state"
    before = file.read_bytes() if file.exists() else b""
    wait_until(lambda: file.exists() and file.read_bytes() != before, "the cursor is written")


def check_each_event_has_one_point(server: Server, points: Points, ledger: Ledger) -> None:
    wait_until_written(server)
    events = server.export()
    assert Counter(event["eventId"] for event in events) == Counter(dict.fromkeys(ledger.events, 1))
    points.check(events)
    wait_until(lambda: server.get("/api/v1/health").json["services"]["influxdb"]["status"] == "healthy", "all is well again")
    assert PASSWORD not in server.log()


def post(server: Server, count: int, source: random.Random | None = None) -> None:
    for begin in range(0, count, 500):
        answer = server.post([cell_executed(source, executionCount=n) for n in range(begin, min(count, begin + 500))])
        assert answer.status == 202, answer


def check_filled_again(server: Server, points: Points) -> None:
    """Without an event that would make the projection look."""
    expected = len(server.export())
    began = time.monotonic()
    wait_until(lambda: server.projection("timeseries")["failures"] > 0, "it is noticed", timeout_s=NOTICED_S)
    assert time.monotonic() - began < NOTICED_S
    wait_until(lambda: points.is_there() and points.count() == expected, "it is filled again")
    wait_until_written(server)
    points.check(server.export())
    assert "cellmon_influxdb_rewinds_total 1" in server.get("/metrics").body.decode()
    assert server.log().count("does not hold what it held; its points") == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(run_fault: Callable[..., None], fault: str) -> None:
    run_fault(fault, "influxdb")


def test_fault_and_deaths_of_the_server(run_fault: Callable[..., None]) -> None:
    run_fault("killed", "influxdb", server_dies=True)


def test_the_server_is_killed_under_load(new_server: Callable[..., Server], influxdb: InfluxDB, rounds: int) -> None:
    points = Points(influxdb)
    server = new_server(environment=points.environment)
    ledger = Ledger()
    for round_ in range(rounds):
        server.start()
        send_again(server, ledger.unknown(), ledger)
        load = Load(server, ledger, seed=round_, pause_s=PAUSE_S)
        wait_for_more(ledger)
        wait_for_cursor(server)
        server.kill()
        load.stop()
    server.start()
    send_again(server, ledger.unknown(), ledger)
    check_each_event_has_one_point(server, points, ledger)


def test_deaths_while_catching_up(new_server: Callable[..., Server], fragile_influxdb: InfluxDB, rounds: int) -> None:
    """A backlog in small batches, and a death in the middle of one, wherever it is."""
    points = Points(fragile_influxdb)
    server = new_server("--projection-batch-events", "50", "--projection-first-batch-events", "50", "--projection-retry-most", "100ms",
                        environment=points.environment)
    fragile_influxdb.stop()
    server.start()
    source = random.Random(4)
    post(server, 6_000, source)
    fragile_influxdb.start()
    for death in range(2 * rounds):
        before = server.projection("timeseries")["cursor"]["sequence"]
        wait_until(lambda: server.projection("timeseries")["cursor"]["sequence"] != before, "it goes on")
        time.sleep(source.random() * 0.05)
        if death % 2 == 0:
            fragile_influxdb.stop(signal.SIGKILL)
            fragile_influxdb.start()
        else:
            server.kill()
            server.start()
    wait_until_written(server)
    points.check(server.export())


def test_a_store_that_stalls(new_server: Callable[..., Server], influxdb: InfluxDB, new_gate: Callable[[int], Gate]) -> None:
    """Takes what is sent and answers nothing: it is given up behind the timeout, and meanwhile keeps nobody waiting, nor a stop."""
    gate = new_gate(influxdb.port)
    points = Points(influxdb, gate.port)
    server = new_server(*QUICK, "--influx-timeout", "500ms", environment=points.environment).start()
    ledger = Ledger()
    load = Load(server, ledger, seed=3, pause_s=PAUSE_S)
    try:
        wait_for_more(ledger)
        gate.stall()
        entry = wait_until(lambda: (one := server.projection("timeseries"))["state"] == "retrying" and one, "it is given up")
        assert "Timeout was reached" in entry["lastError"]
        wait_for_more(ledger)
        taken = ledger.counts()[1]
        wait_until(lambda: server.relational()["cursor"]["sequence"] >= taken, "the other store has them")
        gate.open()
        wait_until(lambda: state(server) in ("running", "catching_up"), "the projection goes on")
    finally:
        load.stop()
    check_each_event_has_one_point(server, points, ledger)
    server.stop()
    server.environment["CELLMON_INFLUX_TIMEOUT"] = "1h"
    server.options.remove("--influx-timeout")
    server.options.remove("500ms")
    gate.stall()
    connections = gate.connections
    server.start()
    wait_until(lambda: gate.connections > connections, "the projection is in the middle of its wait")
    server.stop()


def test_a_request_that_comes_late(new_server: Callable[..., Server], influxdb: InfluxDB, new_gate: Callable[[int], Gate]) -> None:
    """One that was given up is taken behind those that were sent after it, and sets sums of activity back: they are written again."""
    gate = new_gate(influxdb.port)
    points = Points(influxdb, gate.port)
    server = new_server(*QUICK, "--influx-timeout", "500ms", environment=points.environment).start()
    post(server, 100)
    wait_until_written(server)
    gate.hold()
    post(server, 100)
    wait_until(lambda: state(server) == "retrying", "the request is given up")
    post(server, 300)
    wait_until_written(server)
    events = server.export()
    assert points.activity() == expected_activity(events)
    gate.release()
    wait_until(lambda: points.activity() != expected_activity(events), "it comes late")
    points.check(events)


def test_more_in_doubt_than_is_kept(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    """Behind a start what the process before may have had under way is in doubt; beyond the bound nothing more is posted, and it is
    said why."""
    points = Points(influxdb)
    server = new_server(*QUICK, environment={**points.environment, "CELLMON_INFLUX_DOUBTFUL_BYTES": "1024"}).start()
    for _ in range(20):
        post(server, 1_000)
    entry = wait_until(lambda: (one := server.projection("timeseries"))["state"] == "retrying" and one, "it waits")
    assert "may still come to InfluxDB" in entry["lastError"]
    stands = entry["cursor"]["sequence"]
    assert stands < 20_000 and server.projection("timeseries")["cursor"]["sequence"] == stands
    assert server.relational()["durableSequence"] == 20_000
    server.stop()
    del server.environment["CELLMON_INFLUX_DOUBTFUL_BYTES"]
    server.start()
    wait_until_written(server)
    points.check(server.export())


def test_a_slow_store(new_server: Callable[..., Server], influxdb: InfluxDB, new_gate: Callable[[int], Gate]) -> None:
    """So slow that no full batch fits into the timeout: smaller ones do."""
    gate = new_gate(influxdb.port)
    points = Points(influxdb, gate.port)
    gate.slow(bytes_per_s=60_000)
    server = new_server(*QUICK, "--influx-timeout", "1s", environment=points.environment).start()
    post(server, 5_000)
    wait_until(lambda: server.projection("timeseries")["failures"] > 0, "it does not fit")
    wait_until_written(server, timeout_s=90)
    points.check(server.export())


def test_wiped(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    """By another program, so that no connection breaks."""
    points = Points(influxdb)
    server = new_server(*QUICK, environment=points.environment).start()
    post(server, 2_500)
    wait_until_written(server)
    points.query(f"DROP DATABASE {points.database}")
    check_filled_again(server, points)


def test_wiped_before_much_was_in_it(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    points = Points(influxdb)
    server = new_server(*QUICK, environment=points.environment).start()
    post(server, 5)
    wait_until_written(server)
    points.query("DROP SERIES FROM /.*/")
    check_filled_again(server, points)


def test_wiped_under_load(new_server: Callable[..., Server], influxdb: InfluxDB, rounds: int) -> None:
    """Points that were written behind the wipe do not hide it."""
    points = Points(influxdb)
    server = new_server(*QUICK, environment=points.environment).start()
    ledger = Ledger()
    load = Load(server, ledger, seed=6, pause_s=PAUSE_S)
    try:
        for _ in range(rounds):
            wait_for_more(ledger)
            failures = server.projection("timeseries")["failures"]
            points.query("DROP SERIES FROM /.*/")
            wait_until(lambda: server.projection("timeseries")["failures"] > failures, "it is noticed", timeout_s=NOTICED_S)
            wait_until(lambda: points.marks() == 2, "it is being filled again")
    finally:
        load.stop()
    check_each_event_has_one_point(server, points, ledger)


def test_restored_from_an_old_copy(new_server: Callable[..., Server], fragile_influxdb: InfluxDB) -> None:
    """While the server runs, and while it does not."""
    points = Points(fragile_influxdb)
    server = new_server(*QUICK, environment=points.environment).start()
    post(server, 1_200)
    wait_until_written(server)
    server.stop()
    fragile_influxdb.copy("old")
    server.start()
    post(server, 1_300)
    wait_until_written(server)
    wait_until((server.data / "timeseries.state").exists, "the cursor is written")
    fragile_influxdb.restore("old")
    wait_until(lambda: points.count() == 2_500, "it is filled again", timeout_s=NOTICED_S)
    points.check(server.export())
    server.stop()
    fragile_influxdb.restore("old")
    assert points.count() < 2_500
    server.start()
    wait_until_written(server)
    points.check(server.export())


def test_the_file_is_lost_or_damaged(new_server: Callable[..., Server], influxdb: InfluxDB) -> None:
    points = Points(influxdb)
    server = new_server(environment=points.environment).start()
    post(server, 1_500)
    file = server.data / "timeseries.state"
    wait_until(file.exists, "the cursor is written")
    server.stop()
    file.write_bytes(file.read_bytes().replace(b"cursor", b"curse"))
    server.start()
    wait_until_written(server)
    assert "does not match its checksum" in server.log()
    server.stop()
    file.unlink()
    server.start()
    post(server, 10)
    wait_until_written(server)
    points.check(server.export())


def test_away_at_the_start(new_server: Callable[..., Server], fragile_influxdb: InfluxDB) -> None:
    points = Points(fragile_influxdb)
    fragile_influxdb.stop()
    server = new_server(*QUICK, environment=points.environment).start()
    post(server, 10)
    wait_until(lambda: state(server) == "retrying", "the projection says that it waits")
    assert server.projection("timeseries")["lagEvents"] == 10
    assert server.get("/api/v1/health/ready").status == 200
    server.wait_until_projected(name="relational")
    fragile_influxdb.start()
    wait_until_written(server)
    points.check(server.export())
