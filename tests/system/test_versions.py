"""Goal: notebook versions do what contract §3.13 says and what its models promise; each write that was answered survives a kill; what two
versions differ by is told so that the one can be made of the other.

Method: on both engines, without a token as the contract's clients; diffs applied by hand; a notebook of 2,000 cells; thirty clients at once.
"""

from __future__ import annotations

import difflib
import random
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from support.accounts import Accounts, Session
from support.classroom import Rows
from support.client import Client
from support.notebooks import API, AUTHOR, branched, cell, commit, committed, merge, new_path, notebook, sources
from support.server import Server

SNAPSHOT_KEYS = ["snapshot_id", "notebook_path", "created_at", "notebook_metadata", "kernel_spec", "cells", "total_cells", "total_lines",
                 "total_characters", "code_cells_count", "markdown_cells_count", "last_execution_time", "execution_count"]
CELL_KEYS = {"cell_id", "cell_type", "source", "metadata", "execution_count", "outputs", "line_count", "character_count"}
VERSION_KEYS = ["version_id", "notebook_path", "created_at", "version_number", "status", "commit_message", "author_id", "author_name",
                "parent_version_id", "parent_version_number", "snapshot", "diffs", "total_changes", "cells_added", "cells_deleted",
                "cells_modified", "cells_moved", "tags", "metadata"]
DIFF_KEYS = ["cell_id", "change_type", "old_content", "new_content", "line_diffs", "lines_added", "lines_deleted", "lines_modified",
             "old_index", "new_index"]
BRANCH_KEYS = ["branch_id", "branch_name", "notebook_path", "created_at", "created_by", "description", "current_version_id",
               "current_version_number", "parent_branch_id", "parent_branch_name", "branched_from_version_id", "total_versions",
               "last_commit_at", "is_merged", "merged_at", "merged_into_branch_id", "metadata"]
HISTORY_KEYS = ["notebook_path", "created_at", "last_updated_at", "versions", "branches", "current_branch_id", "current_version_id",
                "total_versions", "total_branches", "total_commits", "contributors"]
COMPARISON_KEYS = ["comparison_id", "compared_at", "from_version_id", "to_version_id", "from_version_number", "to_version_number",
                   "cell_diffs", "summary", "similarity_score", "change_significance", "recommended_actions"]


@pytest.fixture
def nobody(school: Accounts) -> Session:
    return school.nobody()


def snapshot(who: Session, path: str, content: object) -> dict:
    answer = who.post(f"{API}/snapshot?notebook_path={quote(path)}", {"notebook_content": content, **AUTHOR})
    assert answer.status == 201, answer
    return answer.json["snapshot"]


def read(who: Session, path: str) -> object:
    answer = who.get(f"{API}/{path}")
    assert answer.status == 200, answer
    return answer.json


def history(who: Session, path: str, query: str = "") -> dict:
    return read(who, f"history/{quote(path)}{query}")["history"]


def compare(who: Session, one: dict, other: dict) -> dict:
    return read(who, f"compare/{one['version_id']}/{other['version_id']}")["comparison"]


def texts(version: dict) -> dict[str, str]:
    return {one["cell_id"]: "".join(one["source"]) for one in version["snapshot"]["cells"]}


