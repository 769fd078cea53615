"""Goal: the shell completes what the program really has, down to the choices of a value.

Method: bash itself runs the script and completes half-typed lines; what it must offer is read from the program's own help.
For the other shells, which need not be installed, that every command and flag of the help stands in the script.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support.server import BINARY, SURROUNDINGS, run_command

COMMANDS = [(), ("serve",), ("journal",), ("journal", "verify"), ("journal", "export"), ("rebuild", "relational"), ("rebuild", "timeseries"), ("backup",), ("backup", "verify"), ("backup", "prune"), ("restore",), ("simulate",),
            ("load",), ("load", "websocket"), ("monitor",), ("chaos",), ("plan",), ("plan", "list"), ("plan", "show"), ("plan", "validate"), ("plan", "run"),
            ("plan", "compare"), ("plan", "trend"), ("plan", "report"), ("plan", "target"), ("plan", "target", "show"), ("audit",), ("admin",), ("export",),
             ("student",), ("student", "export"), ("student", "erase"), ("student", "search"),
            ("admin", "create-instructor"), ("admin", "reset-password"), ("admin", "import"), ("completion",)]

SCRIPT = """
source <("$1" completion bash)
[[ $(complete -p cellmon) == *_cellmon* ]] || exit 9
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_cellmon
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words: str, folder: Path | None = None) -> set[str]:
    """What bash offers for the last of the words."""
    done = subprocess.run(["bash", "--norc", "-c", SCRIPT, "bash", str(BINARY), "cellmon", *words], capture_output=True, check=True,
                          env=SURROUNDINGS, cwd=folder, timeout=60)
    assert done.stderr == b""
    return set(done.stdout.decode().split())


def flags_in_help(command: tuple[str, ...]) -> set[str]:
    text = run_command(*command, "--help").stdout.decode().split("Examples:")[0]
    return set(re.findall(r"^ +(?:-\w,)?(--[a-z-]+)", text, re.MULTILINE))


def commands_in_help(command: tuple[str, ...]) -> set[str]:
    text = run_command(*command, "--help").stdout.decode().split("Examples:")[0]
    _, _, below = text.partition("Subcommands:\n")
    return set(re.findall(r"^  ([\w-]+)", below, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_bash_offers_what_the_help_lists(command: tuple[str, ...]) -> None:
    flags = flags_in_help(command)
    assert "--help" in flags
    assert complete(*command, "") == flags | commands_in_help(command)
    assert complete(*command, "--h") == {flag for flag in flags if flag.startswith("--h")}


def test_bash_knows_the_commands() -> None:
    assert complete("s") == {"serve", "simulate", "student"}
    assert complete("admin", "create-instructor", "--role", "") == {"admin", "instructor", "assistant", "student"}
    assert complete("journal", "") >= {"inspect", "verify", "repair", "export", "--help"}
    assert "--ledger" in complete("audit", "--le")


def test_bash_completes_values(tmp_path: Path) -> None:
    (tmp_path / "class.ndjson").touch()
    assert complete("serve", "--log-format", "") == {"text", "json"}
    assert complete("serve", "--log-level", "de") == {"debug"}
    assert complete("audit", "--ledger", "cl", folder=tmp_path) == {"class.ndjson"}
    assert "--listen" in complete("serve", "--data", "somewhere", "--l"), "behind a value come flags again"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_scripts_know_all_of_it(shell: str) -> None:
    script = run_command("completion", shell).stdout.decode()
    for command in COMMANDS:
        assert "".join(f" {word}" for word in command) in script
        for name in commands_in_help(command):
            assert re.search(rf"\b{name}\b", script)
        for flag in flags_in_help(command):
            assert (flag if shell == "zsh" else f"-l {flag[2:]}") in script
    assert "debug info warn error off" in script
