"""Servers with defects: bad_target.py says what their names are."""

from __future__ import annotations

import sys
from pathlib import Path

from support.server import BINARY, Server

TESTS = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-B", "-m", "support.bad_target"]


def bad_server(data: Path, defects: str) -> Server:
    return Server(data, wrapper=["/usr/bin/env", f"PYTHONPATH={TESTS}", *COMMAND, defects])


def bad_program(folder: Path, defects: str) -> Path:
    """To be started in the place of cellmon."""
    script = folder / "bad-cellmon"
    command = " ".join(f'"{word}"' for word in (*COMMAND, defects, str(BINARY)))
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{TESTS}" exec {command} "$@"\n')
    script.chmod(0o755)
    return script