def test_snapshot_commit_and_read_back(nobody: Session) -> None:
    path = new_path()
    content = notebook(cell("a", "x = 1\nprint(x)", execution_count=3, outputs=[{"output_type": "stream", "name": "stdout", "text": "1\n"}]),
                       cell("b", ["# 見出し\n", "本文"], "markdown"), kernelspec={"name": "python3"})
    taken = snapshot(nobody, path, content)
    assert list(taken)[:len(SNAPSHOT_KEYS)] == SNAPSHOT_KEYS
    assert all(set(one) == CELL_KEYS for one in taken["cells"])
    assert len(taken["snapshot_id"]) == 16 and taken["kernel_spec"] == {"name": "python3"}
    assert [one["source"] for one in taken["cells"]] == [["x = 1\n", "print(x)"], ["# 見出し\n", "本文"]]
    assert taken["cells"][0]["outputs"][0]["text"] == "1\n" and taken["cells"][0]["execution_count"] == 3
    assert (taken["total_cells"], taken["total_lines"], taken["total_characters"]) == (2, 4, 14 + 8)
    assert (taken["code_cells_count"], taken["markdown_cells_count"], taken["execution_count"]) == (1, 1, 3)
    body = {"notebook_path": path, "snapshot_id": taken["snapshot_id"], "commit_message": "最初", **AUTHOR}
    answer = nobody.post(f"{API}/commit", body)
    assert answer.status == 201, answer
    assert list(answer.json) == ["message", "version", "version_id", "version_number"]
    version = answer.json["version"]
    assert [key for key in version if key in VERSION_KEYS] == VERSION_KEYS
    assert (version["version_number"], version["parent_version_id"], version["status"]) == ("v1.0.0", None, "committed")
    assert version["snapshot"] == taken and version["commit_message"] == "最初"
    assert (version["total_changes"], version["cells_added"]) == (2, 2)
    assert all([key for key in diff if key in DIFF_KEYS] == DIFF_KEYS for diff in version["diffs"])
    assert read(nobody, f"snapshot/{taken['snapshot_id']}")["snapshot"] == taken
    assert read(nobody, f"version/{version['version_id']}")["version"] == version
    assert read(nobody, f"latest/{quote(path)}")["version"] == version
    direct = commit(nobody, path, content).json
    assert list(direct) == ["message", "version", "snapshot", "version_id", "version_number"]
    assert direct["version_number"] == "v2.0.0" and direct["version"]["total_changes"] == 0
    assert direct["snapshot"] == taken, "the same content is the same snapshot"
    assert direct["version"]["parent_version_id"] == version["version_id"]


def test_both_forms_of_source_are_the_same(nobody: Session) -> None:
    path = new_path()
    text = "一行目\n\n三行目"
    assert snapshot(nobody, path, sources(a=text)) == snapshot(nobody, path, notebook(cell("a", ["一行目\n", "\n", "三行目"])))
    assert snapshot(nobody, path, notebook(cell("a", "")))["cells"][0]["source"] == []


def test_a_history_counts_what_there_is(nobody: Session) -> None:
    path = new_path()
    first = committed(nobody, path, sources(a="1"))
    second = committed(nobody, path, sources(a="2"), author_id="s2@example.com")
    side = branched(nobody, path, first, "実験")
    assert [key for key in side if key in BRANCH_KEYS] == BRANCH_KEYS
    assert (side["current_version_id"], side["parent_branch_name"], side["total_versions"]) == (first["version_id"], "main", 0)
    third = committed(nobody, path, sources(a="3"), branch_name="実験")
    assert (third["version_number"], third["parent_version_id"]) == ("実験-v1.0.0", first["version_id"])
    told = history(nobody, path)
    assert [key for key in told if key in HISTORY_KEYS] == HISTORY_KEYS
    assert [version["version_id"] for version in told["versions"]] == [one["version_id"] for one in (first, second, third)]
    assert (told["total_versions"], told["total_branches"], told["total_commits"]) == (3, 2, 3)
    assert told["contributors"] == ["s1@example.com", "s2@example.com"]
    assert told["current_version_id"] == third["version_id"] and told["current_branch_id"] == side["branch_id"]
    assert [branch["branch_name"] for branch in told["branches"]] == ["main", "実験"]
    assert told["branches"] == nobody.get(f"{API}/branches/{quote(path)}").json
    for version in told["versions"]:
        assert "diffs" not in version and "cells" not in version["snapshot"] and version["snapshot"]["total_cells"] == 1
    assert [one["version_id"] for one in history(nobody, path, "?skip=1&limit=1")["versions"]] == [second["version_id"]]
    assert read(nobody, f"branch/{side['branch_id']}")["branch"]["total_versions"] == 1
    assert read(nobody, f"latest/{quote(path)}?branch_name={quote('実験')}")["version"]["version_id"] == third["version_id"]
    # A branch that nobody made begins at the newest version of main.
    fresh = committed(nobody, path, sources(a="4"), branch_name="新")
    assert (fresh["parent_version_id"], fresh["version_number"]) == (second["version_id"], "新-v1.0.0")


def patched(before: str, diff: list[str]) -> str:
    """Applies a unified diff, knowing nothing of how it was made."""
    old, new, at = before.splitlines(keepends=True), [], 0
    for line in diff[2:]:
        if line.startswith("@@ "):
            start, _, count = line.split()[1][1:].partition(",")
            stop = int(start) - (count != "0")
            new += old[at:stop]
            at = stop
        elif line[0] == "+":
            new.append(line[1:])
        else:
            assert old[at] == line[1:]
            new += [line[1:]] * (line[0] == " ")
            at += 1
    return "".join(new + old[at:])


