"""What schemathesis is told about this server: who logs in, which rows there are, and which requests would end the run.

Runs within schemathesis (SCHEMATHESIS_HOOKS), on the URL and with the accounts of CELLMON_API_TEST.

- Ids of rows: three cases of four that are to be good name a row that is there, of those that the server lists now; else nearly all would be 404.
- The login of the run: logging out, and changing the password, is done by an account of their own, with a new login each time; the account of
  the run is neither closed nor changed.
- Behind the request to erase a person, the next one waits until that is done: the server pauses for it.
- A file that is to be good is an image, a table one with an address; texts of tokens that are to be good are good ones, now and then.
- Where the contract says something else than two of the checks: no token at all is 403, "Not authenticated" (§1.5), not 401; what is gone is 404 but for
  a closed account (§3.6) and the empty list of a name (§3.3), and nothing more than that may be left of it.
"""

from __future__ import annotations

import atexit
import collections
import functools
import json
import os
import random
import threading
import time

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import EnsureResourceAvailability, MissingHeaderNotRejected, RejectedPositiveData, UseAfterFree

GIVEN = json.loads(os.environ["CELLMON_API_TEST"])
URL, OWN, SPARE = GIVEN["url"], GIVEN["account"], GIVEN["spare"]
IMAGE = bytes.fromhex(GIVEN["image"])
LISTS = {"class_id": "classes", "student_id": "students", "team_id": "teams", "notebook_id": "notebooks", "assignment_id": "assignments",
         "submission_id": "submissions", "instructor_id": "instructors", "map_id": "classroom/maps?limit=100", "setting_key": "admin/settings"}
LOGIN_ENDS = {"logout", "changePassword"}
KEPT = {"updateInstructor", "deleteInstructor"}  # Done to others than the account of the run.
ENDS = {"resetHistory", "resetProgress"}  # Never of what the others need.
NAMED = {"getAssignmentProgress"}  # By any text, not by an id.
NO_TOKEN = {"detail": "Not authenticated"}
LEFT = {"getInstructor": lambda account: account["is_active"] is False, "getTestEvents": lambda kept: kept["events"] == [],
        "getTestEventsDoubled": lambda kept: kept["events"] == []}
ROWS_LAST = 40  # Cases.
PAUSE_S = 60

DOCUMENT = requests.get(f"{URL}/api/v1/openapi.json", timeout=30).json()


def resolved(part: dict) -> dict:
    while "$ref" in part:
        path = part["$ref"].removeprefix("#/").split("/")
        part = functools.reduce(lambda found, key: found[key], path, DOCUMENT)
    return part


# Parameters that are whole numbers: operation, place, name.
NUMBERS = {(operation["operationId"], parameter["in"], parameter["name"])
           for item in DOCUMENT["paths"].values() for operation in item.values()
           for parameter in map(resolved, operation.get("parameters", [])) if resolved(parameter["schema"]).get("type") == "integer"}

counts: collections.Counter = collections.Counter()
statuses: collections.Counter = collections.Counter()
lock = threading.Lock()
dice = random.Random(GIVEN["seed"])


def logged_in(account: dict) -> str:
    answer = requests.post(f"{URL}/api/v1/auth/login", json={"email": account["email"], "password": account["password"]}, timeout=30)
    answer.raise_for_status()
    return answer.json()["token"]["access_token"]


@schemathesis.auth(refresh_interval=None).apply_to(operation_id=sorted(LOGIN_ENDS))
class SpareLogin:
    def get(self, case, context):
        return logged_in(SPARE)

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth(refresh_interval=600).skip_for(operation_id=sorted(LOGIN_ENDS))
class Login:
    def get(self, case, context):
        return logged_in(OWN)

    def set(self, case, data, context):
        if case.operation.definition.raw["x-access"]["need"] not in ("nothing", "ingest"):
            case.headers["Authorization"] = f"Bearer {data}"
        if case.operation.definition.raw["x-access"]["need"] == "ingest" and GIVEN["key"]:
            case.headers["X-Class-Key"] = GIVEN["key"]


class Rows:
    """The ids that the server lists, asked for again now and then."""

    def __init__(self) -> None:
        self.known: dict[str, list] = {}
        self.used = collections.Counter()
        self.headers = {"Authorization": f"Bearer {logged_in(OWN)}"}

    def pick(self, name: str):
        with lock:
            if self.used[name] % ROWS_LAST == 0:
                self.known[name] = self.listed(name)
            self.used[name] += 1
            return dice.choice(self.known[name]) if self.known[name] else None

    def listed(self, name: str) -> list:
        path = LISTS[name]
        answer = requests.get(f"{URL}/api/v1/{path}", headers=self.headers, timeout=30).json()
        if name == "setting_key":
            return [row["setting_key"] for row in answer["settings"]]
        return [row["id"] for row in answer if row["id"] not in (OWN["id"], SPARE["id"]) or name != "instructor_id"]


rows = Rows()


