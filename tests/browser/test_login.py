"""Goal: with `auth.mode = required` the live page asks who looks, shows them their classes, and shows nothing to anybody else; without it
nobody is asked.

Method: a real server and a real browser; what a person types and presses, and what the page shows then.
"""

from __future__ import annotations

from typing import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from support.accounts import CHEAP, PASSWORD, PATIENT, Accounts, Session
from support.classroom import Rows
from support.events import cell_executed
from support.live_page import LivePage
from support.school import new_class, new_key, stranger
from support.server import Server, run_command

MINE, THEIRS = "CS-mine", "CS-theirs"


class School(Accounts):
    """Classes with keys."""

    def __init__(self, server: Server) -> None:
        super().__init__(server, Rows(server.data))
        self.keys: dict[str, str] = {}

    def add(self, who: Session, code: str) -> None:
        self.keys[code] = new_key(who, new_class(who, class_code=code, name=f"情報 {code}")["id"])["key"]

    def post(self, *pairs: tuple[str, str]) -> None:
        for email, code in pairs:
            event = cell_executed(emailAddress=email, userName=email.split("@")[0])
            assert self.server.post([event], X_Class_Key=self.keys[code]).status == 202


@pytest.fixture
def school(new_server: Callable[..., Server]) -> School:
    """Two classes of two instructors, and a third that the first teaches too."""
    server = new_server(environment={**CHEAP, **PATIENT, "CELLMON_AUTH_MODE": "required", "CELLMON_AUTH_ACCOUNT_FAILURES": "3"}).start()
    made = School(server)
    for code in (MINE, "CS-second"):
        made.add(made.of("instructor"), code)
    made.add(stranger(made), THEIRS)
    made.post(("anna@x.org", MINE), ("ben@x.org", "CS-second"), ("zoe@x.org", THEIRS))
    return made


@pytest.fixture(autouse=True)
def fresh_tab(page: LivePage, school: School) -> None:
    """Nobody is logged in, nothing is remembered."""
    page.open(school.server, live=False)
    page.script("sessionStorage.clear(); localStorage.clear()")


def open_form(page: LivePage, school: School, query: str = "lang=en") -> None:
    page.open(school.server, query, live=False)
    page.wait(lambda: page.text("#login h2"), "the page asks who looks")


def log_in(page: LivePage, email: str, password: str = PASSWORD) -> None:
    for field, text in (("#login-email", email), ("#login-password", password)):
        page.find(field).clear()
        page.find(field).send_keys(text)
    page.find("#login-password").send_keys(Keys.ENTER)


def shown(page: LivePage) -> list[str]:
    return sorted(tile.email for tile in page.tiles())


def wait_for(page: LivePage, *emails: str) -> None:
    page.wait(lambda: page.is_live() and shown(page) == sorted(emails), f"{emails} are shown")


def test_who_logs_in_sees_their_classes(page: LivePage, school: School) -> None:
    open_form(page, school)
    assert page.text("#counters") == page.text("#trust") == "" and page.tiles() == []
    assert page.script("return document.activeElement.id") == "login-email", "one can type at once"
    fields = page.script("return [...document.querySelectorAll('#login input')].map(each => [each.type, each.autocomplete])")
    assert fields == [["email", "username"], ["password", "current-password"]], "as password managers know them"
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    assert "名前 instructor" in page.text("#account") and not page.text("#login")
    school.post(("late@x.org", MINE), ("other@x.org", THEIRS))
    wait_for(page, "anna@x.org", "ben@x.org", "late@x.org")
    page.press("anna@x.org", "open")
    page.wait(lambda: "print('hello')" in page.text("#detail .executions"), "the history comes with the same login")
    page.open(school.server)
    wait_for(page, "anna@x.org", "ben@x.org", "late@x.org")
    assert page.script("return localStorage.length + location.href.includes('token')") == 0, "tokens are kept for the tab alone"