def test_what_differs_makes_the_one_of_the_other(nobody: Session) -> None:
    """Random changes of a notebook; the diff alone brings the old cells to the new ones."""
    dice = random.Random(20261126)
    path = new_path()
    content = [cell(f"c{number}", "".join(f"line {dice.randrange(5)}\n" for _ in range(dice.randrange(8)))) for number in range(12)]
    version = committed(nobody, path, notebook(*content))
    for step in range(12):
        content = [dict(one) for one in content]
        for one in dice.sample(content, 3):
            lines = one["source"].splitlines(keepends=True)
            lines[dice.randrange(len(lines) + 1):][:1] = []
            lines.insert(dice.randrange(len(lines) + 1), f"new {step}\n")
            one["source"] = "".join(lines)
        content.pop(dice.randrange(len(content)))
        content.insert(dice.randrange(len(content)), cell(f"n{step}", f"added {step}"))
        content.insert(0, content.pop(dice.randrange(len(content))))
        following = committed(nobody, path, notebook(*content))
        comparison = compare(nobody, version, following)
        assert [key for key in comparison if key in COMPARISON_KEYS] == COMPARISON_KEYS
        assert comparison["cell_diffs"] == following["diffs"], "as the version itself tells it"
        old, new = texts(version), {}
        for diff in comparison["cell_diffs"]:
            if diff["change_type"] == "modified":
                python = list(difflib.unified_diff(diff["old_content"].splitlines(True), diff["new_content"].splitlines(True)))
                assert len(diff["line_diffs"]) <= len(python), "no longer than Python's"
                assert patched(old[diff["cell_id"]], diff["line_diffs"]) == diff["new_content"]
            assert diff["lines_added"] == sum(line[0] == "+" for line in diff["line_diffs"][2:])
            if diff["change_type"] != "deleted":
                new[diff["cell_id"]] = diff["new_content"]
        gone = {diff["cell_id"] for diff in comparison["cell_diffs"] if diff["change_type"] == "deleted"}
        assert {**{name: text for name, text in old.items() if name not in gone}, **new} == texts(following)
        summary = comparison["summary"]
        assert (summary["cells_added"], summary["cells_deleted"]) == (following["cells_added"], following["cells_deleted"]) == (1, 1)
        assert summary["cells_moved"] <= 1 and summary["total_changes"] == len(comparison["cell_diffs"])
        assert 0 < comparison["similarity_score"] < 1
        version = following
    same = compare(nobody, version, version)
    assert (same["cell_diffs"], same["similarity_score"], same["change_significance"], same["recommended_actions"]) == ([], 1.0, "minor", [])


def test_a_move_and_a_new_name_are_told(nobody: Session) -> None:
    path = new_path()
    first = committed(nobody, path, sources(a="1", b="2", c="3"))
    moved = compare(nobody, first, committed(nobody, path, sources(c="3", a="1", b="2")))
    assert [(one["change_type"], one["cell_id"], one["old_index"], one["new_index"]) for one in moved["cell_diffs"]] == [("moved", "c", 2, 0)]
    renamed = compare(nobody, first, committed(nobody, path, sources(a="1", z="2", c="3")))
    assert [(one["change_type"], one["cell_id"]) for one in renamed["cell_diffs"]] == [("renamed", "z")]
    assert "上から" in moved["recommended_actions"][0] and "run all cells" in moved["recommended_actions"][0]


def test_cells_without_ids_keep_what_they_get(nobody: Session) -> None:
    path = new_path()
    first = committed(nobody, path, notebook(cell(None, "import os"), cell(None, "x"), cell(None, "x")))
    second = committed(nobody, path, notebook(cell(None, "new"), cell(None, "import os"), cell(None, "x"), cell(None, "x")))
    assert (second["cells_added"], second["total_changes"]) == (1, 1)
    assert len({one["cell_id"] for one in first["snapshot"]["cells"]}) == 3
    twice = committed(nobody, path, notebook(cell("same", "1"), cell("same", "2")))
    assert len(texts(twice)) == 2


