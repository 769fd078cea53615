"""Goal: what reads the reports of a plan's runs says what is in them: better or worse by how much, a trend, JUnit that other programs read.

Method: reports made up in the documented form, through `cellmon plan compare`, `trend` and `report`.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from support import reports
from support.server import BINARY, ROOT, SURROUNDINGS, run_command


def compare(*arguments: object, check: bool = True) -> dict:
    done = run_command("plan", "compare", "--json", *arguments, check=check)
    return json.loads(done.stdout)


def row(comparison: dict, name: str) -> dict:
    (found,) = [one for one in comparison["rows"] if one["name"] == name]
    return found


def test_two_runs(tmp_path: Path) -> None:
    before = reports.write(reports.passing(4.0), tmp_path / "before")
    after = reports.write(reports.passing(5.0, days=1), tmp_path / "after")
    comparison = compare(before, after)
    assert [run["name"] for run in comparison["runs"]] == [str(before), str(after)]
    assert [run["verdict"] for run in comparison["runs"]] == ["passed", "passed"]
    latency = row(comparison, "latency_p95")
    assert latency["runs"][1] == {"measured": 5.0, "held": True, "change": "worse", "percent": 25.0}
    assert row(comparison, "throughput_per_student")["runs"][1]["change"] == "same"
    assert row(comparison, "latency_p99_ms")["runs"][1]["change"] == "worse"
    assert comparison["worse"] == 2 and comparison["better"] == 0
    assert compare(after, before)["better"] == 2
    assert compare(before, after, "--tolerance", 30)["worse"] == 0


def test_three_and_files_themselves(tmp_path: Path) -> None:
    folders = [reports.write(reports.passing(latency), tmp_path / name) for name, latency in (("a", 4.0), ("b", 8.0), ("c", 2.0))]
    comparison = compare(*(folder / "report.json" for folder in folders))
    assert [one.get("change") for one in row(comparison, "latency_p95")["runs"]] == [None, "worse", "better"]


def test_the_table_for_a_person(tmp_path: Path) -> None:
    before = reports.write(reports.realistic(4.0), tmp_path / "before")
    after = reports.write(reports.passing(5.0, quick=True), tmp_path / "after")
    text = run_command("plan", "compare", before, after).stdout.decode()
    assert "not alike in: length" in text
    assert "2.1 phased load: A passed, B passed" in text
    assert "4.1 Redis killed: A failed, B no such phase" in text
    (line,) = [line for line in text.splitlines() if "latency p95 [ms] (≤ 500)" in line]
    assert line.split()[-5:] == ["4", "5", "worse", "+25", "%"]
    assert "\x1b" not in text


def test_a_part_of_a_plan_beside_the_whole(tmp_path: Path) -> None:
    whole = reports.passing(4.0)
    del whole["left_out"]  # As an older program wrote it.
    folders = [reports.write(whole, tmp_path / "runs" / "whole"),
               reports.write(reports.passing(4.0, days=1, left_out=["1.1", "4.1"]), tmp_path / "runs" / "part")]
    comparison = compare(*folders)
    assert [run["left_out"] for run in comparison["runs"]] == [[], ["1.1", "4.1"]] and comparison["unlike_in"] == ["phases"]
    assert row(comparison, "latency_p95")["runs"][1]["change"] == "same"
    text = run_command("plan", "compare", *folders, "--html", tmp_path / "both.html").stdout.decode()
    assert text.count("passed, 1 of 3 phases played") == 1 and "not alike in: phases" in text
    assert (tmp_path / "both.html").read_text(encoding="utf-8").count("全 3 フェーズ中 1 フェーズを実施") == 1
    (together,) = trend(tmp_path / "runs")["trends"]
    assert [run["left_out"] for run in together["runs"]] == [[], ["1.1", "4.1"]]
    assert "part · 1 of 3 phases played\n" in run_command("plan", "trend", tmp_path / "runs").stdout.decode()
    for folder in folders:
        assert run_command("plan", "report", folder).returncode == 0
    assert json.loads((folders[1] / "report.json").read_text(encoding="utf-8"))["left_out"] == ["1.1", "4.1"]
    assert ElementTree.parse(folders[1] / "junit.xml").getroot().get("name") == "100-students, 1 of 3 phases played"


@pytest.mark.parametrize("colours", [True, False])
def test_colours_are_for_terminals(tmp_path: Path, colours: bool) -> None:
    folders = [reports.write(reports.passing(latency), tmp_path / str(latency)) for latency in (4.0, 8.0)]
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in SURROUNDINGS.items() if name != "NO_COLOR"}
    done = subprocess.run([str(BINARY), "plan", "compare", *map(str, folders)], stdout=theirs, check=True, timeout=60,
                          env={**environment, **({} if colours else {"NO_COLOR": "1"})})
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:
        pass  # The terminal has no more writer.
    os.close(ours)
    assert done.returncode == 0 and (b"\x1b[31mworse" in text) == colours and b"worse +100 %" in text


def test_a_script_can_ask(tmp_path: Path) -> None:
    before = reports.write(reports.passing(4.0), tmp_path / "before")
    after = reports.write(reports.passing(5.0), tmp_path / "after")
    assert run_command("plan", "compare", "--check", before, after, check=False).returncode == 1
    assert run_command("plan", "compare", "--check", "--tolerance", 25, before, after, check=False).returncode == 0
    assert run_command("plan", "compare", "--check", after, before, check=False).returncode == 0


@pytest.mark.parametrize("arguments, status, said", [
    (("compare", "{a}"), 2, "runs"),
    (("compare", "{a}", "{a}", "--tolerance", "-1"), 2, "--tolerance"),
    (("compare", "{a}", "{none}"), 3, "none"),
    (("compare", "{a}", "{broken}"), 3, "report.json: plan: is missing"),
    (("trend", "{empty}"), 3, "no report.json"),
    (("trend", "{none}"), 3, "no report.json"),
    (("report", "{none}"), 3, "none"),
    (("report",), 2, "run"),
    ((), 2, "subcommand"),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_wrong_arguments(tmp_path: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    broken = reports.passing()
    del broken["plan"]
    places = {"a": reports.write(reports.passing(), tmp_path / "a"), "none": tmp_path / "none",
              "broken": reports.write(broken, tmp_path / "broken"), "empty": tmp_path / "empty"}
    places["empty"].mkdir()
    done = run_command("plan", *(argument.format(**places) for argument in arguments), check=False)
    assert done.returncode == status and said in done.stderr.decode(), done


def trend(folder: Path, *arguments: object) -> dict:
    return json.loads(run_command("plan", "trend", "--json", folder, *arguments).stdout)


def test_a_trend(tmp_path: Path) -> None:
    for day, latency in enumerate((4.0, 4.1, 3.9, 4.0, 6.0)):
        reports.write(reports.passing(latency, days=day), tmp_path / f"run-{9 - day}")
    reports.write(reports.passing(1.0, profile="embedded"), tmp_path / "other")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "report.json").write_text("{")
    trends = trend(tmp_path)
    assert len(trends["unreadable"]) == 1 and "damaged" in trends["unreadable"][0]
    stores = next(one for one in trends["trends"] if one["profile"] == "stores")
    assert [run["name"] for run in stores["runs"]] == ["run-9", "run-8", "run-7", "run-6", "run-5"], "in the order of time"
    (latency,) = [one for one in stores["rows"] if one["name"] == "latency_p95"]
    assert latency["values"] == [4.0, 4.1, 3.9, 4.0, 6.0]
    assert latency["usual"] == 4.0 and latency["newest"] == 6.0 and latency["change"] == "worse" and latency["percent"] == 50.0
    assert stores["runs"][-1]["bottleneck"] == "none" and "the load was kept" in stores["runs"][-1]["bottleneck_reason"]
    assert run_command("plan", "trend", "--check", tmp_path, check=False).returncode == 1
    assert run_command("plan", "trend", "--check", "--tolerance", 60, tmp_path, check=False).returncode == 0
    text = run_command("plan", "trend", tmp_path).stdout.decode()
    assert "▁▂▁▁█" in text and "worse +50 %" in text and "bottleneck of the newest: none" in text and "left out:" in text


def test_a_bottleneck_is_named(tmp_path: Path) -> None:
    """The machine's CPU is used up while the latency is bad."""
    report = reports.passing(250.0)
    for one in report["phases"][0]["series"]:
        if one["name"] == "host_cpu_percent":
            one["value"] = [97.0] * len(one["value"])
    reports.write(report, tmp_path / "run")
    (run,) = trend(tmp_path)["trends"][0]["runs"]
    assert run["bottleneck"] == "CPU" and run["bottleneck_reason"].startswith("2.1: the latency's p95 is 2"), run


