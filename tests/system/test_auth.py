"""Goal: who has the password gets in, and nobody else; who leaves, or is shut out, is out at once; guessing is slow.

Method: the routes of contract §1.5 and §3.5 on both engines, as their clients use them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from typing import Callable

import pytest

from support.accounts import CHEAP, PASSWORD, Accounts
from support.classroom import Rows
from support.events import cell_executed
from support.server import Server, wait_until

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"
INSTRUCTOR_KEYS = ["email", "name", "role", "id", "is_active", "status", "current_session_id", "status_updated_at",
                   "last_login_at", "created_at", "updated_at"]
DATE = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"


def parts_of(token: str) -> list[dict]:
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]]


def test_login_in_the_form_of_the_contract(accounts: Accounts) -> None:
    accounts.make("Sensei@Example.com")
    answer = accounts.nobody().post(LOGIN, {"email": "Sensei@example.com", "password": PASSWORD})
    assert answer.status == 200
    assert list(answer.json) == ["instructor", "token"]
    instructor, token = answer.json["instructor"], answer.json["token"]
    assert list(instructor) == INSTRUCTOR_KEYS
    assert (instructor["email"], instructor["role"], instructor["status"]) == ("Sensei@example.com", "instructor", "available")
    for key in ("status_updated_at", "last_login_at", "created_at"):
        assert re.match(DATE, instructor[key]), key
    assert list(token)[:3] == ["access_token", "token_type", "expires_in"]
    assert (token["token_type"], token["expires_in"]) == ("bearer", 1800)
    header, claims = parts_of(token["access_token"])
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert set(claims) == {"sub", "exp", "jti"} and claims["sub"] == "Sensei@example.com"
    assert abs(claims["exp"] - time.time() - 1800) < 60
    assert "password" not in answer.body.decode() and "argon2" not in answer.body.decode()


def test_a_failed_login_says_nothing(accounts: Accounts) -> None:
    accounts.make("known@example.com")
    accounts.make("gone@example.com")
    accounts.admin("deactivate", "--email", "gone@example.com")
    answers = [accounts.nobody().post(LOGIN, {"email": email, "password": password}) for email, password in
               (("known@example.com", "wrong horse"), ("unknown@example.com", PASSWORD), ("gone@example.com", PASSWORD))]
    for answer in answers:
        assert answer.status == 401
        assert answer.json == {"detail": "Invalid credentials"}
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("headers", "status", "detail"), [
    ({}, 403, "Not authenticated"),
    ({"Authorization": ""}, 403, "Not authenticated"),
    ({"Authorization": "Bearer"}, 403, "Not authenticated"),
    ({"Authorization": "Basic eA=="}, 403, "Invalid authentication credentials"),
    ({"Authorization": "Bearer nonsense"}, 401, "Could not validate credentials"),
    ({"Authorization": "Bearer a.b.c"}, 401, "Could not validate credentials"),
], ids=["none", "empty", "no token", "other scheme", "nonsense", "dots"])
def test_without_a_good_token(school: Accounts, headers: dict, status: int, detail: str) -> None:
    for path in (ME, "/api/v1/instructors/", "/api/v1/instructor_status/1"):
        answer = school.nobody().get(path, **headers)
        assert (answer.status, answer.json) == (status, {"detail": detail})
        assert (answer.headers.get("www-authenticate") == "Bearer") == (status == 401)


def test_a_forged_token_is_worth_nothing(school: Accounts) -> None:
    """Also one that is signed with the right secret: it was never issued."""
    session = school.of("instructor")
    _, claims = parts_of(session.token)
    secret = (school.server.data / "auth.secret").read_text().strip()

    def signed(header: dict, claims: dict, key: str) -> str:
        text = ".".join(base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).decode().rstrip("=")
                        for part in (header, claims))
        digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    header = {"alg": "HS256", "typ": "JWT"}
    good = signed(header, claims, secret)
    assert school.nobody().get(ME, Authorization=f"Bearer {good}").status == 200, "the forger works"
    for token in (signed(header, claims, secret + "x"), signed({"alg": "none", "typ": "JWT"}, claims, secret),
                  signed(header, claims | {"jti": "x"}, secret), signed(header, claims | {"sub": "admin@example.com"}, secret),
                  signed(header, claims | {"exp": 1}, secret), good[:good.rindex(".") + 1], good + "x"):
        assert school.nobody().get(ME, Authorization=f"Bearer {token}").status == 401, token


def test_logout_takes_the_token_back(accounts: Accounts) -> None:
    accounts.make("sensei@example.com")
    here, there = accounts.login("sensei@example.com"), accounts.login("sensei@example.com")
    answer = here.post("/api/v1/auth/logout")
    assert (answer.status, answer.json) == (200, {"message": "Successfully logged out"})
    assert here.get(ME).status == 401
    assert here.post("/api/v1/auth/refresh", {"refresh_token": here.refresh_token}).status == 401
    assert there.get(ME).json["status"] == "offline"
    accounts.server.kill()
    accounts.server.start()
    assert accounts.nobody().get(ME, Authorization=f"Bearer {here.token}").status == 401
    assert accounts.nobody().get(ME, Authorization=f"Bearer {there.token}").status == 200, "a kill ends no login"


def test_refresh_tokens_are_good_once(accounts: Accounts) -> None:
    accounts.make("sensei@example.com")
    first = accounts.login("sensei@example.com")
    answer = first.post("/api/v1/auth/refresh", {"refresh_token": first.refresh_token})
    assert answer.status == 200
    assert list(answer.json) == ["access_token", "token_type", "expires_in", "refresh_token"]
    second = answer.json
    assert accounts.nobody().get(ME, Authorization=f"Bearer {second['access_token']}").status == 200
    again = first.post("/api/v1/auth/refresh", {"refresh_token": first.refresh_token})
    assert (again.status, again.json) == (401, {"detail": "Could not validate credentials"})
    # One of the two is a thief: neither goes on.
    assert accounts.nobody().get(ME, Authorization=f"Bearer {second['access_token']}").status == 401
    assert first.post("/api/v1/auth/refresh", {"refresh_token": second["refresh_token"]}).status == 401


def test_a_deactivated_account_is_out_at_once(accounts: Accounts) -> None:
    """By another process, beside the server."""
    session = accounts.of("instructor")
    assert session.get(ME).status == 200
    accounts.admin("deactivate", "--email", "instructor@example.com")
    assert session.get(ME).status == 401
    assert session.post("/api/v1/auth/refresh", {"refresh_token": session.refresh_token}).status == 401


def test_a_new_password(accounts: Accounts) -> None:
    session = accounts.of("instructor")
    other = accounts.login("instructor@example.com")
    wrong = session.put("/api/v1/auth/password", {"current_password": "wrong horse", "new_password": "battery staple"})
    assert (wrong.status, wrong.json) == (400, {"detail": "Current password is incorrect"})
    short = session.put("/api/v1/auth/password", {"current_password": PASSWORD, "new_password": "short"})
    assert short.status == 422 and short.json["detail"][0]["loc"] == ["body", "new_password"]
    assert "short" not in short.body.decode().replace("string_too_short", "")
    good = session.put("/api/v1/auth/password", {"current_password": PASSWORD, "new_password": "battery staple"})
    assert (good.status, good.json) == (200, {"message": "Password updated successfully"})
    assert session.get(ME).status == 200
    assert other.get(ME).status == 401
    assert accounts.nobody().post(LOGIN, {"email": "instructor@example.com", "password": PASSWORD}).status == 401
    accounts.login("instructor@example.com", "battery staple")


def test_an_imported_bcrypt_hash_is_replaced_at_the_next_login(accounts: Accounts) -> None:
    accounts.make("old@example.com")
    accounts.rows.query("UPDATE instructors SET password_hash = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' "
                        "WHERE email = 'old@example.com'")
    assert accounts.nobody().post(LOGIN, {"email": "old@example.com", "password": "U*V"}).status == 401
    accounts.login("old@example.com", "U*U")
    ((stored,),) = accounts.rows.query("SELECT password_hash FROM instructors WHERE email = 'old@example.com'")
    assert stored.startswith("$argon2id$v=19$m=7168,t=5,p=1$")
    accounts.login("old@example.com", "U*U")


@pytest.mark.parametrize("limit", ["account", "address"])
def test_guessing_is_slow(new_server: Callable[..., Server], limit: str) -> None:
    name = {"account": "ACCOUNT_FAILURES", "address": "ADDRESS_LOGINS"}[limit]
    server = new_server(environment={**CHEAP, "CELLMON_AUTH_ACCOUNT_FAILURES": "1000", f"CELLMON_AUTH_{name}": "3"})
    accounts = Accounts(server.start(), Rows(server.data))
    accounts.make("sensei@example.com")
    guesses = [accounts.nobody().post(LOGIN, {"email": "sensei@example.com" if limit == "account" else f"n{n}@example.com",
                                              "password": "wrong horse"}) for n in range(4)]
    assert [answer.status for answer in guesses] == [401, 401, 401, 429]
    assert 1 <= int(guesses[3].headers["retry-after"]) <= 300
    assert "detail" in guesses[3].json
    right = accounts.nobody().post(LOGIN, {"email": "sensei@example.com", "password": PASSWORD})
    assert right.status == 429, "the right password tells a guesser nothing either"


def test_passwords_do_not_hold_events_up(new_server: Callable[..., Server]) -> None:
    """More logins than places: the rest is 503 with Retry-After, and events go on meanwhile."""
    server = new_server(environment={"CELLMON_AUTH_PASSWORD_MEMORY": "64MiB", "CELLMON_AUTH_PASSWORD_QUEUE": "2",
                                     "CELLMON_AUTH_ADDRESS_LOGINS": "1000"}).start()
    accounts = Accounts(server, Rows(server.data))
    answers: list = []
    lock = threading.Lock()

    def log_in(number: int) -> None:
        answer = accounts.nobody().post(LOGIN, {"email": f"n{number}@example.com", "password": "wrong horse"})
        with lock:
            answers.append(answer)

    threads = [threading.Thread(target=log_in, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    while_hashing = 0
    while any(thread.is_alive() for thread in threads):
        assert server.post([cell_executed()]).status == 202
        while_hashing += 1
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {401, 503}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status == 503)
    assert while_hashing >= 3, "events were taken while passwords were compared"


def test_the_audit_log_names_who_did_what(accounts: Accounts) -> None:
    session = accounts.of("admin")
    accounts.nobody().post(LOGIN, {"email": "admin@example.com", "password": "wrong horse"})
    session.post("/api/v1/instructors/", {"email": "new@example.com", "name": "New", "password": PASSWORD})
    session.get("/api/v1/instructors/")
    session.post("/api/v1/auth/logout")
    lines = [json.loads(line) for line in accounts.admin("audit", "--json").stdout.splitlines()]
    seen = [(line["action"], line["actor"]) for line in reversed(lines)]
    assert seen == [("account.create", ""), ("login", "admin@example.com"), ("login.failed", ""),
                    ("account.create", "admin@example.com"), ("account.list", "admin@example.com"), ("logout", "admin@example.com")]
    assert {line["address"] for line in lines} == {"terminal", "127.0.0.1"}
    text = json.dumps(lines)
    for secret in (PASSWORD, "wrong horse", session.token, session.refresh_token, "argon2"):
        assert secret not in text


def test_no_secret_is_in_the_log_or_in_the_rows(accounts: Accounts) -> None:
    session = accounts.of("admin")
    accounts.nobody().post(LOGIN, {"email": "admin@example.com", "password": "wrong horse"})
    stored = " ".join(column for table in ("access_tokens", "refresh_tokens", "instructors", "audit_log")
                      for row in accounts.rows.query(f"SELECT * FROM {table}") for column in row)
    for secret in (PASSWORD, "wrong horse", session.token, session.refresh_token):
        assert secret not in stored
        assert secret not in accounts.server.log()


def test_expired_rows_are_removed(accounts: Accounts) -> None:
    accounts.of("instructor")
    accounts.rows.query("UPDATE access_tokens SET expires_us = 1")
    accounts.server.restart()
    wait_until(lambda: accounts.rows.count("access_tokens") == 0, "the expired token is removed")
    assert accounts.rows.count("refresh_tokens") == 1
