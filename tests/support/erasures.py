"""A person who is to be erased and one who stays, and where the first of them may still be."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path

from support.accounts import Accounts
from support.events import cell_executed, numbered
from support.notebooks import committed, new_path, sources
from support.school import new_assignment, new_class, new_student, new_submission
from support.server import Server, run_command, wait_until

TARO, HANAKO = "taro@example.com", "hanataro@example.com"  # The one address ends the other.
NAME = "消える太郎"
SECRET = "my-own-thought"
EVENTS = 30


def work_of(email: str, name: str, code: str) -> list[dict]:
    """Of every kind that has rows of its own."""
    stream, common = str(uuid.uuid4()), {"emailAddress": email, "userName": name, "classCode": "1-A", "teamName": f"班 {name}"}
    runs = [numbered(stream, n + 1, code=f"{code} {n}", executionCount=n + 1, hasError=n % 3 == 0, assignmentId="第1回",
                     notebookPath=f"{email}/a.ipynb", **common) for n in range(EVENTS)]
    signals = [cell_executed(eventType=kind, cellId=None, code=None, **common)
               for kind in ("help", "help_stop", "notebook_opened", "presence", "kernel_status")]
    return [*runs, *signals]


def refused(email: str) -> dict:
    """What is kept in quarantine; the address with an escape, as a client may write it."""
    return {"eventId": str(uuid.uuid4()), "eventType": 7, "emailAddress": email, "code": SECRET}


def erase(server: Server, email: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    return run_command("student", "erase", email, "--data", server.data, "--yes", check=check,
                       environment={**server.environment, **environment})


def search(server: Server, email: str) -> dict:
    done = run_command("student", "search", email, "--data", server.data, "--json", check=False, environment=server.environment)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert not found["unread"], found
    assert done.returncode == (1 if found["found"] else 0)
    return {trace["place"]: trace["what"] for trace in found["found"]}


def files_with(data: Path, *texts: str) -> list[str]:
    """Files in whose bytes one of the texts stands, but for the other student's longer address."""
    found = []
    for path in sorted(data.rglob("*")):
        if path.is_file():
            content = path.read_bytes().replace(HANAKO.encode(), b"")
            found += [f"{path.name}: {text}" for text in texts if text.encode() in content]
    return found


def wait_until_back(server: Server) -> None:
    """It pauses for an erasure."""
    def answers() -> bool:
        try:
            return server.get("/api/v1/health/ready").status == 200
        except OSError:
            return False

    wait_until(answers, "the server is back")


def check_stores(server: Server) -> None:
    """They are as the journal says, and as a rebuild makes them."""
    done = run_command("audit", "--data", server.data, "--deep", check=False, environment=server.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    rebuilt = run_command("rebuild", "relational", "--data", server.data, check=False, environment=server.environment)
    assert rebuilt.returncode == 0 and b"digests equal" in rebuilt.stdout, rebuilt.stdout + rebuilt.stderr
    assert run_command("journal", "verify", "--data", server.data).returncode == 0


def fill_classroom(accounts: Accounts, email: str) -> None:
    teacher = accounts.of("admin")
    row = new_class(teacher)
    student = new_student(teacher, row["id"], email, name=NAME)
    submission = new_submission(teacher, new_assignment(teacher, row["id"])["id"], student["id"])
    graded = teacher.put(f"/api/v1/submissions/{submission['id']}", {"grade": 7, "feedback": f"{NAME}, {SECRET}"})
    assert graded.status == 200, graded
    accounts.make(email, "student")
    who = accounts.login(email)
    committed(who, new_path(), sources(a=SECRET * 100), author_id=email, author_name=NAME)
    queued = accounts.nobody().post("/api/v1/v1/offline/queue", {"events": [cell_executed(emailAddress=email, code=SECRET)],
                                                                      "force_queue": True})
    assert queued.status < 300, queued
