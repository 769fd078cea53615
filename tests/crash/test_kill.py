"""Goal: laws 1 and 2 under kill -9. What was acknowledged is there after the restart; what was unknown is sent again and
still stored once.

Method: 50 rounds of load on several connections, killed with requests in flight, against a ledger outside the server. The
judges are the journal, read by the independent reader, and the rows of the database.
"""

from __future__ import annotations

from collections import Counter

from independent_journal_reader import read_journal
from support.database import event_ids
from support.load import Ledger, Load, send_again
from support.server import Server, wait_until

ROUNDS = 50
EVENTS_PER_ROUND = 400
EVENTS_PER_S = 500


def test_fifty_rounds_of_kill(new_server, capsys) -> None:
    server: Server = new_server()
    ledger = Ledger()
    unknown_total = 0
    loaded_s = 0.0
    checked: set[str] = set()
    through = 0
    server.start()
    for round_ in range(ROUNDS):
        before = ledger.counts()[1]
        load = Load(server, ledger, seed=round_)
        wait_until(lambda: ledger.counts()[1] - before >= EVENTS_PER_ROUND, "the load is acknowledged", timeout_s=30)
        server.kill()
        loaded_s += load.stop()

        server.start()
        found = server.export(after=through)
        checked.update(event["eventId"] for event in found)
        through = found[-1]["sequence"]
        lost = ledger.acknowledged - checked
        assert not lost, f"round {round_}: {len(lost)} acknowledged events are lost"
        unknown = ledger.unknown()
        unknown_total += len(unknown)
        send_again(server, unknown, ledger)

    sent, acknowledged = ledger.counts()
    rate = (sent - unknown_total) / loaded_s
    with capsys.disabled():
        print(f"\n    {ROUNDS} kills: {sent} events at {rate:.0f}/s, {unknown_total} unknown and sent again, 0 lost, 0 doubled")
    assert sent == acknowledged
    assert rate >= EVENTS_PER_S
    assert unknown_total >= ROUNDS, "the kills must hit requests in flight"

    server.wait_until_projected(timeout_s=60)
    server.stop()
    expected = Counter(dict.fromkeys(ledger.events, 1))
    assert Counter(str(entry.id) for entry in read_journal(server.journal)) == expected
    assert Counter(event_ids(server.database)) == expected


def test_kill_during_start(new_server) -> None:
    """Recovery is interrupted again and again: the tail is copied before it is trusted, so nothing may get lost."""
    server: Server = new_server()
    server.start()
    ledger = Ledger()
    load = Load(server, ledger, seed=1)
    wait_until(lambda: ledger.counts()[1] >= 2000, "the load is acknowledged")
    server.kill()
    load.stop()
    for delay_ms in range(0, 40, 2):
        server.start_and_kill(after_s=delay_ms / 1000)
    server.start()
    stored = [event["eventId"] for event in server.export()]
    assert ledger.acknowledged <= set(stored)
    assert len(stored) == len(set(stored))
    send_again(server, ledger.unknown(), ledger)
    assert {event["eventId"] for event in server.export()} == set(ledger.events)