def test_merge_takes_what_both_did(nobody: Session) -> None:
    path = new_path()
    base = committed(nobody, path, sources(a="1\n2\n3\n4\n5", b="b", c="c"))
    branched(nobody, path, base, "side")
    committed(nobody, path, sources(a="1\n2\n3\n4\n五", b="b", new="n", c="c"), branch_name="side")
    committed(nobody, path, sources(a="一\n2\n3\n4\n5", c="c!"))
    answer = merge(nobody, path, "side")
    assert answer.status == 201, answer
    version = answer.json["version"]
    assert list(texts(version).items()) == [("a", "一\n2\n3\n4\n五"), ("new", "n"), ("c", "c!")]
    assert version["commit_message"] == "Merge side into main" and version["version_number"] == "v3.0.0"
    side = nobody.get(f"{API}/branches/{quote(path)}").json[1]
    assert side["is_merged"] and side["merged_at"] == version["created_at"] and version["merged_version_id"] == side["current_version_id"]
    again = merge(nobody, path, "side")
    assert (again.status, again.json["version_id"]) == (200, version["version_id"])
    committed(nobody, path, sources(a="x", b="b", new="n", c="c"), branch_name="side")
    assert not nobody.get(f"{API}/branches/{quote(path)}").json[1]["is_merged"], "it went on"


def test_conflicts_are_listed_and_settled(nobody: Session) -> None:
    path = new_path()
    base = committed(nobody, path, sources(a="a", b="b", c="c"))
    branched(nobody, path, base, "side")
    committed(nobody, path, sources(a="theirs", b="b!", c="c"), branch_name="side")
    ours = committed(nobody, path, sources(a="ours", c="c"))
    refused = merge(nobody, path, "side")
    assert refused.status == 409
    assert refused.json["conflicts"] == [{"cell_id": "a", "kind": "modified", "base": "a", "ours": "ours", "theirs": "theirs"},
                                         {"cell_id": "b", "kind": "deleted_by_us", "base": "b", "ours": None, "theirs": "b!"}]
    assert history(nobody, path)["total_versions"] == 3, "nothing was stored"
    half = merge(nobody, path, "side", resolutions={"a": "theirs"})
    assert half.status == 409 and [one["cell_id"] for one in half.json["conflicts"]] == ["b"]
    settled = merge(nobody, path, "side", resolutions={"a": "theirs", "b": "ours"}, commit_message="決着")
    assert settled.status == 201 and texts(settled.json["version"]) == {"a": "theirs", "c": "c"}
    assert (settled.json["version"]["parent_version_id"], settled.json["version"]["commit_message"]) == (ours["version_id"], "決着")


def test_tags_name_versions(nobody: Session) -> None:
    path = new_path()
    first, second = (committed(nobody, path, sources(a=text)) for text in "12")
    made = nobody.post(f"{API}/version/{first['version_id']}/tags", {"tag": "提出"})
    assert made.status == 201 and made.json["version_id"] == first["version_id"]
    assert nobody.post(f"{API}/version/{second['version_id']}/tags", {"tag": "提出"}).status == 409
    assert read(nobody, f"version/{first['version_id']}")["version"]["tags"] == ["提出"]
    assert nobody.get(f"{API}/tags/{quote(path)}").json == [made.json] == history(nobody, path)["tags"]
    assert nobody.delete(f"{API}/version/{second['version_id']}/tags/{quote('提出')}").status == 404
    assert nobody.delete(f"{API}/version/{first['version_id']}/tags/{quote('提出')}").status == 200
    assert nobody.get(f"{API}/tags/{quote(path)}").json == []


def test_a_stale_parent_is_refused(nobody: Session) -> None:
    path = new_path()
    first = committed(nobody, path, sources(a="1"))
    second = committed(nobody, path, sources(a="2"), parent_version_id=first["version_id"])
    stale = commit(nobody, path, sources(a="3"), parent_version_id=first["version_id"])
    assert (stale.status, stale.json) == (409, {"detail": f"Branch 'main' is at version {second['version_id']}"})
    assert history(nobody, path)["total_versions"] == 2


