"""Backups of a server through its commands, and what a restored server must hold."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from support.classroom import Rows
from support.server import BINARY, SURROUNDINGS, Server, run_command, wait_until


def back_up(server: Server, where: Path, *options: object, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    return run_command("backup", "--data", server.data, "--to", where, *options, check=check,
                       environment={**server.environment, **environment})


def restore(where: Path, data: Path, *options: object, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    return run_command("restore", "--from", where, "--data", data, *options, check=check, environment=environment)


def empty_database(rows: Rows) -> None:
    (schema,), = rows.query("SELECT current_schema()")
    rows.query(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}; DROP SCHEMA {schema}_relational CASCADE")


def listed(where: Path) -> list[dict]:
    """The oldest first."""
    return [json.loads(line) for line in run_command("backup", "list", "--from", where, "--json").stdout.splitlines()]


def newest(where: Path) -> dict:
    return listed(where)[-1]


def acknowledged(ledger: Path) -> set[str]:
    """The ids in a ledger of `cellmon simulate` that were promised so far; its last line may be half written."""
    found: set[str] = set()
    for line in ledger.read_bytes().split(b"\n")[1:-1]:
        entry = json.loads(line)
        if entry["outcome"] in ("acked", "duplicate"):
            found.add(entry["id"])
    return found


def exported_ids(data: Path) -> list[str]:
    lines = run_command("journal", "export", "--data", data).stdout.splitlines()
    return [json.loads(line)["eventId"] for line in lines]


def epoch_of(data: Path) -> int:
    return int((data / "journal/identity").read_text().splitlines()[2].split()[1])


def is_left_alone(data: Path) -> bool:
    """Nothing that a server would take for its data."""
    journal = {path.name for path in (data / "journal").glob("*")} - {"lock"}
    return not journal and not list(data.glob("classroom.db*")) and not (data / "restore.unfinished").exists()


def kill_at(command: list[object], seconds: float, behind: Path | None = None) -> int | None:
    """Runs `cellmon …` and kills it behind so many seconds, which begin when the file `behind` is there; its status when it was over
    before."""
    process = subprocess.Popen([str(BINARY), *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=SURROUNDINGS)
    try:
        if behind:
            wait_until(lambda: behind.exists() or process.poll() is not None, f"{behind} is there")
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        process.kill()
        process.wait()


def seconds_of(work) -> float:
    """How long it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def crc32c(data: bytes) -> int:
    """As the checked texts of the formats have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