def test_wrong_passwords_and_how_long_to_wait(page: LivePage, school: School) -> None:
    open_form(page, school)
    page.find("#login-button").click()
    page.wait(lambda: "Enter email and password" in page.text("#login-error"), "something is missing")
    log_in(page, "no address")
    page.wait(lambda: "not an email address" in page.text("#login-error"), "that is no address")
    for _ in range(3):
        log_in(page, "instructor@example.com", "wrong horse")
        page.wait(lambda: "Email or password is wrong" in page.text("#login-error"), "the password is wrong")
    log_in(page, "instructor@example.com")
    page.wait(lambda: "Too many attempts. Try again in" in page.text("#login-error"), "it says for how long")
    assert page.script("return document.getElementById('login-button').disabled")
    assert page.tiles() == []


def test_log_out_leaves_nothing(page: LivePage, school: School) -> None:
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    tokens = page.script("return JSON.parse(sessionStorage.getItem('cellmon.session'))")
    page.press("anna@x.org", "open")
    page.wait(lambda: "print('hello')" in page.text("#detail .executions"), "the panel of a student is open")
    page.script("document.getElementById('log-out').click()")
    page.wait(lambda: page.text("#login h2") == "Log in", "the form is back")
    page.wait(lambda: "anna" not in page.script("return document.body.outerHTML"), "nobody is on the page, also where it is not seen")
    assert page.script("return sessionStorage.length") == 0
    page.wait(lambda: school.nobody().get("/api/v1/auth/me", Authorization=f"Bearer {tokens['access']}").status == 401,
              "the login is over at the server too")
    page.open(school.server, live=False)
    page.wait(lambda: page.text("#login h2"), "a reload does not bring it back")
    log_in(page, "other-instructor@example.com")
    wait_for(page, "zoe@x.org")


@pytest.mark.parametrize("how", ["deactivated", "password reset"])
def test_a_login_that_ends_is_said(page: LivePage, school: School, how: str) -> None:
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    if how == "deactivated":
        school.admin("deactivate", "--email", "instructor@example.com")
    else:
        school.admin("reset-password", "--email", "instructor@example.com", "--password", "battery staple")
    page.wait(lambda: "You are logged out. Please log in again." in page.text("#login"), "the socket was closed with 4003")
    assert page.tiles() == [] and not page.text("#account")
    if how == "password reset":
        log_in(page, "instructor@example.com", "battery staple")
        wait_for(page, "anna@x.org", "ben@x.org")


def test_tokens_are_renewed_before_they_end(page: LivePage, school: School) -> None:
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    before = page.script("return JSON.parse(sessionStorage.getItem('cellmon.session'))")
    # The page thinks that its token is old, as it would be later on.
    page.script("""
        const kept = JSON.parse(sessionStorage.getItem('cellmon.session'));
        sessionStorage.setItem('cellmon.session', JSON.stringify({...kept, from_ms: kept.from_ms - 1500000, until_ms: kept.until_ms - 1500000}));""")
    page.open(school.server)
    page.wait(lambda: page.script("return JSON.parse(sessionStorage.getItem('cellmon.session'))?.access") not in (None, before["access"]),
              "there is another token")
    assert school.nobody().get("/api/v1/auth/me", Authorization=f"Bearer {before['access']}").status == 401
    school.post(("late@x.org", MINE))
    wait_for(page, "anna@x.org", "ben@x.org", "late@x.org")
    assert not page.text("#login")


def test_a_token_that_ended_while_the_page_slept(page: LivePage, school: School) -> None:
    """The access token alone: what is asked next gets another one by the refresh token."""
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    school.rows.query("DELETE FROM access_tokens")
    before = page.script("return JSON.parse(sessionStorage.getItem('cellmon.session')).access")
    page.wait(lambda: page.script("return JSON.parse(sessionStorage.getItem('cellmon.session'))?.access") not in (None, before), "it is renewed")
    school.post(("late@x.org", MINE))
    wait_for(page, "anna@x.org", "ben@x.org", "late@x.org")


def test_the_choice_of_a_class_is_kept(page: LivePage, school: School) -> None:
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    options = page.script("return [...document.querySelectorAll('#room-choice option')].map(each => each.textContent)")
    assert options == ["All my classes", f"情報 {MINE} ({MINE})", "情報 CS-second (CS-second)"]
    page.find(f'#room-choice option[value="{MINE}"]').click()
    wait_for(page, "anna@x.org")
    page.open(school.server)
    wait_for(page, "anna@x.org")
    assert page.script("return document.getElementById('room-choice').value") == MINE
    page.find("#log-out").click()
    page.wait(lambda: page.text("#login h2"), "the form is back")
    log_in(page, "other-instructor@example.com")
    wait_for(page, "zoe@x.org")
    assert page.script("return document.getElementById('room-choice').value") == "", "that class is not theirs"


