"""Runs the program `cellmon`, which measures, sends and judges; nothing of that is done a second time in Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any


class ProgramNotFound(RuntimeError):
    """Neither CELLMON_BINARY nor PATH names the program."""


class ProgramFailed(RuntimeError):
    """The program ended with a status that is no result; carries what it said."""


def program() -> str:
    """The program's path: CELLMON_BINARY, else `cellmon` of PATH."""
    named = os.environ.get("CELLMON_BINARY")
    if named:
        if not os.access(named, os.X_OK):
            raise ProgramNotFound(f"CELLMON_BINARY is {named}, which is no program")
        return os.path.abspath(named)
    found = shutil.which("cellmon")
    if found is None:
        raise ProgramNotFound("there is no program `cellmon`: set CELLMON_BINARY to its path, or have it in PATH")
    return found


def surroundings(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a run: no CELLMON_ variable of this process, because the program takes each for a setting."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CELLMON_")}
    return {**own, **(more or {})}


def run(arguments: Iterable[object], environment: Mapping[str, str] | None = None, results: Iterable[int] = (0,),
        timeout_s: float = 600.0) -> subprocess.CompletedProcess[str]:
    """`cellmon …` to its end. An exit status that is not among `results` is ProgramFailed."""
    command = [program(), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False,
                          env=surroundings(environment), timeout=timeout_s)
    if done.returncode not in set(results):
        raise ProgramFailed(failure(command, done.returncode, done.stderr))
    return done


def run_json(arguments: Iterable[object], environment: Mapping[str, str] | None = None, results: Iterable[int] = (0,),
             timeout_s: float = 600.0) -> dict[str, Any]:
    """What a command with --json printed: one object."""
    done = run(arguments, environment, results, timeout_s)
    if done.returncode != 0 and not done.stdout:  # Whatever the status means, there is no result.
        raise ProgramFailed(failure(done.args, done.returncode, done.stderr))
    return parse(done.stdout)


def parse(text: str) -> dict[str, Any]:
    """The first line of output as a JSON object."""
    lines = text.splitlines()
    found = json.loads(lines[0]) if lines else None
    if not isinstance(found, dict):
        raise ProgramFailed(f"the program printed no JSON object but {text[:200]!r}")
    return found


def failure(command: list[str], status: int, errors: str) -> str:
    """What to tell of a run that failed."""
    return f"`{' '.join(['cellmon', *command[1:3]])} …` ended with status {status}: {errors.strip() or 'it said nothing'}"
