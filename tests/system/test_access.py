"""Goal: with `auth.mode = required` each route of the program does for each kind of person what docs/reference/accounts.md says; no route
is forgotten.

Method: a table of all routes that are not those of classes or notebook versions (test_class_access.py and test_version_access.py have
these), each asked by everybody on both engines; all tables together are held against the program's own.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Callable

import pytest
import websocket

import test_class_access
import test_version_access
from support.accounts import PASSWORD, Accounts, Session
from support.events import cell_executed
from support.school import Lesson, new_key, new_lesson, stranger
from support.server import ROOT, wait_until

PEOPLE = test_class_access.PEOPLE
STUDENT = "seen@example.com"
numbers = itertools.count(1)


@dataclass
class Route:
    method: str
    pattern: str
    answers: list[int]  # In the order of PEOPLE.
    body: Callable[["Place"], object] = lambda place: None
    path: Callable[["Place"], str] | None = None  # The pattern itself, unless told otherwise.
    alone: bool = False  # The login of who asks ends by it.
    socket: bool = False


@dataclass
class Place:
    lesson: Lesson

    @property
    def accounts(self) -> Accounts:
        return self.lesson.accounts

    def person(self, who: str, alone: bool) -> Session:
        accounts = self.accounts
        if who == "nobody":
            return accounts.nobody()
        session = stranger(accounts, who.split()[1]) if who.startswith("stranger ") else accounts.of(who)
        email = f"other-{who.split()[1]}@example.com" if who.startswith("stranger ") else f"{who}@example.com"
        return accounts.login(email) if alone else session


@pytest.fixture(scope="module")
def place(strict_school: Accounts) -> Place:
    made = Place(new_lesson(strict_school))
    key = new_key(strict_school.of("instructor"), made.lesson.id)["key"]
    assert strict_school.nobody().post("/api/v1/events", [cell_executed(emailAddress=STUDENT)], X_Class_Key=key).status == 202
    admin = strict_school.of("admin")
    wait_until(lambda: admin.get(f"/api/v1/dashboard/students/{STUDENT}/activity").status == 200, "the student is shown")
    return made


def fresh_account(place: Place) -> str:
    made = place.accounts.of("admin").post("/api/v1/instructors/", {"email": f"made{next(numbers)}@example.com", "name": "x", "password": PASSWORD})
    return str(made.json["id"])


def of_account(pattern: str) -> Callable[[Place], str]:
    return lambda place: pattern.replace("{instructor_id}", fresh_account(place))


def of_student(pattern: str) -> Callable[[Place], str]:
    return lambda place: pattern.replace("{email}", STUDENT)


EVERYBODY = [200] * 8
# nobody, student of the class, student, assistant and instructor of other classes, assistant, instructor, admin
STAFF = [403, 403, 403, 200, 200, 200, 200, 200]
OF_THE_CLASS = [403, 403, 403, 404, 404, 200, 200, 200]
ADMIN = [403, 403, 403, 403, 403, 403, 403, 200]
TEACHERS = [403, 403, 403, 403, 200, 403, 200, 200]
ACCOUNTS = [403, 200, 200, 200, 200, 200, 200, 200]

ROUTES = [
    *(Route("GET", path, EVERYBODY) for path in ("/", "/assets/app.js", "/assets/app.css", "/docs", "/assets/docs.js", "/assets/docs.css",
                                                 "/api/v1/openapi.json", "/metrics", "/health/ready", "/api/v1/health",
                                                 "/api/v1/health/simple", "/api/v1/health/live", "/api/v1/health/ready")),
    # A token is no class key; test_class_keys.py has those who have one.
    Route("POST", "/api/v1/events", [401] * 8, lambda place: [cell_executed(emailAddress=STUDENT)]),
    Route("GET", "/api/v1/events/export", [403, 403, 403, 403, 200, 403, 200, 200]),
    Route("GET", "/api/v1/delivery", STAFF),
    Route("GET", "/api/v1/projections", STAFF),
    Route("GET", "/api/v1/live", [403, 403, 403, 101, 101, 101, 101, 101], socket=True),
    Route("GET", "/api/v1/dashboard/overview", STAFF),
    Route("GET", "/api/v1/dashboard/metrics", STAFF),
    *(Route(method, pattern, OF_THE_CLASS, path=of_student(pattern))
      for method, pattern in (("GET", "/api/v1/dashboard/students/{email}/activity"), ("POST", "/api/v1/dashboard/students/{email}/dismiss-help"),
                              ("POST", "/api/v1/dashboard/students/{email}/resolve-error"))),
    Route("GET", "/api/v1/dashboard/ws/dashboard", [403, 403, 403, 101, 101, 101, 101, 101], socket=True),
    Route("GET", "/api/v1/dashboard/ws/dashboard/status", STAFF),
    Route("POST", "/api/v1/auth/login", [401] * 8, lambda place: {"email": "nobody@example.com", "password": PASSWORD}),
    Route("POST", "/api/v1/auth/refresh", [401] * 8, lambda place: {"refresh_token": "x"}),
    Route("GET", "/api/v1/auth/me", ACCOUNTS),
    Route("PUT", "/api/v1/auth/password", [403, *[400] * 7], lambda place: {"current_password": "wrong horse", "new_password": PASSWORD}),
    Route("POST", "/api/v1/auth/logout", ACCOUNTS, alone=True),
    Route("GET", "/api/v1/instructors", STAFF),
    Route("POST", "/api/v1/instructors", [403, 403, 403, 403, 403, 403, 403, 201],
          lambda place: {"email": f"new{next(numbers)}@example.com", "name": "x", "password": PASSWORD}),
    Route("GET", "/api/v1/instructors/{instructor_id}", STAFF, path=of_account("/api/v1/instructors/{instructor_id}")),
    Route("PUT", "/api/v1/instructors/{instructor_id}", ADMIN, lambda place: {"name": "y"}, of_account("/api/v1/instructors/{instructor_id}")),
    Route("DELETE", "/api/v1/instructors/{instructor_id}", ADMIN, path=of_account("/api/v1/instructors/{instructor_id}")),
    Route("GET", "/api/v1/instructor_status/{instructor_id}", STAFF, path=of_account("/api/v1/instructor_status/{instructor_id}")),
    Route("PUT", "/api/v1/instructor_status/{instructor_id}", ADMIN, lambda place: {"status": "break"},
          of_account("/api/v1/instructor_status/{instructor_id}")),
    Route("GET", "/api/v1/instructor_status/{instructor_id}/history", ADMIN, path=of_account("/api/v1/instructor_status/{instructor_id}/history")),
    Route("POST", "/api/v1/instructor_status/bulk", STAFF,
          lambda place: {"updates": [{"instructor_id": place.accounts.of("admin").id, "status": "break"}]}),
    Route("GET", "/api/v1/instructor/ws/instructor/status", STAFF),
    # Another's; test_instructor_socket.py has those who open their own.
    Route("GET", "/api/v1/instructor/ws/instructor/{instructor_id}", [403] * 8, socket=True,
          path=of_account("/api/v1/instructor/ws/instructor/{instructor_id}")),
    # Whoever connects says who they are inside of it: test_socketio.py.
    Route("GET", "/socket.io", [200] * 8, path=lambda place: "/socket.io/?EIO=4&transport=polling"),
    Route("POST", "/socket.io", [400] * 8, lambda place: b"4"),
    Route("GET", "/api/v1/admin/audit", ADMIN),
    Route("GET", "/api/v1/admin/erasures", ADMIN),
    Route("POST", "/api/v1/admin/erasures", [422 if status == 200 else status for status in ADMIN], lambda place: {"email": "nobody"}),
    Route("GET", "/api/v1/admin/settings", STAFF),
    Route("POST", "/api/v1/admin/settings", ADMIN,
          lambda place: {"setting_key": f"key {next(numbers)}", "setting_value": "x", "setting_type": "str"}),
    Route("GET", "/api/v1/admin/settings/{setting_key}", STAFF, path=lambda place: "/api/v1/admin/settings/cache_ttl_seconds"),
    Route("PUT", "/api/v1/admin/settings/{setting_key}", ADMIN, lambda place: {"new_value": 300},
          lambda place: "/api/v1/admin/settings/cache_ttl_seconds"),
    Route("GET", "/api/v1/admin/consecutive-error-status", STAFF),
    Route("GET", "/api/v1/classroom/map", STAFF),
    Route("GET", "/api/v1/classroom/maps", STAFF),
    # Without a form: only whoever may gets as far as that.
    Route("POST", "/api/v1/classroom/map/upload", [422 if may == 200 else 403 for may in TEACHERS]),
    Route("POST", "/api/v1/classroom/map/create-default", TEACHERS),
    *(Route(method, pattern, [404 if may == 200 else 403 for may in TEACHERS], body, lambda place, pattern=pattern: pattern.replace("{map_id}", "999999"))
      for method, pattern, body in (("PUT", "/api/v1/classroom/map/{map_id}/positions", lambda place: {"positions": {}}),
                                    ("DELETE", "/api/v1/classroom/map/{map_id}", lambda place: None))),
    # This machine's; test_environments.py has those of students. A student sees their own, and has reported nothing.
    *(Route(method, f"/api/v1/environment/{name}", [403, 404, 404, 200, 200, 200, 200, 200])
      for method, name in (("GET", "current"), ("GET", "summary"), ("GET", "packages"), ("GET", "health"), ("GET", "diff"), ("POST", "analyze"))),
    # Without a body a student reports nothing.
    Route("POST", "/api/v1/environment/snapshot", [403, 422, 422, 201, 201, 201, 201, 201]),
    Route("GET", "/api/v1/environment/students", STAFF),
    # A token is no class key.
    Route("POST", "/api/v1/offline/bulk", [401] * 8, lambda place: []),
    Route("POST", "/api/v1/offline/queue", [401] * 8, lambda place: {"events": [{}]}),
    Route("POST", "/api/v1/offline/sync", ADMIN, lambda place: {}),
    Route("GET", "/api/v1/offline/status", STAFF),
    Route("DELETE", "/api/v1/offline/clear", ADMIN),
    Route("GET", "/api/v1/offline/failed-events", ADMIN),
    # Nobody has progress here; test_progress.py has those who do.
    *(Route(method, f"/api/v1/progress/{name}", [403, *[404] * 7], path=lambda place, name=name: "/api/v1/progress/" + re.sub(r"\{\w+\}", "x", name))
      for method, name in (("GET", "student/{user_id}"), ("GET", "assignment/{user_id}/{assignment_id}"), ("GET", "notifications/{user_id}"),
                           ("POST", "notifications/{notification_id}/read"))),
    Route("GET", "/api/v1/progress/all-students", STAFF),
    Route("GET", "/api/v1/progress/stats", STAFF),
    # Of somebody else.
    *(Route("POST", f"/api/v1/progress/{name}", [403, 404, 404, 403, 403, 403, 403, 202], lambda place: {},
            lambda place, name=name: f"/api/v1/progress/{name}?user_id=other-pupil&assignment_id=a&cell_id=c")
      for name in ("process-event", "simulate-event")),
    Route("DELETE", "/api/v1/progress/reset/{user_id}", [403, 403, 403, 403, 404, 403, 404, 404], path=lambda place: "/api/v1/progress/reset/x"),
    Route("GET", "/api/v1/progress/ws/student/{user_id}", [403, 404, 404, 404, 404, 404, 404, 101], socket=True,
          path=lambda place: "/api/v1/progress/ws/student/x"),
    Route("GET", "/api/v1/progress/ws/instructor", [403, 403, 403, 101, 101, 101, 101, 101], socket=True),
    Route("GET", "/api/v1/ws/{client_id}", [403, *[101] * 7], socket=True, path=lambda place: "/api/v1/ws/one"),
    *(route for path in ("/api/v1/test/events", "/api/v1/test/test/events")
      for route in (Route("GET", path, STAFF),
                    *(Route(method, f"{path}/{{test_id}}", [answer if may == 200 else may for may in STAFF], lambda place, body=body: body,
                            lambda place, path=path, name=name: f"{path}/{name}")
                      for method, name, answer, body in (("POST", "kept", 200, [{}]), ("GET", "kept", 200, None), ("DELETE", "nothing", 404, None))))),
    # Nobody guesses the name of an image.
    *(Route("GET", pattern, [404] * 8, path=lambda place, pattern=pattern: pattern.replace("{filename}", "classroom_map_guess.jpg"))
      for pattern in ("/api/v1/classroom/map/image/{filename}", "/static/maps/{filename}")),
]


def ask(place: Place, route: Route, session: Session) -> int:
    path = route.path(place) if route.path else route.pattern
    if not route.socket:
        return session.request(route.method, path, route.body(place)).status
    try:
        websocket.create_connection(f"ws://127.0.0.1:{session.client.port}{path}", timeout=20,
                                    header={"Authorization": f"Bearer {session.token}"} if session.token else {}).close()
        return 101
    except websocket.WebSocketBadStatusException as refused:
        return refused.status_code


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.pattern}")
def test_who_may_what(place: Place, route: Route) -> None:
    got = {who: ask(place, route, place.person(who, route.alone)) for who in PEOPLE}
    assert got == dict(zip(PEOPLE, route.answers))


def test_no_route_is_forgotten() -> None:
    """The program starts with no route that its table does not have, so the table's source is the whole list."""
    source = (ROOT / "src/api/access_table.cpp").read_text()
    lines = re.findall(r"\{Method::\w+,", source)
    known = re.findall(r'\{Method::(\w+), "([^"]+)"', source)
    assert len(lines) == len(known) > 80
    tested = [(route.method, route.pattern) for route in ROUTES]
    tested += [(route.method, f"/api/v1{route.pattern}") for route in test_class_access.ROUTES] + test_version_access.ROUTES
    assert len(tested) == len(set(tested))
    assert {(method.rstrip("_").upper(), pattern) for method, pattern in known} == set(tested)