def test_who_loses_a_class_loses_sight_of_it(page: LivePage, school: School) -> None:
    guest = stranger(school)
    mine = school.of("instructor")
    row = next(row for row in mine.get("/api/v1/classes/").json if row["class_code"] == MINE)
    staff = f"/api/v1/classes/{row['id']}/staff/{guest.id}"
    assert mine.put(staff, {"role": "assistant"}).status == 200
    open_form(page, school)
    log_in(page, "other-instructor@example.com")
    wait_for(page, "anna@x.org", "zoe@x.org")
    assert mine.delete(staff).status == 200
    wait_for(page, "zoe@x.org")


def test_change_the_password(page: LivePage, school: School) -> None:
    elsewhere = school.of("instructor")
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    page.find("#change-password").click()

    def change(current: str, following: str) -> None:
        for field, text in (("#password-current", current), ("#password-next", following)):
            page.find(field).clear()
            page.find(field).send_keys(text)
        page.find("#password-next").send_keys(Keys.ENTER)

    assert page.script("return [...document.querySelectorAll('#password-form input')].map(each => each.autocomplete)") == [
        "username", "current-password", "new-password"]
    change("wrong horse", "battery staple")
    page.wait(lambda: "current password is wrong" in page.text("#password-error"), "the current one is asked for")
    change(PASSWORD, "short")
    page.wait(lambda: "at least 8 characters" in page.text("#password-error"), "the new one is too short")
    change(PASSWORD, "battery staple")
    page.wait(lambda: "The password is changed" in page.text("#failure"), "it is said")
    assert not page.text("#password-dialog")
    assert elsewhere.get("/api/v1/auth/me").status == 401
    school.post(("late@x.org", MINE))
    wait_for(page, "anna@x.org", "ben@x.org", "late@x.org")
    school.login("instructor@example.com", "battery staple")


@pytest.mark.parametrize(("who", "said"), [("student", "may not see the class"), ("assistant", "teaches no class yet")])
def test_accounts_that_see_nobody(page: LivePage, school: School, who: str, said: str) -> None:
    school.of(who)
    open_form(page, school)
    log_in(page, f"{who}@example.com")
    page.wait(lambda: said in page.text("body"), "the page says why")
    assert page.tiles() == []


def test_in_japanese(page: LivePage, school: School) -> None:
    open_form(page, school, "lang=ja")
    assert page.text("#login h2") == "ログイン"
    log_in(page, "instructor@example.com", "wrong horse")
    page.wait(lambda: "メールアドレスまたはパスワードが違います" in page.text("#login-error"), "the error too")
    page.find('[data-language="en"]').click()
    page.wait(lambda: "Email or password is wrong" in page.text("#login-error"), "what was said is said again")
    page.find('[data-language="ja"]').click()
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    assert "担当クラスすべて" in page.text("#account") and "ログアウト" in page.text("#account")


def test_a_server_that_was_away_asks_again_who_looks(page: LivePage, school: School) -> None:
    open_form(page, school)
    log_in(page, "instructor@example.com")
    wait_for(page, "anna@x.org", "ben@x.org")
    port = school.server.port
    school.server.stop()
    page.wait(lambda: "The server has stopped." in page.text("#banner"), "the page says that the server stopped")
    assert not page.text("#login"), "that is no reason to log anybody out"
    run_command("admin", "reset-password", "--data", school.server.data, "--email", "instructor@example.com", "--password", "battery staple",
                environment=CHEAP)
    school.server.start(port=port)
    page.wait(lambda: "You are logged out" in page.text("#login"), "the tokens are worth nothing any more", 60)


def test_open_asks_nobody(page: LivePage, new_server: Callable[..., Server]) -> None:
    server = new_server(name="open").start()
    assert server.post([cell_executed(emailAddress="anna@x.org")]).status == 202
    page.open(server)
    wait_for(page, "anna@x.org")
    assert not page.text("#login") and not page.text("#account")
