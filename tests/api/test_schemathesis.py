"""Goal: whatever somebody sends to any operation of the document, the server answers as the document says: no 5xx, no other status, header
field, content type or shape; what the document allows is not refused without a reason, what it forbids is not taken.

Method: schemathesis with all its checks, 50 examples of an operation and more, against a live server with rows of every kind; in both modes
of auth, as an admin and as an instructor. hooks.py says what it is told beforehand. The same seed sends the same requests: `./test api --seed N`.
"""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from datetime import date
from pathlib import Path

import pytest

from support.accounts import CHEAP, PASSWORD, PATIENT, Accounts, Session
from support.classroom import Rows
from support.contract import ROOT, contract
from support.images import png
from support.school import new_key, new_lesson
from support.server import Server

TOOL = ROOT / "build/api-venv/bin/schemathesis"
EXAMPLES = int(os.environ.get("CELLMON_API_EXAMPLES", "50"))
SEED = int(os.environ.get("CELLMON_API_SEED") or 20261127)
SECONDS = int(os.environ.get("CELLMON_API_SECONDS", "600"))  # Of one run.
RUNS = [("open", "admin"), ("required", "admin"), ("required", "instructor")]
if os.environ.get("CELLMON_API_ONE"):
    RUNS = [RUNS[date.today().toordinal() % len(RUNS)]]

# What is tested as a socket elsewhere answers 426 here; good data that stands against what is there is refused by what is there.
FINE_REFUSALS = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "426", "429", "431"]
ALWAYS_FINE = ["2xx", "3xx", "401", "403", "404", "409", "412", "426", "429"]


def settings(modes: str, statuses: dict[str, list[str]]) -> str:
    """The configuration: all checks, and for each operation by which statuses good data may be refused."""
    lines = [f"seed = {SEED}", f"generation.max-examples = {EXAMPLES}", f'generation.mode = "{modes}"', "generation.database = 'none'", "checks.enabled = true",
             # Rows of what was deleted are not drawn again, which ends the cases of a DELETE early. hooks.py names rows that are there.
             "phases.fuzzing.extra-data-sources.responses = false",
             f"checks.negative_data_rejection.expected-statuses = {json.dumps(FINE_REFUSALS)}"]
    for operation, more in statuses.items():
        lines += ["[[operations]]", f'include-operation-id = "{operation}"',
                  f"checks.positive_data_acceptance.expected-statuses = {json.dumps(ALWAYS_FINE + more)}"]
    return "\n".join(lines) + "\n"


def refusals_by_content() -> dict[str, list[str]]:
    """The statuses of what an operation refuses for a reason of its own, as the document has them."""
    operations = [operation for item in contract().document["paths"].values() for operation in item.values()]
    return {operation["operationId"]: [status for status, response in operation["responses"].items() if "x-own" in response and status in ("400", "422")]
            for operation in operations}


@pytest.mark.parametrize(("mode", "role"), RUNS)
def test_every_operation(tmp_path: Path, new_server, mode: str, role: str) -> None:
    assert TOOL.exists(), "./test api installs schemathesis"
    server: Server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_AUTH_MODE": mode})
    accounts = Accounts(server.start(), Rows(server.data / "classroom.db"))
    given = rows_of_every_kind(accounts, role, tmp_path)
    given |= {"key": given["key"] if mode == "required" else "", "seed": SEED}
    (tmp_path / "schemathesis.toml").write_text(settings("all", refusals_by_content()), encoding="utf-8")
    log = ROOT / f"build/reports/schemathesis-{mode}-{role}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(
            [TOOL, "--config-file", tmp_path / "schemathesis.toml", "run", f"{given['url']}/api/v1/openapi.json", "--workers", "1", "--no-color",
             "--continue-on-failure", "--request-timeout", "30"],
            cwd=tmp_path, stdout=out, stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(ROOT / "tests/api"), "CELLMON_API_TEST": json.dumps(given)})
    assert done.returncode == 0, log.read_text(encoding="utf-8")[-20_000:]
    assert server.process.poll() is None
    assert_enough(json.loads(Path(given["counts"]).read_text(encoding="utf-8"))["cases"])


def rows_of_every_kind(accounts: Accounts, role: str, folder: Path) -> dict:
    lesson = new_lesson(accounts)
    admin, teacher, own = accounts.of("admin"), accounts.of("instructor"), accounts.of(role)
    for number in range(6):
        accounts.make(f"other{number}@example.com", "assistant")
    accounts.make("spare@example.com", role)
    spare = accounts.login("spare@example.com")
    key = new_key(teacher, lesson.id)
    code = teacher.post(f"/api/v1/classes/{lesson.id}/join-code").json["join_code"]
    for name in ("赤班", "青班"):
        assert admin.post("/api/v1/teams", {"team_name": name}).status == 201
    event = {"eventType": "cell_executed", "emailAddress": lesson.student["email"], "cellId": "a", "executionCount": 1, "classCode": lesson.row["class_code"],
             "eventId": str(uuid.uuid4()), "assignmentId": lesson.assignment["id"]}
    assert teacher.client.post([event], x_class_key=key["key"]).status == 202
    versions = version_values(own)
    image = png(64, 48)
    return {"url": f"http://127.0.0.1:{accounts.server.port}", "account": {"email": f"{role}@example.com", "password": PASSWORD, "id": own.id},
            "spare": {"email": "spare@example.com", "password": PASSWORD, "id": spare.id}, "image": image.hex(), "key": key["key"],
            "join_code": code, "values": {"email": lesson.student["email"], "user_id": lesson.student["email"], "key_id": key["id"],
                                            "notification_id": f"{event['eventId']}-completion-instructor", "test_id": "one", **versions}, "counts": str(folder / "counts.json")}


def version_values(own: Session) -> dict:
    """What paths name of a version that the account has."""
    body = {"notebook_path": "lesson/one.ipynb", "notebook_content": {"cells": [{"id": "a", "source": "1"}]}, "commit_message": "", "author_id": "a",
            "author_name": "A"}
    answer = own.post("/api/v1/notebook-version/commit-direct", body)
    assert answer.status == 201
    version, snapshot = answer.json["version"], answer.json["snapshot"]
    assert own.post(f"/api/v1/notebook-version/version/{version['version_id']}/tags", {"tag": "one"}).status == 201
    return {"notebook_path": body["notebook_path"], "version_id": version["version_id"], "from_version_id": version["version_id"],
            "to_version_id": version["version_id"], "snapshot_id": snapshot["snapshot_id"], "branch_id": version["branch_id"]}


def assert_enough(cases: dict[str, int]) -> None:
    """An operation that takes nothing has one request only, and those by methods that it does not know."""
    few = {}
    for item in contract().document["paths"].values():
        for operation in item.values():
            least = EXAMPLES if operation.get("parameters") or "requestBody" in operation else 1
            if cases.get(operation["operationId"], 0) < least:
                few[operation["operationId"]] = cases.get(operation["operationId"], 0)
    assert not few, f"fewer than {EXAMPLES} cases: {few}"
