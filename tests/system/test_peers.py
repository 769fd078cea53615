"""Goal: a plan is played against another server that a target profile describes, and what that server loses or doubles is found: by id, or
by the number where it tells no more.

Method: small plans of a few seconds against peer.py, which has nothing of Cell Monitor, whole and with one defect each; against Cell
Monitor itself by its profile; profiles that are wrong in one place.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support import peers, plans
from support.server import PATIENCE, run_command, wait_until

SLOW = {"latency_p95": 60_000} if PATIENCE > 1 else {}
SMALL = plans.phase("2.1", "phased_load", steps=[4], minutes=20, events_per_student_s=10, limits={**SLOW, "throughput_per_student": 1, "health": 10})
LOAD = {"students": 4, "events_per_student_s": 10}
DEFECT = 10  # One event in so many.


def sent(run: plans.Run, id_: str) -> int:
    (value,) = [one["value"] for one in run.phase(id_)["figures"] if one["name"] == "events_sent"]
    return int(value)


def broken(run: plans.Run, id_: str) -> list[str]:
    return [name for name, one in run.criteria(id_).items() if one["applies"] and not one["held"]]


@pytest.mark.alone
def test_a_peer_that_keeps_all_stands_beside_ours(tmp_path: Path) -> None:
    """All kinds in small: those that a route for events is enough for are judged, the others say what they need."""
    text = plans.plan(
        SMALL,
        plans.phase("1.2", "lms", classes=1, assignments=1, students=2),
        plans.phase("2.2", "resources", **LOAD, seconds=3, baseline_s=2, limits={**SLOW, "cpu_peak": 100}),
        plans.phase("4.1", "faults", **LOAD, seconds=3, fault=plans.fault("kill", "redis", 1, 1)),
        plans.phase("4.1-server", "faults", **LOAD, seconds=4, fault=plans.fault("kill", "server", 1, 0.5), limits=SLOW),
        plans.phase("availability", "availability", **LOAD, seconds=1, limits={"availability": 50, **SLOW}))
    target = peers.profile(tmp_path, "events", "--key", "k-7", more='headers = { X-Key = "${PEER_KEY}" }')
    refused = plans.play(tmp_path, text, "--target", target, out="refused")
    assert refused.status == 2 and "headers.X-Key: the environment has no PEER_KEY" in refused.progress
    theirs = plans.play(tmp_path, text, "--target", target, out="theirs", environment={"PEER_KEY": "k-7"})
    verdicts = {phase["id"]: phase["verdict"] for phase in theirs.report["phases"]}
    skipped = {"1.2", "4.1"}
    assert verdicts == {id_: "not_applicable" if id_ in skipped else "passed" for id_ in verdicts}, theirs.progress
    assert theirs.status == 0 and plans.left_behind(tmp_path) == []
    assert (theirs.report["profile"], theirs.report["target"]) == ("peer", "A peer in Python")
    for id_ in skipped:
        assert "a target profile describes" in theirs.phase(id_)["reason"] and "ターゲットプロファイル" in theirs.phase(id_)["reason_ja"]
    for id_ in set(verdicts) - skipped:
        for name in ("events_lost", "events_duplicated", "events_wrong", "events_unanswered", "events_refused"):
            assert theirs.criteria(id_)[name]["measured"] == 0
    assert sent(theirs, "2.1") > 100
    assert theirs.criteria("2.2")["memory_peak"]["measured"] > 1

    ours = plans.play(tmp_path, plans.plan(SMALL), out="ours")
    assert ours.status == 0 and sent(ours, "2.1") > 100
    page = tmp_path / "both.html"
    run_command("plan", "compare", tmp_path / "ours", tmp_path / "theirs", "--html", page)
    html = page.read_text(encoding="utf-8")
    assert ours.report["target"] in html and "A peer in Python" in html
    assert "needs an API for classes" in html and "API が必要です" in html, "why a phase has no figures"


@pytest.mark.parametrize("kept", ["events", "ids", "number", "command"])
def test_what_a_peer_drops_is_found(tmp_path: Path, kept: str) -> None:
    if kept == "ids":  # One that somebody else started, and that takes its events one by one.
        data = tmp_path / "peer"
        with peers.running(data, "--single", "--drop", DEFECT) as url:
            hurt = plans.phase("4.1", "faults", **LOAD, seconds=3, fault=plans.fault("kill", "server", 1, 1))
            run = plans.play(tmp_path, plans.plan(SMALL, hurt), "--target", peers.profile(tmp_path, kept, url=url, body="event"))
        assert run.phase("4.1")["verdict"] == "not_applicable" and "somebody else" in run.phase("4.1")["reason"]
        assert run.report["target"] == f"A peer in Python ({url})"
        dropped = peers.spoilt(data)
    else:
        run = plans.play(tmp_path, plans.plan(SMALL), "--target", peers.profile(tmp_path, kept, "--drop", DEFECT))
        dropped = []
    assert run.status == 1 and broken(run, "2.1") == ["events_lost"], run.progress
    lost = run.criteria("2.1")["events_lost"]
    assert lost["measured"] == sent(run, "2.1") // DEFECT
    assert re.search(r"\d{2,}", lost["reason_ja"]) and lost["reason_ja"] != lost["reason"]
    if kept == "number":
        assert "by the number alone" in lost["reason"]
    else:
        (first,) = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", lost["reason"])
        assert first in lost["reason_ja"] and (first in dropped or not dropped)


@pytest.mark.parametrize("kept", ["events", "number"])
def test_what_a_peer_doubles_is_found(tmp_path: Path, kept: str) -> None:
    run = plans.play(tmp_path, plans.plan(SMALL), "--target", peers.profile(tmp_path, kept, "--double", DEFECT))
    assert run.status == 1 and broken(run, "2.1") == ["events_duplicated"], run.progress
    assert run.criteria("2.1")["events_duplicated"]["measured"] == sent(run, "2.1") // DEFECT
    assert run.criteria("2.1")["events_wrong"]["applies"] == (kept == "events"), "a number tells nothing of contents"


def test_an_answer_that_does_not_pass_promises_nothing(tmp_path: Path) -> None:
    """The success test asks for another number than the peer gives: nothing is promised, so nothing is lost; all is unanswered."""
    target = peers.profile(tmp_path, "ids")
    target.write_text(target.read_text(encoding="utf-8").replace('count = "/taken"', 'count = "/stored"'), encoding="utf-8")
    process = plans.begin(tmp_path, plans.plan(SMALL), "--target", target, "--seed", 7)
    try:
        ledger = tmp_path / "out" / "ledger" / "2.1-1.ndjson"
        wait_until(lambda: ledger.exists() and ledger.stat().st_size > 10_000, "events are sent", plans.END_S)
        assert b'"acked"' not in ledger.read_bytes()
    finally:
        process.terminate()
        process.communicate(timeout=plans.END_S)
    assert plans.left_behind(tmp_path) == []


def test_cell_monitor_by_its_profile(tmp_path: Path) -> None:
    load = plans.phase("4.1-server", "faults", **LOAD, seconds=4, fault=plans.fault("kill", "server", 1, 0.5), limits=SLOW)
    run = plans.play(tmp_path, plans.plan(SMALL, load), "--target", "cell-monitor")
    assert run.status == 0, run.progress
    assert run.report["profile"] == "cell-monitor"
    assert run.criteria("2.1")["events_wrong"]["measured"] == 0 and sent(run, "4.1-server") > 50


def test_a_server_in_the_place_of_the_one_to_be_started(tmp_path: Path) -> None:
    with peers.running(tmp_path / "peer") as url:
        target = peers.profile(tmp_path, "ids")
        target.write_text(f'url = "{url}"\n' + target.read_text(encoding="utf-8"), encoding="utf-8")
        run = plans.play(tmp_path, plans.plan(SMALL), "--target", target)
    assert run.status == 3 and "answers at" in run.progress and not (tmp_path / "peer" / "events").read_bytes()


def test_a_peer_that_does_not_come_up(tmp_path: Path) -> None:
    target = peers.profile(tmp_path, "ids", "--nothing")
    run = plans.play(tmp_path, plans.plan(SMALL), "--target", target)
    assert run.status == 3 and "does not become ready" in run.progress and "--nothing" in run.progress


GOOD = 'name = "p"\nurl = "http://127.0.0.1:1"\nevents = "/in"\n[kept]\nget = "/n"\nwhat = "number"\n'


@pytest.mark.parametrize(("text", "complaint"), [
    (GOOD.replace('"p"', "3"), r"1: name must be a text"),
    (GOOD.replace('"p"', '"stores"'), r"1: name is that of a profile"),
    (GOOD.replace("http:", "https:"), r"2: url must be like http://"),
    (GOOD.replace('"/in"', '"in"'), r"3: events must begin with /"),
    (GOOD.replace("url =", "urls ="), r"2: urls is unknown; a target has name, "),
    (GOOD.replace('url = "http://127.0.0.1:1"\n', ""), r"1: url is missing"),
    (GOOD.replace('"number"', '"count"'), r'6: kept\.what "count" is none of number, ids, events'),
    (GOOD.replace("get =", "gets ="), r"5: kept\.gets is unknown; kept has get, command"),
    (GOOD.replace('get = "/n"\n', ""), r"4: kept needs either get or command"),
    (GOOD.split("[kept]")[0], r"1: kept is missing"),
    (GOOD + 'after = "/n"\n', r"7: kept\.after needs \{after\}"),
    (GOOD + "settle_s = 0\n", r"7: kept\.settle_s must be a number of seconds"),
    (GOOD + "[accepted]\nstatus = [99]\n", r"8: accepted\.status must be a list of HTTP statuses"),
    (GOOD + '[accepted]\nequals = "yes"\n', r"8: accepted\.equals needs accepted\.pointer"),
    (GOOD + '[headers]\nHost = "x"\n', r"8: headers\.Host is a header that cellmon makes itself"),
    (GOOD + '[headers]\nX = "a\\nb"\n', r"8: headers\.X has a character"),
    (GOOD.replace('url = "http://127.0.0.1:1"\n', "") + '[start]\ncommand = ["true"]\n', r"7: start\.command has no \{port\}"),
    ("name = ", r"1: "),
], ids=lambda value: value[-30:])
def test_a_wrong_profile_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    done = run_command("plan", "target", "validate", path, check=False)
    assert done.returncode == 2 and re.search(rf"wrong\.toml:{complaint}", done.stderr.decode()), done.stderr


def test_profiles_are_listed_shown_and_copied(tmp_path: Path) -> None:
    listed = json.loads(run_command("plan", "target", "list", "--json").stdout)
    assert [one["name"] for one in listed] == ["cell-monitor", "generic"]
    copy = tmp_path / "mine.toml"
    copy.write_bytes(run_command("plan", "target", "show", "generic", "--toml").stdout + b'[headers]\nAuthorization = "Bearer s3cret"\n')
    assert b": good, generic" in run_command("plan", "target", "validate", copy, "cell-monitor").stdout
    for form in ((), ("--json",)):
        shown = run_command("plan", "target", "show", copy, *form).stdout.decode()
        assert "Authorization" in shown and "s3cret" not in shown and "/events/count" in shown


def test_a_run_has_one_target(tmp_path: Path) -> None:
    target = peers.profile(tmp_path, "ids")
    for more in (("--profile", "stores"), ("--server", "http://127.0.0.1:1")):
        run = plans.play(tmp_path, plans.plan(SMALL), "--target", target, *more)
        assert run.status == 2 and "--target" in run.progress
    assert plans.play(tmp_path, plans.plan(SMALL), "--target", tmp_path / "none.toml").status == 2
    assert plans.play(tmp_path, plans.plan(SMALL), "--target", target, "--postgres", "postgresql:///x").status == 2