def is_good(case, location: ParameterLocation) -> bool:
    part = case.meta.components.get(location) if case.meta else None
    return part is not None and part.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]
    with lock:
        counts[operation] += 1
        lucky = dice.random() < 0.75 and operation not in ENDS
    mend_linked(case, operation)
    if case.path_parameters and is_good(case, ParameterLocation.PATH):
        for name in case.path_parameters:
            found = rows.pick(name) if name in LISTS and lucky else GIVEN["values"].get(name) if lucky else None
            if found is not None:
                case.path_parameters[name] = str(found) if operation in NAMED else found
    if operation in KEPT and str((case.path_parameters or {}).get("instructor_id")) in (str(OWN["id"]), str(SPARE["id"])):
        case.path_parameters["instructor_id"] = rows.pick("instructor_id")
    if is_good(case, ParameterLocation.BODY):
        better_body(case, operation, lucky)
        if operation == "uploadMap" and lucky and isinstance(case.body, dict):
            kwargs["files"] = upload_of(case.body)


def mend_linked(case, operation: str) -> None:
    """What is to be good is a number where the document wants one; a link hands on whatever has the name, also a text or nothing."""
    for location, values in ((ParameterLocation.PATH, case.path_parameters), (ParameterLocation.QUERY, case.query)):
        if not values or not is_good(case, location):
            continue
        for name, value in values.items():
            if (operation, location.value, name) in NUMBERS and not str(value).lstrip("-").isdigit():
                values[name] = (rows.pick(name) if name in LISTS else None) or 1


def upload_of(body: dict) -> list:
    """In place of the body: with bytes in it, that would count as bad data."""
    rest = [(name, (None, str(value))) for name, value in body.items() if name != "file"]
    return [("file", ("map.png", IMAGE, "image/png")), *rest]


def better_body(case, operation: str, lucky: bool) -> None:
    body = case.body
    if operation == "importRoster" and lucky:
        case.body = f"email,name,team\n{dice.randrange(500)}@example.com,名前,赤班\n"
    if not isinstance(body, dict):
        return
    for name in body:
        if name in LISTS and isinstance(body[name], (int, str)) and not isinstance(body[name], bool) and lucky:
            found = rows.pick(name)
            if found is not None:
                body[name] = str(found) if isinstance(body[name], str) else found
    if operation == "changePassword":
        body["current_password"] = SPARE["password"]
        body["new_password"] = SPARE["password"]  # The next login needs it.
    if operation == "login" and lucky:
        body.update(email=SPARE["email"], password=SPARE["password"])
    if operation == "joinClass" and lucky:
        body["code"] = GIVEN["join_code"]
    if operation == "joinClass":
        body.setdefault("email", f"{dice.randrange(500)}@example.com")


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw["operationId"]
    with lock:
        statuses[f"{operation} {response.status_code}"] += 1
    if operation == "askForErasure" and response.status_code == 202:
        wait_until_erased(response.json()["id"])


def wait_until_erased(erasure: str) -> None:
    """The server pauses for it, and does not answer meanwhile."""
    deadline = time.monotonic() + PAUSE_S
    while time.monotonic() < deadline:
        try:
            answer = requests.get(f"{URL}/api/v1/admin/erasures", headers=rows.headers, timeout=30)
            if any(one["id"] == erasure and one["state"] == "done" for one in answer.json()):
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"the erasure {erasure} was not done within {PAUSE_S} s")


def is_too_vast(case, response) -> bool:
    """Refused as no JSON for a whole number beyond 64 bits, which no schema of the document can say."""
    return response.status_code == 422 and response.json()["detail"][0]["type"] == "json_invalid" and holds_vast_number(case.body)


def holds_vast_number(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(holds_vast_number, value.values()))
    if isinstance(value, list):
        return any(map(holds_vast_number, value))
    return isinstance(value, int) and not -(1 << 63) <= value < 1 << 64


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False: the contract, or the head of the document, says so where the check asks for something else."""
    if isinstance(failure, RejectedPositiveData):
        return not is_too_vast(case, response)
    if isinstance(failure, MissingHeaderNotRejected):
        return (failure.header_name, response.status_code, response.json()) != ("Authorization", 403, NO_TOKEN)
    if isinstance(failure, EnsureResourceAvailability) and case.operation.definition.raw["operationId"] == "revokeKey":
        # The class was made just now; the key is one of another class.
        return response.json()["detail"] != f"Key with id {case.path_parameters['key_id']} not found"
    left = LEFT.get(case.operation.definition.raw["operationId"])
    return not (isinstance(failure, UseAfterFree) and left is not None and left(response.json()))


@schemathesis.check
def refused_for_a_reason(context, response, case):
    """Good data may be refused with 422 only by what no schema can say: value_error. What a setting may be, its row says."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    operation = case.operation.definition.raw["operationId"]
    if not is_positive or response.status_code != 422 or operation in ("createSetting", "updateSetting") or is_too_vast(case, response):
        return
    kinds = {fault["type"] for fault in response.json()["detail"]}
    assert kinds <= {"value_error"}, f"{operation}: good data is refused as {kinds}: {response.text[:500]}"


@atexit.register
def tell():
    with open(GIVEN["counts"], "w", encoding="utf-8") as file:
        json.dump({"cases": counts, "statuses": statuses}, file)
