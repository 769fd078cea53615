"""Goal: a journal that is damaged in its middle is repaired by the command alone, which says before what it will cost; then a
server runs on it, and the audit names exactly what was lost until the clients have sent it again.

Method: a flipped bit in the middle of a journal that a simulated class has filled; the ledger of that class is the judge.
"""

from __future__ import annotations

import json
from pathlib import Path

from support.database import event_ids
from support.events import cell_executed
from support.server import Server, run_command

NOT_SENT = {"sequence", "kind", "receivedTime", "server"}


def events_of(data: Path) -> list[dict]:
    return [json.loads(line) for line in run_command("journal", "export", "--data", data).stdout.splitlines()]


def audit(data: Path, ledger: Path) -> tuple[int, str]:
    done = run_command("audit", "--data", data, "--ledger", ledger, "--allow-others", check=False)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_repair_then_serve_then_audit(new_server, tmp_path: Path) -> None:
    server: Server = new_server().start()
    ledger = tmp_path / "ledger.ndjson"
    run_command("simulate", "--server", f"http://127.0.0.1:{server.port}", "--speed", "max", "--events", "300", "--batch", "10",
                "--connections", "2", "--ledger", ledger)
    server.wait_until_projected()
    server.stop()
    before = events_of(server.data)
    assert len(before) == 300
    assert audit(server.data, ledger)[0] == 0

    (segment,) = server.journal.glob("*.segment")
    damaged = bytearray(segment.read_bytes())
    damaged[len(damaged.rstrip(b"\0")) // 2] ^= 4
    segment.write_bytes(damaged)

    # Without --yes it only says what would be lost.
    asked = run_command("journal", "repair", "--data", server.data, check=False)
    assert asked.returncode == 1
    assert b"Nothing was changed" in asked.stdout
    assert segment.read_bytes() == damaged
    done = run_command("journal", "repair", "--data", server.data, "--yes")
    (kept,) = server.journal.glob("damaged-*")
    assert str(kept).encode() in done.stdout
    assert (kept / segment.name).read_bytes() == damaged
    assert run_command("journal", "verify", "--data", server.data).returncode == 0

    after = events_of(server.data)
    assert 0 < len(after) < 300
    assert after == before[:len(after)]
    lost = before[len(after):]
    assert f"ends the journal at sequence {len(after)} and begins epoch 2".encode() in asked.stdout
    assert b"Nothing to repair" in run_command("journal", "repair", "--data", server.data).stdout

    # Ingest goes on at once. The rows are of the earlier epoch and go beyond it: they are made anew from what is left.
    server.start()
    event = cell_executed()
    assert server.post([event]).status == 202
    server.wait_until_projected()
    assert server.relational()["alarm"] is False
    assert event_ids(server.database) == [one["eventId"] for one in after] + [event["eventId"]]
    server.stop()
    status, text = audit(server.data, ledger)
    assert status == 1
    assert all(name in text for name in ("lost", lost[0]["eventId"]))

    # Whoever still holds the events sends them again.
    server.start()
    again = [{name: value for name, value in event.items() if name not in NOT_SENT} for event in lost]
    assert server.post(again).stats["duplicates"] == 0, "what was taken out may come again"
    assert server.post(again).stats["duplicates"] == len(lost)
    server.wait_until_projected()
    server.stop()
    status, text = audit(server.data, ledger)
    assert status == 0, text
