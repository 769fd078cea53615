"""Accounts of a server: made by `cellmon admin`, used through the API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from support.classroom import Rows
from support.client import Answer, Client
from support.server import Server, run_command

PASSWORD = "correct horse"
ROLES = ("student", "assistant", "instructor", "admin")

# The least cost that the configuration takes.
CHEAP = {"CELLMON_AUTH_PASSWORD_MEMORY": "7MiB", "CELLMON_AUTH_PASSWORD_PASSES": "5"}
# All tests come from one address, and many of them log in.
# The host's Python looks at all of its packages, beside other tests.
PATIENT = {"CELLMON_AUTH_ADDRESS_LOGINS": "100000", "CELLMON_AUTH_ACCOUNT_FAILURES": "1000", "CELLMON_ENVIRONMENT_TIMEOUT": "1min"}


@dataclass
class Session:
    """A client of one account, or of nobody when there is no token."""

    client: Client
    token: str = ""
    refresh_token: str = ""
    id: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """`body`: bytes as they are, anything else as JSON; None for no body."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            fields.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
        return self.client.request(method, path, body, fields)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.request("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.request("DELETE", path, **headers)


class Accounts:
    """The accounts of one server; each role has one as soon as it is asked for."""

    def __init__(self, server: Server, rows: Rows) -> None:
        self.server, self.rows = server, rows
        self.sessions: dict[str, Session] = {}

    def nobody(self) -> Session:
        return Session(Client(self.server.port))

    def make(self, email: str, role: str = "instructor", password: str = PASSWORD) -> None:
        self.admin("create-instructor", "--email", email, "--name", f"名前 {role}", "--role", role, "--password", password)

    def admin(self, *arguments: object, check: bool = True, stdin: bytes = b""):
        command, *others = arguments
        return run_command("admin", command, "--data", self.server.data, *others, check=check, environment={**CHEAP, **self.rows.options},
                           stdin=stdin)

    def login(self, email: str, password: str = PASSWORD) -> Session:
        answer = self.nobody().post("/api/v1/auth/login", {"email": email, "password": password})
        assert answer.status == 200, answer
        token = answer.json["token"]
        return Session(Client(self.server.port), token["access_token"], token["refresh_token"], answer.json["instructor"]["id"])

    def reconnect(self) -> None:
        """Behind a restart, which gave the server another port."""
        for session in self.sessions.values():
            session.client = Client(self.server.port)

    def of(self, role: str) -> Session:
        """Logged in as that role; `nobody` is not logged in."""
        if role == "nobody":
            return self.nobody()
        if role not in self.sessions:
            self.make(f"{role}@example.com", role)
            self.sessions[role] = self.login(f"{role}@example.com")
        return self.sessions[role]
