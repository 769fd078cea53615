"""Schools for benchmarks: a server on each engine, with a class that has everything, made through the program alone."""

import http.client
import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from support import BINARIES, Server, cellmon, fill

PASSWORD = "correct horse battery"
ASSIGNMENTS = 5
LESSON_EVENTS = 100_000
TERM_DAYS = 90


class Client:
    """One connection of one account, or of nobody."""

    def __init__(self, server: Server, token: str = ""):
        self._connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple:
        """Status and body of the answer."""
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def read(self, path: str) -> bytes:
        status, body = self.ask("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:200]}")
        return body

    def make(self, path: str, body: object) -> dict:
        """Bytes go as they are, anything else as JSON."""
        status, text = self.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode())
        if status not in (200, 201):
            raise RuntimeError(f"POST {path}: {status} {text[:200]}")
        return json.loads(text)


@dataclass
class School:
    engine: str  # sqlite or postgres
    data: Path
    environment: dict
    students: int
    class_id: int = 0
    assignments: tuple = ()
    people: tuple = ()  # The rows of the students.

    @property
    def rows(self) -> str:
        """Where the classroom's rows lie, as the engine names it."""
        return str(self.data / "classroom.db") if self.engine == "sqlite" else self.environment["CELLMON_POSTGRES_URL"]

    def account(self, email: str, role: str) -> None:
        subprocess.run([BINARIES / "cellmon", "admin", "create-instructor", "--data", self.data, "--email", email, "--name", email,
                        "--role", role, "--password-stdin"], input=PASSWORD, text=True, check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, **self.environment})

    def login(self, server: Server, email: str) -> str:
        """The token."""
        return Client(server).make("/api/v1/auth/login", {"email": email, "password": PASSWORD})["token"]["access_token"]

    @contextmanager
    def running(self, port: int):
        with cellmon(self.data, port, self.environment) as server:
            server.wait_for_projection()
            yield server

    def fill(self, server: Server, executions: int) -> None:
        """Lessons of a term, one each day; then the class, its roster and what was handed in."""
        teacher = "teacher@example.com"
        lesson = datetime.now(timezone.utc) - timedelta(days=TERM_DAYS)
        while self._executions(server) < executions:
            fill(server, min(executions, LESSON_EVENTS), students=self.students, minutes=90, start=lesson.strftime("%Y-%m-%dT%H:%M:%SZ"))
            lesson += timedelta(days=1)
        self.account(teacher, "instructor")
        client = Client(server, self.login(server, teacher))
        self.class_id = client.make("/api/v1/classes", {"name": "情報科学", "class_code": "CS-1"})["id"]
        overview = json.loads(client.read("/api/v1/dashboard/overview"))["students"]
        roster = "email,name,team\n" + "".join(f"{one['emailAddress']},{one['userName']},班{i % 40}\n" for i, one in enumerate(overview))
        client.make(f"/api/v1/classes/{self.class_id}/roster.csv", roster.encode())
        self.people = tuple(json.loads(client.read(f"/api/v1/classes/{self.class_id}/students?limit=1000")))
        self.assignments = tuple(
            client.make("/api/v1/assignments", {"class_id": self.class_id, "title": f"第{number}回", "points": 100, "notebook_id": client.make(
                "/api/v1/notebooks", {"path": f"教材/{number}.ipynb"})["id"]})["id"] for number in range(1, ASSIGNMENTS + 1))
        client.make("/api/v1/submissions/bulk", self.submissions(grade=80.0, feedback="よくできました"))

    def submissions(self, **fields: object) -> bytes:
        """One of each student for each assignment."""
        return json.dumps({"submissions": [{"assignment_id": assignment, "student_id": person["id"], **fields}
                                           for assignment in self.assignments for person in self.people]}).encode()

    @staticmethod
    def _executions(server: Server) -> int:
        return server.get("/api/v1/dashboard/overview")["metrics"]["totalExecutions"]