def test_files_are_made_anew(tmp_path: Path) -> None:
    run = reports.write(reports.realistic(), tmp_path / "run")
    done = run_command("plan", "report", run, "--out", tmp_path / "out", check=False)
    assert done.returncode == 1, "the run has failed"
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"report.json", "report.html", "junit.xml"}
    made = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert made.pop("bottleneck") == "none" and made.pop("bottleneck_reason").startswith("4.1: the load was kept")
    assert made.pop("bottleneck_reason_ja").startswith("4.1: 負荷を処理できました")
    assert made == {name: value for name, value in reports.realistic().items() if not name.startswith("bottleneck")}
    reports.write(reports.passing(), tmp_path / "good")
    assert run_command("plan", "report", tmp_path / "good" / "report.json").returncode == 0
    assert (tmp_path / "good" / "report.html").exists()


def test_a_criterion_that_does_not_apply(tmp_path: Path) -> None:
    """It breaks nothing, and is no pass; reports that do not know of it are read as if all applied."""
    report = reports.passing()
    (lost,) = [one for one in report["phases"][0]["criteria"] if one["name"] == "events_lost"]
    lost.update(applies=False, held=False, measured=None, reason="nothing was sent", reason_ja="何も送っていません")
    for one in report["phases"][0]["criteria"]:
        if one is not lost:
            del one["applies"]
    run = reports.write(report, tmp_path / "run")
    assert run_command("plan", "report", run).returncode == 0
    (case,) = [one for one in ElementTree.parse(run / "junit.xml").getroot().iter("testcase") if one.get("name") == "events_lost"]
    assert [child.tag for child in case] == ["skipped"] and case[0].get("message") == "nothing was sent"
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "何も送っていません" in page and "3 / 3" in page
    made = json.loads((run / "report.json").read_text(encoding="utf-8"))["phases"][0]["criteria"]
    assert [one["applies"] for one in made] == [one["name"] != "events_lost" for one in made]
    assert row(compare(run, run), "events_lost")["runs"][1]["held"] is None