def test_statistics_and_lists_are_counted(nobody: Session) -> None:
    before = read(nobody, "stats")["stats"]
    path = new_path()
    base = committed(nobody, path, sources(a="1"))
    branched(nobody, path, base, "side")
    after = read(nobody, "stats")["stats"]
    assert {name: after[name] - before[name] for name in ("total_notebooks", "total_versions", "total_commits", "total_branches")} == {
        "total_notebooks": 1, "total_versions": 1, "total_commits": 1, "total_branches": 2}
    assert after["system_health"] == "healthy" and after["last_cleanup"] is None
    assert after["average_branches_per_notebook"] == pytest.approx(after["total_branches"] / after["total_notebooks"])
    (line,) = [one for one in nobody.get(f"{API}/notebooks?limit=1000").json if one["notebook_path"] == path]
    assert (line["owner"], line["total_versions"], line["total_branches"], line["total_snapshots"]) == ("", 1, 2, 1)
    gone = nobody.delete(f"{API}/reset/{quote(path)}")
    assert gone.status == 200 and list(gone.json) == ["message", "notebook_path", "reset_at", "warning"]
    assert nobody.get(f"{API}/history/{quote(path)}").status == 404
    assert nobody.get(f"{API}/version/{base['version_id']}").status == 404
    assert nobody.delete(f"{API}/reset/{quote(path)}").status == 200, "also when nothing was there"
    assert read(nobody, "stats")["stats"] == before


def test_a_simulated_commit_is_one(nobody: Session) -> None:
    path = new_path()
    for number in (1, 2):
        answer = nobody.post(f"{API}/simulate-commit?notebook_path={quote(path)}&author_id=x")
        assert answer.status == 201 and list(answer.json) == ["message", "simulation_result", "simulated_at"]
        result = answer.json["simulation_result"]
        assert result["version_number"] == f"v{number}.0.0" and result["version"]["author_id"] == "x"
    assert result["version"]["cells_modified"] == 1
    assert nobody.post(f"{API}/simulate-commit").status == 201


def test_what_nobody_knows_is_404(nobody: Session) -> None:
    path = new_path()
    made = committed(nobody, path, sources(a="1"))
    version = made["version_id"]
    for unknown in ("000000000000", "x", "%ff", "%27%3B--", "0" * 5000, "%00", "日本"):
        name = unknown if unknown.startswith("%") else quote(unknown)
        for route in (f"version/{name}", f"snapshot/{name}", f"branch/{name}", f"history/{name}", f"latest/{name}", f"branches/{name}",
                      f"tags/{name}", f"compare/{name}/{version}", f"compare/{version}/{name}", f"latest/{quote(path)}?branch_name={name[:100]}x"):
            answer = nobody.get(f"{API}/{route}")
            no_text = unknown in ("%ff", "%00")
            assert answer.status == (400 if no_text else 404) or (answer.status == 422 and "branch_name" in route), (route, answer)
    body = {"notebook_path": path, "commit_message": "", **AUTHOR}
    assert nobody.post(f"{API}/commit", body | {"snapshot_id": "0" * 16}).json == {"detail": f"Snapshot {'0' * 16} not found"}
    other = {"notebook_path": "other.ipynb", "snapshot_id": made["snapshot"]["snapshot_id"]}
    assert nobody.post(f"{API}/commit", body | other).status == 404, "of another notebook"
    for version_id, where in (("000000000000", path), (version, "other.ipynb")):
        answer = nobody.post(f"{API}/branch", {"notebook_path": where, "branch_name": "b", "from_version_id": version_id, "author_id": "a"})
        assert answer.status == 404, answer
    again = {"notebook_path": path, "branch_name": "main", "from_version_id": version, "author_id": "a"}
    assert nobody.post(f"{API}/branch", again).status == 409
    assert merge(nobody, path, "nowhere").status == 404
    assert nobody.post(f"{API}/version/000000000000/tags", {"tag": "x"}).status == 404


def test_bad_bodies_are_named(nobody: Session) -> None:
    good = {"notebook_path": "a.ipynb", "notebook_content": {}, "commit_message": "", **AUTHOR}
    for change, place in (({"notebook_path": None}, ["body", "notebook_path"]), ({"notebook_path": "x" * 601}, ["body", "notebook_path"]),
                          ({"notebook_path": 7}, ["body", "notebook_path"]), ({"notebook_path": "a\0b"}, ["body", "notebook_path"]),
                          ({"author_id": ""}, ["body", "author_id"]), ({"author_name": 7}, ["body", "author_name"]),
                          ({"commit_message": None}, ["body", "commit_message"]), ({"branch_name": ""}, ["body", "branch_name"]),
                          ({"metadata": []}, ["body", "metadata"]), ({"notebook_content": []}, ["body", "notebook_content"]),
                          ({"notebook_content": {"cells": 7}}, ["body", "notebook_content", "cells"]),
                          ({"notebook_content": {"cells": [{}, {"source": [1]}]}}, ["body", "notebook_content", "cells", 1, "source", 0])):
        answer = nobody.post(f"{API}/commit-direct", good | change)
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == place, (change, answer)
    for missing in good:
        answer = nobody.post(f"{API}/commit-direct", {name: value for name, value in good.items() if name != missing})
        assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["body", missing]
    assert nobody.post(f"{API}/snapshot", {"notebook_content": {}, **AUTHOR}).json["detail"][0]["loc"] == ["query", "notebook_path"]
    answer = nobody.post(f"{API}/merge", {"notebook_path": "a", "source_branch": "b", "resolutions": {"x": "mine"}, **AUTHOR})
    assert answer.status == 422 and answer.json["detail"][0]["loc"] == ["body", "resolutions", "x"]
    assert nobody.post(f"{API}/commit-direct", b"{").status == 422
    huge = nobody.post(f"{API}/commit-direct", good | {"notebook_content": sources(a="x" * (17 << 20))})
    assert huge.status == 413


