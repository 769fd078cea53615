"""Goal: with accounts and class keys a server may be reached by other machines; it then answers to its addresses and to the names that it
was given, and pages of no other origin read it.

Method: a server on all addresses of this machine, asked at one that is not loopback where there is one, with the fields that browsers
send.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Iterator

import pytest

from support.accounts import CHEAP, PATIENT, Accounts
from support.classroom import Rows
from support.client import Client
from support.events import cell_executed
from support.school import API, new_class, new_key
from support.server import Server

LISTED = "https://class.example"


def own_address() -> str:
    """Of this machine in its network; loopback when it is in none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
            return one.getsockname()[0]
        except OSError:
            return "127.0.0.1"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    server = Server(tmp_path_factory.mktemp("listen") / "data", host="0.0.0.0", environment={
        **CHEAP, **PATIENT, "CELLMON_AUTH_MODE": "required", "CELLMON_AUTH_SECRET": "s" * 32, "CELLMON_AUTH_HOSTS": "class.example",
        "CELLMON_AUTH_ORIGINS": LISTED})
    try:
        yield Accounts(server.start(), Rows(server.data))
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def guest(school: Accounts) -> Client:
    """On another machine, as far as the server can tell."""
    return Client(school.server.port, host=own_address())


def test_events_come_in_by_a_key_and_nothing_goes_out_without_a_token(school: Accounts, guest: Client) -> None:
    teacher = school.of("instructor")
    key = new_key(teacher, new_class(teacher)["id"])["key"]
    assert guest.post([cell_executed()]).status == 401
    assert guest.post([cell_executed()], X_Class_Key=key).status == 202
    assert guest.get(f"{API}/dashboard/overview").status == 403
    assert guest.get(f"{API}/dashboard/overview", Authorization=f"Bearer {teacher.token}").status == 200
    assert guest.get(f"{API}/events/export", Authorization=f"Bearer {key}").status == 401, "a key is no token"


@pytest.mark.parametrize(("host", "status"), [("192.0.2.77:8000", 200), ("[2001:db8::1]:8000", 200), ("10.0.0.1", 200), ("localhost:1", 200),
                                              ("class.example", 200), ("CLASS.example:8000", 200), ("evil.example", 403),
                                              ("192.0.2.77.evil.example", 403), ("192.0.2.77@evil.example", 403), ("", 403)])
def test_names_must_be_known_and_addresses_are_no_names(guest: Client, host: str, status: int) -> None:
    answer = guest.get(f"{API}/health/live", Host=host)
    assert answer.status == status
    assert status == 200 or "auth.hosts" in answer.json["detail"]


@pytest.mark.parametrize(("origin", "allowed"), [("http://localhost:8888", False), ("http://127.0.0.1", False), ("http://evil.example", False),
                                                 ("null", False), (LISTED, True)])
def test_pages_of_the_browsers_own_machine_are_strangers(guest: Client, origin: str, allowed: bool) -> None:
    """What is called localhost there is not this machine."""
    read = guest.get(f"{API}/health/live", Origin=origin)
    assert read.headers.get("access-control-allow-origin") == (origin if allowed else None)
    login = guest.request("POST", f"{API}/auth/login", b"{}", {"Origin": origin, "Content-Type": "application/json"})
    assert (login.status == 403) != allowed
    events = guest.request("OPTIONS", f"{API}/events", headers={"Origin": origin, "Access-Control-Request-Method": "POST",
                                                                "Access-Control-Request-Headers": "content-type"})
    assert events.status == 200, "the extension posts from wherever JupyterLab is served"


def test_the_page_of_the_server_itself_may_change(guest: Client) -> None:
    page = f"http://{own_address()}:{guest.port}"
    login = guest.request("POST", f"{API}/auth/login", b"{}", {"Origin": page, "Content-Type": "application/json"})
    assert login.status == 422, "it was read"