def test_other_programs_read_the_junit(tmp_path: Path) -> None:
    run = reports.write(reports.realistic(), tmp_path / "run")
    run_command("plan", "report", run, check=False)
    suites = ElementTree.parse(run / "junit.xml").getroot()
    assert suites.tag == "testsuites" and [suite.get("name") for suite in suites] == [
        "2.1 phased load", "4.1 Redis killed", "1.3 WebSocket broadcast", "4.1-disk full disk", "4.2 soak"]
    outcomes = {case.get("name"): [child.tag for child in case] for case in suites.iter("testcase")}
    assert outcomes == {"throughput_per_student": [], "latency_p95": [], "error_rate": [], "events_lost": [], "recovery_time": ["failure"],
                        "events_duplicated": ["failure"], "broadcast_time": ["error"], "phase": ["skipped"], "memory_growth": ["error"]}
    for kind in ("failures", "errors", "skipped", "tests"):
        assert int(suites.get(kind)) == sum(int(suite.get(kind)) for suite in suites), kind
    counted = subprocess.run([sys.executable, ROOT / "tools" / "count_tests.py", run / "junit.xml"], capture_output=True, check=True, timeout=60)
    assert counted.stdout.split() == [b"5", b"5"], "what was skipped or not run proves nothing"
    assert b"limit < 60 s: The stream had caught up" in counted.stderr