def test_two_thousand_cells(nobody: Session) -> None:
    path = new_path()
    cells = [cell(f"cell-{number:05}", f"x{number} = {number}\nprint(x{number})\n# 説明 {number}",
                  outputs=[{"output_type": "stream", "name": "stdout", "text": f"{number}\n"}], execution_count=number) for number in range(2_000)]
    began = time.monotonic()
    first = committed(nobody, path, notebook(*cells))
    cells = [{**one, "source": one["source"] + "\n# 変更"} if number % 2 else one for number, one in enumerate(cells)]
    cells.insert(0, cells.pop())
    second = committed(nobody, path, notebook(*cells))
    comparison = compare(nobody, first, second)
    took_s = time.monotonic() - began
    assert comparison["summary"]["cells_modified"] == 1_000 and comparison["summary"]["cells_moved"] == 1
    assert second["snapshot"]["total_cells"] == 2_000 and comparison["change_significance"] == "breaking"
    assert took_s < 20, "some two seconds on an idle machine"


def test_contents_are_stored_once(nobody: Session, school: Accounts) -> None:
    path = new_path()
    words = [f"unique {path} {number}" for number in range(50)]
    committed(nobody, path, notebook(*(cell(str(number), text) for number, text in enumerate(words))))
    before = school.rows.count("notebook_contents")
    for round_ in range(10):
        words[round_] += "!"
        committed(nobody, path, notebook(*(cell(str(number), text) for number, text in enumerate(words))))
    assert school.rows.count("notebook_contents") == before + 10, "one cell each time"
    assert nobody.delete(f"{API}/reset/{quote(path)}").status == 200
    assert school.rows.count("notebook_contents") == before - 50


def test_long_outputs_are_packed(nobody: Session, school: Accounts) -> None:
    path = new_path()
    outputs = [{"output_type": "stream", "name": "stdout", "text": "".join(f"行 {number % 7}: 0.{number:06}\n" for number in range(20_000))}]
    version = committed(nobody, path, notebook(cell("a", "print(x)\n" * 1_000, outputs=outputs)))
    assert read(nobody, f"version/{version['version_id']}")["version"]["snapshot"]["cells"][0]["outputs"] == outputs
    largest, smaller = school.rows.query("SELECT byte_count, length(content), length(packed) FROM notebook_contents WHERE byte_count IS NOT NULL "
                                         "ORDER BY byte_count DESC LIMIT 2")
    assert int(largest[0]) > 300_000 and largest[1] == "0" and int(largest[2]) < int(largest[0]) / 3
    assert int(smaller[0]) > 10_000 and int(smaller[2]) < 200
    second = committed(nobody, path, notebook(cell("a", "print(x)\n" * 999, outputs=outputs)))
    assert second["diffs"][0]["lines_deleted"] == 1


