"""Goal: `cellmon monitor --grafana` makes data source, folder, dashboards and annotations; a second time it changes nothing; the token goes
nowhere but into the header.

Method: a strict stand-in, written from the documentation of Grafana's HTTP API (support/grafana.py says of what). What is made is held against
the files that are provisioned.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from support import reports
from support.grafana import Grafana
from support.server import BINARY, ROOT, SURROUNDINGS, run_command

TOKEN = "glsa_tests_0123456789"
FILES = ROOT / "deploy" / "grafana"
# A machine that is busy with other tests is none of this test's business.
GENEROUS = [part for name in ("cpu", "memory") for part in (f"--{name}-critical", 100_000, f"--{name}-warning", 100_000)]
UIDS = {"cellmon-server", "cellmon-test-run"}


def grafana_command(grafana: Grafana, *arguments: object, token: str | None = TOKEN, check: bool = True) -> subprocess.CompletedProcess:
    return run_command("monitor", "--grafana", grafana.url, "--interval", 0.1, "--duration", 0.1, "--json", *GENEROUS, *arguments, check=check,
                       environment={} if token is None else {"CELLMON_GRAFANA_TOKEN": token})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return reports.write(reports.realistic(), tmp_path / "run")


@pytest.fixture
def grafana():
    with Grafana(TOKEN) as one:
        yield one
        assert one.refusals == [], "the documentation allows all of it"


def provisioned(kind: str) -> dict:
    return yaml.safe_load((FILES / "provisioning" / kind / "cellmon.yaml").read_text(encoding="utf-8"))


def dashboard_file(uid: str) -> dict:
    return json.loads((FILES / "dashboards" / f"{uid}.json").read_text(encoding="utf-8"))


def test_everything_is_made_and_the_second_time_nothing(grafana: Grafana) -> None:
    first = grafana_command(grafana, "--grafana-prometheus", "http://prometheus:9090")
    assert sorted(grafana.writes) == ["POST /api/dashboards/db", "POST /api/dashboards/db", "POST /api/datasources", "POST /api/folders"]
    assert grafana.data_sources["cellmon-prometheus"]["url"] == "http://prometheus:9090"
    assert grafana.folders["cellmon"]["title"] == "Cell Monitor"
    assert grafana.dashboards.keys() == UIDS and {one["folderUid"] for one in grafana.dashboards.values()} == {"cellmon"}
    assert b"the data source: made" in first.stderr
    grafana.writes.clear()
    second = grafana_command(grafana, "--grafana-prometheus", "http://prometheus:9090")
    assert grafana.writes == [] and second.stderr.count(b"unchanged") == 4
    assert json.loads(second.stdout.splitlines()[-1])["health"], "it goes on to monitor"


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_dashboards_are_those_that_are_provisioned(grafana: Grafana, uid: str) -> None:
    grafana_command(grafana)
    made = dict(grafana.dashboards[uid]["dashboard"])
    assert made.pop("version") == 1 and isinstance(made.pop("id"), int)
    assert made == dashboard_file(uid)


def test_the_rest_is_what_is_provisioned_too(grafana: Grafana) -> None:
    grafana_command(grafana, "--grafana-prometheus", "http://prometheus:9090")
    (source,) = provisioned("datasources")["datasources"]
    made = grafana.data_sources["cellmon-prometheus"]
    assert source.pop("url") == "${CELLMON_PROMETHEUS_URL}" and source.pop("editable") is False
    assert source == {name: made[name] for name in source}
    (provider,) = provisioned("dashboards")["providers"]
    assert (provider["folderUid"], provider["folder"]) == ("cellmon", grafana.folders["cellmon"]["title"])
    for uid in UIDS:
        panels = [panel for panel in dashboard_file(uid)["panels"] if panel["type"] != "row"]
        assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}


def test_what_differs_is_brought_up_to_date(grafana: Grafana) -> None:
    grafana_command(grafana)
    grafana.writes.clear()
    kept = grafana.dashboards["cellmon-server"]
    kept["dashboard"]["panels"][1]["title"] = "another title"
    kept["dashboard"]["version"], kept["folderUid"] = 7, ""
    grafana.dashboards["cellmon-test-run"]["dashboard"]["added by Grafana"] = True
    grafana_command(grafana, "--grafana-prometheus", "http://127.0.0.1:9091")
    assert grafana.writes == ["PUT /api/datasources/uid/cellmon-prometheus", "POST /api/dashboards/db"]
    assert grafana.data_sources["cellmon-prometheus"]["url"] == "http://127.0.0.1:9091"
    updated = grafana.dashboards["cellmon-server"]
    assert updated["dashboard"]["version"] == 8 and updated["dashboard"]["panels"] == dashboard_file("cellmon-server")["panels"]
    assert updated["folderUid"] == "", "it stays where somebody has moved it"
    assert grafana.dashboards["cellmon-test-run"]["dashboard"]["version"] == 1


def test_what_is_provisioned_is_left_alone(grafana: Grafana) -> None:
    grafana_command(grafana)
    grafana.writes.clear()
    grafana.data_sources["cellmon-prometheus"].update(readOnly=True, url="http://elsewhere")
    for one in grafana.dashboards.values():
        one["provisioned"] = True
        one["dashboard"]["title"] = "another title"
    assert grafana_command(grafana).stderr.count(b"provisioned by a file, left alone") == 3
    assert grafana.writes == []


def test_who_changes_a_dashboard_meanwhile_is_not_overwritten() -> None:
    with Grafana(TOKEN) as grafana:
        grafana_command(grafana)
        kept = grafana.dashboards["cellmon-server"]["dashboard"]
        kept["panels"][1]["title"] = "another title"

        def another_save() -> None:
            kept["version"] += 1

        grafana.before_save = another_save
        done = grafana_command(grafana, check=False)
        assert done.returncode == 3 and b"changed by someone else" in done.stderr
        assert kept["panels"][1]["title"] == "another title"


def test_phases_and_faults_are_annotations(grafana: Grafana, run: Path) -> None:
    done = grafana_command(grafana, "--grafana-run", run)
    assert done.stdout == b"", "it does not go on to monitor"
    texts = {one["text"]: one for one in grafana.annotations.values()}
    assert texts.keys() == {"2.1 段階負荷 / phased load: 合格 / passed", "4.1 Redis の強制終了 / Redis killed: 不合格 / failed",
                            "1.3 WebSocket 一斉配信 / WebSocket broadcast: 測定無効 / not valid", "4.1 F1 Redis: 強制終了 / kill"}
    fault = texts["4.1 F1 Redis: 強制終了 / kill"]
    assert fault["timeEnd"] - fault["time"] == 30_000 and "dashboardUID" not in fault
    shown = [entry["target"]["tags"] for entry in dashboard_file("cellmon-test-run")["annotations"]["list"] if "target" in entry]
    assert shown == [["cellmon", "phase"], ["cellmon", "fault"]]
    assert sum(set(shown[1]) <= set(one["tags"]) for one in texts.values()) == 1
    assert sum(set(shown[0]) <= set(one["tags"]) for one in texts.values()) == 3


def test_annotations_are_made_once_and_kept_up_to_date(grafana: Grafana, run: Path) -> None:
    """As while a plan runs: the last phase goes on, and the report is written again."""
    grafana_command(grafana, "--grafana-run", run)
    before = dict(grafana.annotations)
    grafana.writes.clear()
    grafana_command(grafana, "--grafana-run", run)
    assert grafana.writes == [] and grafana.annotations == before
    later = reports.realistic()
    later["phases"][2]["ended"] = reports.time_text(456)
    reports.write(later, run)
    assert b"annotations: 0 made, 1 updated, 3 unchanged" in grafana_command(grafana, "--grafana-run", run).stderr
    assert len(grafana.writes) == 1 and grafana.writes[0].startswith("PATCH /api/annotations/")
    another = reports.realistic()
    another["began"] = reports.time_text(5000)
    reports.write(another, run)
    assert b"annotations: 4 made" in grafana_command(grafana, "--grafana-run", run).stderr, "another run has its own"


def test_a_load_test_is_an_annotation(grafana: Grafana) -> None:
    grafana_command(grafana, "--name", "教室 100", check=False)
    (made,) = grafana.annotations.values()
    assert made["text"] == "教室 100" and 0 < made["timeEnd"] - made["time"] < 60_000 and {"cellmon", "phase"} <= set(made["tags"])


def test_the_token_may_be_in_a_file(grafana: Grafana, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    grafana_command(grafana, "--grafana-token-file", tmp_path / "token", token=None)
    assert grafana.dashboards.keys() == UIDS
    help_text = run_command("monitor", "--help").stdout.decode()
    assert "--grafana-token " not in help_text and "CELLMON_GRAFANA_TOKEN" in help_text


@pytest.mark.parametrize("token, said", [("another", "401"), (None, "401"), ("two words", "space")])
def test_a_wrong_token(token: str | None, said: str) -> None:
    with Grafana(TOKEN) as grafana:
        done = grafana_command(grafana, token=token, check=False)
        assert done.returncode == (2 if said == "space" else 3)
        assert said in done.stderr.decode() and grafana.writes == []
        assert token is None or token not in done.stderr.decode() + done.stdout.decode()


def test_the_token_is_not_sent_elsewhere() -> None:
    """Whoever answers with a redirection gets no second request, and the token is in no output."""
    with Grafana("another token") as elsewhere, Grafana(TOKEN) as grafana:
        grafana.redirect = elsewhere.url
        done = grafana_command(grafana, check=False)
        assert done.returncode == 3 and b"(302)" in done.stderr and TOKEN.encode() not in done.stdout + done.stderr
        assert grafana.requests == 1 and elsewhere.requests == 0


def test_below_a_path() -> None:
    with Grafana(TOKEN, path="/grafana") as grafana:
        grafana_command(grafana)
        assert grafana.dashboards.keys() == UIDS and grafana.refusals == []


@pytest.mark.parametrize("arguments, status, said", [
    (("--grafana", "127.0.0.1:3000"), 2, "http://127.0.0.1:3000"),
    (("--grafana", "http://user:secret@127.0.0.1:3000"), 2, "without user"),
    (("--grafana-run", "somewhere"), 2, "--grafana"),
    (("--grafana", "http://127.0.0.1:1"), 3, "cannot be reached"),
    (("--grafana", "http://127.0.0.1:1", "--grafana-token-file", "/nowhere"), 3, "token"),
])
def test_wrong_arguments(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = subprocess.run([str(BINARY), "monitor", *arguments], capture_output=True, env=SURROUNDINGS, timeout=60, check=False)
    assert done.returncode == status and said in done.stderr.decode() and b"secret" not in done.stderr
