"""Plans of the tests' own, their runs and what these leave behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.server import BINARY, PATIENCE, SURROUNDINGS, run_command

RUN_S = 240.0


def phase(id_: str, kind: str, **lines: object) -> str:
    """One phase of a plan; `limits` a dict, `fault` a TOML text."""
    limits = lines.pop("limits", {})
    fault = lines.pop("fault", "")
    text = f'\n[[phase]]\nid = "{id_}"\nkind = "{kind}"\nname = "phase {id_}"\n'
    text += "".join(f"{name} = {value}\n" for name, value in lines.items())
    text += fault
    if limits:
        text += "[phase.limits]\n" + "".join(f"{name} = {value}\n" for name, value in limits.items())
    return text


def plan(*phases: str) -> str:
    """Its generator may be as late as a busy machine makes it: these tests are not about speed."""
    return 'name = "small"\n[generator]\nlag_ms = 5000\ncpu_percent = 100\n' + "".join(phases)


def fault(kind: str, target: str, at_s: float, for_s: float, **values: float) -> str:
    text = f'[[phase.fault]]\nkind = "{kind}"\ntarget = "{target}"\nat_s = {at_s}\nfor_s = {for_s}\n'
    return text + "".join(f"{name} = {value}\n" for name, value in values.items())


@dataclass
class Run:
    """What a run printed, and its folder."""

    status: int
    out: Path
    output: str
    progress: str

    @property
    def report(self) -> dict:
        return json.loads((self.out / "report.json").read_text(encoding="utf-8"))

    def phase(self, id_: str) -> dict:
        (found,) = [one for one in self.report["phases"] if one["id"] == id_]
        return found

    def criteria(self, id_: str) -> dict[str, dict]:
        return {one["name"]: one for one in self.phase(id_)["criteria"]}


    def check(self, red: dict[str, tuple[str, str, str]]) -> None:
        """Of each named phase exactly that criterion is broken, with these words in its reasons in English and Japanese; of the others
        none, and they have passed."""
        broken = {phase["id"]: [one["name"] for one in phase["criteria"] if one["applies"] and not one["held"]] for phase in self.report["phases"]}
        expected = {id_: [red[id_][0]] if id_ in red else [] for id_ in broken}
        assert broken == expected and set(red) <= set(broken), (self.progress, self.reasons())
        assert {phase["id"]: phase["verdict"] for phase in self.report["phases"]} == {id_: "failed" if id_ in red else "passed" for id_ in broken}, \
            self.progress
        assert self.status == (1 if red else 0), self.progress
        for id_, (criterion, english, japanese) in red.items():
            told = self.criteria(id_)[criterion]
            assert re.search(english, told["reason"]) and re.search(japanese, told["reason_ja"]), told

    def reasons(self) -> list[str]:
        return [f"{phase['id']} {one['name']}: {one['reason']}" for phase in self.report["phases"] for one in phase["criteria"] if one["reason"]]


def write(folder: Path, text: str) -> Path:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def play(folder: Path, text: str, *options: object, out: str = "out", environment: dict[str, str] | None = None) -> Run:
    """Runs a plan to its end."""
    done = run_command("plan", "run", write(folder, text), "--out", folder / out, "--seed", 7, *options, check=False, timeout_s=RUN_S,
                       environment={**surroundings(folder), **(environment or {})})
    return Run(done.returncode, folder / out, done.stdout.decode(), done.stderr.decode())


def begin(folder: Path, text: str, *options: object, out: str = "out") -> subprocess.Popen:
    """Starts one."""
    command = [str(BINARY), "plan", "run", str(write(folder, text)), "--out", str(folder / out), *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**SURROUNDINGS, **surroundings(folder)})


def surroundings(folder: Path) -> dict[str, str]:
    """Its temporary files lie where a test can look for what is left."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    for parent in (folder, *folder.parents):
        # PostgreSQL, which is another user, has to come through.
        if os.geteuid() == 0 and parent.stat().st_uid == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    return {"TMPDIR": str(temporary)}


def left_behind(folder: Path) -> list[str]:
    """Processes and files of a run in this folder that are still there."""
    found = [str(path) for path in (folder / "tmp").iterdir()]
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder / "tmp") in command:
            found.append(command)
    return found


END_S = 60.0 * PATIENCE