def test_limits_are_settings(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.environment |= {"CELLMON_CLASSROOM_NOTEBOOK_BYTES": "4KiB", "CELLMON_CLASSROOM_NOTEBOOK_VERSIONS": "3"}
    nobody, path = Accounts(server.start(), rows).nobody(), new_path()
    half = "x" * 2_000
    for answer in (commit(nobody, path, sources(a=half, b=half, c=half)),
                   nobody.post(f"{API}/snapshot?notebook_path={quote(path)}", {"notebook_content": sources(a=half * 3), **AUTHOR})):
        assert answer.status == 413 and "notebook_content" in answer.json["detail"] and "classroom.notebook_bytes" in answer.json["detail"], answer
    assert read(nobody, "notebooks") == []
    base = committed(nobody, path, sources(a=""))
    branched(nobody, path, base, "side")
    committed(nobody, path, sources(a="", b=half), branch_name="side")
    ours = committed(nobody, path, sources(a=half))
    too_many = [commit(nobody, path, sources(a="4"), branch_name="new"), merge(nobody, path, "side"),
                nobody.post(f"{API}/commit", {"notebook_path": path, "snapshot_id": ours["snapshot"]["snapshot_id"], "commit_message": "", **AUTHOR}),
                nobody.post(f"{API}/snapshot?notebook_path={quote(path)}", {"notebook_content": sources(a="4"), **AUTHOR})]
    for answer in too_many:
        assert answer.status == 409 and "notebook_path" in answer.json["detail"] and "classroom.notebook_versions" in answer.json["detail"], answer
    snapshot(nobody, path, sources(a=half))
    told = history(nobody, path)
    assert (told["total_versions"], [one["branch_name"] for one in told["branches"]]) == (3, ["main", "side"]), "nothing is left of them"
    other = new_path()
    committed(nobody, other, sources(a=half))
    committed(nobody, other, sources(a=half, b=""))
    server.stop()
    server.environment["CELLMON_CLASSROOM_NOTEBOOK_VERSIONS"] = "9"
    nobody = Accounts(server.start(), rows).nobody()
    committed(nobody, path, sources(a="", b=half, c=half[:1_500]), branch_name="side")
    large = merge(nobody, path, "side")
    assert large.status == 413 and "classroom.notebook_bytes" in large.json["detail"], large
    assert history(nobody, path)["total_versions"] == 4
    server.stop()


def test_thirty_commit_at_once(school: Accounts) -> None:
    """To notebooks of their own and to one of all; nobody's is lost."""
    shared = new_path()

    def work(number: int) -> None:
        who = Session(Client(school.server.port))
        own = new_path()
        for step in range(5):
            for path in (own, shared):
                for _ in range(200):
                    answer = commit(who, path, sources(a=f"{number} {step}"), author_id=f"s{number}")
                    if answer.status != 503:
                        break
                    time.sleep(0.05)
                assert answer.status == 201, answer
        assert history(who, own)["total_versions"] == 5

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(work, range(30)))
    told = history(school.nobody(), shared, "?limit=1000")
    assert [version["version_number"] for version in told["versions"]] == [f"v{number}.0.0" for number in range(1, 151)]
    parents = [version["parent_version_id"] for version in told["versions"]]
    assert parents == [None, *(version["version_id"] for version in told["versions"][:-1])]
    assert len(told["contributors"]) == 30


def test_what_was_answered_survives_a_kill(accounts: Accounts) -> None:
    """Each route that writes; then kill -9, and all is as it was."""
    nobody, path = accounts.nobody(), new_path()
    taken = snapshot(nobody, path, sources(a="1"))
    nobody.post(f"{API}/commit", {"notebook_path": path, "snapshot_id": taken["snapshot_id"], "commit_message": "", **AUTHOR})
    base = committed(nobody, path, sources(a="1", b="2"))
    branched(nobody, path, base, "side")
    committed(nobody, path, sources(a="1", b="2", c="3"), branch_name="side")
    committed(nobody, path, sources(a="0", b="2"))
    assert merge(nobody, path, "side").status == 201
    assert nobody.post(f"{API}/version/{base['version_id']}/tags", {"tag": "提出"}).status == 201
    assert nobody.post(f"{API}/simulate-commit?notebook_path=x.ipynb").status == 201
    gone = new_path()
    committed(nobody, gone, sources(a="1"))
    assert nobody.delete(f"{API}/reset/{quote(gone)}").status == 200
    routes = [f"history/{quote(path)}", f"latest/{quote(path)}", f"tags/{quote(path)}", f"snapshot/{taken['snapshot_id']}",
              f"version/{base['version_id']}", "history/x.ipynb", "notebooks", "stats"]

    def told() -> list:
        volatile = ("retrieved_at",)
        return [value if isinstance(value, list) else {name: one for name, one in value.items() if name not in volatile}
                for value in (read(accounts.nobody(), route) for route in routes)]

    before = told()
    accounts.server.kill()
    accounts.server.start()
    assert told() == before
    assert accounts.nobody().get(f"{API}/history/{quote(gone)}").status == 404
