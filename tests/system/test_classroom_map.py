"""Goal: the map of the classroom is uploaded, shown, changed and deleted as contract §3.9 has it, and survives a kill; whatever is sent
as an image becomes a plain JPEG or a clear 400, and the server goes on; only those may change it who should.

Method: the requests of an unchanged dashboard, on both engines; images of every kind, and what is none.
"""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.accounts import Accounts, Session
from support.classroom import Rows
from support.client import Answer, Client
from support.events import cell_executed
from support.images import FORM, SAMPLES, form, jpeg_size, palette_png, png
from support.server import BINARY, PATIENCE, SURROUNDINGS, Server, wait_until

MAP = "/api/v1/classroom/map"
MAPS = "/api/v1/classroom/maps"
NAME = re.compile(r"classroom_map_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.jpg")
BARE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
MAP_KEYS = ["original_filename", "uploaded_by", "id", "image_filename", "image_url", "uploaded_at", "is_active", "file_size_bytes",
            "content_type", "team_positions"]
POSITION_KEYS = ["team_name", "position_x", "position_y", "id", "map_id", "updated_at", "updated_by"]


def upload(who: Session, content: bytes | None = None, name: str = "教室.png", **fields: str) -> Answer:
    body = form(file=(name, png() if content is None else content), **fields)
    return who.post(f"{MAP}/upload", body, Content_Type=FORM)


def uploaded(who: Session, *arguments: object, **fields: str) -> dict:
    answer = upload(who, *arguments, **fields)
    assert answer.status == 200, answer
    return answer.json


def place(who: Session, map_id: int, positions: object, **fields: object) -> Answer:
    return who.put(f"{MAP}/{map_id}/positions", {"positions": positions, **fields})


def test_what_an_unchanged_dashboard_does(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.start()
    who = Session(Client(server.port))
    empty = {"map_info": None, "team_positions": {}, "is_visible": False}
    assert who.get(MAP).json == empty and who.get(MAPS).json == []

    # Seats are saved before there is a map: an empty form, then positions.
    made = who.post(f"{MAP}/create-default", form(), Content_Type=FORM)
    assert made.status == 200 and list(made.json) == ["map_info", "team_positions", "is_visible"]
    info = made.json["map_info"]
    assert list(info) == MAP_KEYS and made.json["is_visible"] is True and made.json["team_positions"] == {}
    assert [info[key] for key in MAP_KEYS if key not in ("id", "uploaded_at")] == [None, None, "", "", True, 0, "image/jpeg", []]
    seats = {"赤班": {"x": 12.345, "y": 0}, 'a "quoted" \\ one': {"x": "99.999", "y": 100}}
    placed = place(who, info["id"], seats, updated_by="instructor_1700000000000_x1y2z3")
    assert placed.status == 200 and list(placed.json) == ["success", "message", "updated_teams"]
    assert placed.json["updated_teams"] == list(seats) and placed.json["success"] is True
    seen = who.get(MAP).json
    assert seen["team_positions"] == {"赤班": {"x": 12.35, "y": 0}, 'a "quoted" \\ one': {"x": 100, "y": 100}}
    positions = seen["map_info"]["team_positions"]
    assert [list(position) for position in positions] == [POSITION_KEYS] * 2
    assert positions[0]["updated_by"] == "instructor_1700000000000_x1y2z3" and BARE_TIME.fullmatch(positions[0]["updated_at"])
    # Teams that are not named stay; those that are named move.
    assert place(who, info["id"], {"青班": {"x": 1, "y": 2}, "赤班": {"x": 3, "y": 4}}).json["updated_teams"] == ["青班", "赤班"]
    assert who.get(MAP).json["team_positions"] == {"赤班": {"x": 3, "y": 4}, 'a "quoted" \\ one': {"x": 100, "y": 100},
                                                   "青班": {"x": 1, "y": 2}}

    # An image takes its place, with no positions.
    sent = upload(who, uploaded_by="instructor_1")
    assert sent.status == 200 and list(sent.json) == ["success", "message", "map_id", "image_url"]
    assert sent.json["image_url"].startswith("/static/maps/") and NAME.fullmatch(sent.json["image_url"].removeprefix("/static/maps/"))
    seen = who.get(MAP).json
    info = seen["map_info"]
    assert seen["team_positions"] == {} and seen["is_visible"] is True
    assert (info["id"], info["original_filename"], info["uploaded_by"], info["image_url"], info["content_type"]) == (
        sent.json["map_id"], "教室.png", "instructor_1", sent.json["image_url"], "image/jpeg")
    assert BARE_TIME.fullmatch(info["uploaded_at"])
    image = who.get(info["image_url"])
    assert image.status == 200 and image.headers["content-type"] == "image/jpeg" and len(image.body) == info["file_size_bytes"]
    assert jpeg_size(image.body) == (64, 48)
    listed = who.get(f"{MAPS}?limit=10").json
    assert [(one["id"], one["is_active"]) for one in listed] == [(info["id"], True), (made.json["map_info"]["id"], False)]
    assert len(listed[1]["team_positions"]) == 3 and [one["id"] for one in who.get(f"{MAPS}?limit=1").json] == [info["id"]]

    # Everything of it is there behind a kill.
    place(who, info["id"], {"赤班": {"x": 50.5, "y": 50.25}})
    before = who.get(MAP).json
    server.kill()
    server.start()
    who.client = Client(server.port)
    assert who.get(MAP).json == before
    assert who.get(info["image_url"]).body == image.body
    assert rows.count("classroom_map_images") == 1

    # It goes with its image and its positions, and is no more behind the next kill.
    gone = who.delete(f"{MAP}/{info['id']}")
    assert gone.status == 200 and list(gone.json) == ["success", "message"]
    assert who.get(info["image_url"]).status == 404 and who.get(MAP).json == empty
    # Where the origin answers 500.
    assert who.delete(f"{MAP}/{made.json['map_info']['id']}").status == 200
    server.kill()
    server.start()
    who.client = Client(server.port)
    assert who.get(MAP).json == empty and who.get(MAPS).json == []
    assert [rows.count(table) for table in ("classroom_maps", "classroom_map_images", "team_positions")] == [0, 0, 0]
    for answer in (who.delete(f"{MAP}/{info['id']}"), place(who, info["id"], {})):
        assert (answer.status, answer.json) == (404, {"detail": "Classroom map not found"})


@pytest.mark.parametrize("body, kind", [(b"", "application/json"), (b"instructor_id=%E5%85%88%E7%94%9F", "application/x-www-form-urlencoded"),
                                        (form(instructor_id="先生"), FORM)])
def test_forms_of_a_default_map(school: Accounts, body: bytes, kind: str) -> None:
    who = school.nobody()
    made = who.post(f"{MAP}/create-default", body, Content_Type=kind)
    assert made.status == 200 and made.json["map_info"]["uploaded_by"] == ("先生" if body else None)


def test_the_image_is_served_for_ever(school: Accounts) -> None:
    who = school.nobody()
    url = uploaded(who)["image_url"]
    image = who.get(url)
    assert "immutable" in image.headers["cache-control"] and image.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in image.headers and image.headers["last-modified"].endswith("GMT")
    again = who.get(url, If_None_Match=image.headers["etag"])
    assert again.status == 304 and again.body == b"" and again.headers["etag"] == image.headers["etag"]
    head = who.request("HEAD", url)
    assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) == len(image.body)
    name = url.rpartition("/")[2]
    download = who.get(f"{MAP}/image/{name}")
    assert download.body == image.body and download.headers["content-type"] == "image/jpeg"
    assert download.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert download.headers["etag"] == image.headers["etag"] and "last-modified" in download.headers


@pytest.mark.parametrize("name", [
    "classroom_map_00000000-0000-4000-8000-000000000000.jpg", "..%2F..%2Fclassroom.db", "%2e%2e", "..", "a/../../auth.secret", "%00", "%ff",
    "classroom_map_.jpg", "classroom_map_%27%20OR%201=1.jpg", "classroom_map_" + "a" * 300 + ".jpg",
])
def test_no_other_name_is_served(school: Accounts, name: str) -> None:
    who = school.nobody()
    uploaded(who)
    for front in ("/static/maps/", f"{MAP}/image/"):
        answer = who.get(front + name)
        assert answer.status in (400, 404) and answer.headers["content-type"] == "application/json", answer


def test_a_name_in_capitals_is_another_one(school: Accounts) -> None:
    url = uploaded(school.nobody())["image_url"]
    front, _, name = url.rpartition("/")
    assert school.nobody().get(f"{front}/classroom_map_{name[14:].upper()}").status == 404


IMAGES = {
    "png": (png(), (64, 48)), "large": (png(3_000, 1_000), (2_048, 683)), "16 bit": (png(16, 16, 16, 2, b"\xa0\x01\0\0\0\0" * 16), (16, 16)),
    "palette and alpha": (palette_png(), (16, 16)), "grey": (png(16, 16, 1, 0, b"\xff\x00"), (16, 16)),
    "progressive": ((SAMPLES / "progressive.jpg").read_bytes(), (48, 32)),
    "cmyk": ((SAMPLES / "cmyk.jpg").read_bytes(), (48, 32)), "webp": ((SAMPLES / "lossy.webp").read_bytes(), (48, 32)),
    "webp with alpha": ((SAMPLES / "alpha.webp").read_bytes(), (48, 32)),
    "png and html": (png() + b"<script>alert(1)</script>PK\x03\x04", (64, 48)),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_every_image_becomes_a_plain_jpeg(school: Accounts, kind: str) -> None:
    """Whatever its name and its type say it is."""
    content, size = IMAGES[kind]
    who = school.nobody()
    for name, media_type in (("a.png", "image/png"), ("A.JPG", "text/html"), ("地図.webp", "application/x-sh"), ("a.jpeg", "")):
        answer = who.post(f"{MAP}/upload", form(file=(name, content, media_type)), Content_Type=FORM)
        assert answer.status == 200, answer
    image = who.get(answer.json["image_url"])
    assert image.headers["content-type"] == "image/jpeg" and jpeg_size(image.body) == size
    assert b"script" not in image.body
    twice = uploaded(who, image.body, "again.jpg")
    assert jpeg_size(who.get(twice["image_url"]).body) == size


BAD_IMAGES = {
    "empty": b"", "text": b"hello", "html": b"<html><script>alert(1)</script>", "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "elf": b"\x7fELF" + bytes(100),
    "cut png": png()[:-30], "png without pixels": png(rows=1), "jpeg and html": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "cut cmyk": (SAMPLES / "cmyk.jpg").read_bytes()[:-60], "cut webp": (SAMPLES / "lossy.webp").read_bytes()[:-40],
    "animated": (SAMPLES / "animated.webp").read_bytes(), "bomb by its header": png(16_000, 16_000, rows=1),
    "bomb of one side": png(2**31 - 1, 1, rows=1), "bomb of a chunk": png(extra=b"\x00\x00\x00\x09zTXtbad"),
    "a whole bomb": png(7_200, 7_200, 1, 0, bytes(900)),
}


@pytest.mark.parametrize("kind", BAD_IMAGES)
def test_what_is_no_image_is_a_clear_400(school: Accounts, kind: str) -> None:
    who = school.nobody()
    before = who.get(MAP).json
    answer = upload(who, BAD_IMAGES[kind], "a.png")
    assert answer.status == 400 and answer.json["detail"].startswith("Invalid image: "), answer
    assert "reader" not in answer.json["detail"] and "died" not in answer.json["detail"], answer
    assert who.get(MAP).json == before


@pytest.mark.parametrize("name", ["a.gif", "a.svg", "a", ".png", "a.png.exe", "a.png/", "a.php", ""])
def test_other_endings_are_refused(school: Accounts, name: str) -> None:
    answer = upload(school.nobody(), png(), name)
    assert answer.status == 400 and "Unsupported file format" in answer.json["detail"], answer


@pytest.mark.parametrize("name, kept", [("C:\\Users\\山田\\教室.png", "教室.png"), ("../../etc/passwd.png", "passwd.png"),
                                        ("a\tb\x7f.png", "a_b_.png"), ("長" * 300 + ".png", "長" * 255), ("'; DROP TABLE x;--.png",) * 2])
def test_the_name_of_the_file_is_only_shown(school: Accounts, name: str, kept: str) -> None:
    who = school.nobody()
    uploaded(who, png(), name)
    info = who.get(MAP).json["map_info"]
    assert info["original_filename"] == kept and NAME.fullmatch(info["image_filename"])


def test_a_file_that_is_too_large(school: Accounts) -> None:
    who = school.nobody()
    answer = upload(who, png() + bytes(10 * 1024 * 1024))
    assert answer.status == 400 and "exceeds maximum allowed size of 10485760" in answer.json["detail"]
    assert upload(who, png() + bytes(10 * 1024 * 1024 - len(png()))).status == 200, "so large it may be"
    assert upload(who, bytes(33 << 20)).status == 413


def test_bodies_that_are_no_form(school: Accounts) -> None:
    who = school.nobody()
    missing = [{"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": None,
                "url": "https://errors.pydantic.dev/2.6/v/missing"}]
    for body, kind in ((b"", FORM), (form(), FORM), (b"{}", "application/json"), (form(uploaded_by="x"), FORM), (b"file=x", "text/plain"),
                       (form(other=("a.png", png())), FORM)):
        answer = who.post(f"{MAP}/upload", body, Content_Type=kind)
        assert (answer.status, answer.json) == (422, {"detail": missing}), (body[:80], answer)
    for body, kind, why in ((b"hello", FORM, "does not begin"), (form(file=("a.png", png()))[:-20], FORM, "within a part"),
                            (form(), "multipart/form-data", "no boundary"), (b"instructor_id=%zz", "application/x-www-form-urlencoded", "escape"),
                            (form(a="1").removesuffix(form()) * 33 + form(), FORM, "more than 32 parts")):
        path = "create-default" if b"instructor" in body else "upload"
        answer = who.post(f"{MAP}/{path}", body, Content_Type=kind)
        assert answer.status == 400 and why in answer.json["detail"], (body[:80], answer)
    for value, kind in (("x" * 256, "string_too_long"), ("a\nb", "value_error")):
        answer = upload(who, png(), uploaded_by=value)
        assert answer.status == 422 and [(fault["loc"], fault["type"]) for fault in answer.json["detail"]] == [(["body", "uploaded_by"], kind)]
    assert who.post(f"{MAP}/upload", form(file="text"), Content_Type=FORM).json["detail"][0]["loc"] == ["body", "file"]


@pytest.mark.parametrize("positions, loc, kind", [
    ({"赤": {"x": -0.01, "y": 0}}, ["赤", "x"], "greater_than_equal"), ({"赤": {"x": 0, "y": 100.01}}, ["赤", "y"], "less_than_equal"),
    ({"赤": {"x": 1e300, "y": 0}}, ["赤", "x"], "less_than_equal"), ({"赤": {"x": "inf", "y": 0}}, ["赤", "x"], "less_than_equal"),
    ({"赤": {"x": "nan", "y": 0}}, ["赤", "x"], "float_parsing"), ({"赤": {"y": 0}}, ["赤", "x"], "missing"),
    ({"赤": {"x": 0}}, ["赤", "y"], "missing"), ({"赤": {"x": None, "y": 0}}, ["赤", "x"], "float_type"),
    ({"赤": {"x": "left", "y": 0}}, ["赤", "x"], "float_parsing"), ({"赤": {"x": [1], "y": 0}}, ["赤", "x"], "float_type"),
    ({"赤": [1, 2]}, ["赤"], "model_attributes_type"), ({"赤": None}, ["赤"], "model_attributes_type"),
    ({"": {"x": 1, "y": 1}}, [""], "string_too_short"), ({"長" * 257: {"x": 1, "y": 1}}, ["長" * 257], "string_too_long"),
    ({'"\u0000': {"x": 1, "y": 1}}, ['"\u0000'], "value_error"), ([], [], "dict_type"), (None, [], "dict_type"),
    ({str(number): {"x": 1, "y": 1} for number in range(1_001)}, [], "too_long"),
])
def test_bad_positions_are_named(school: Accounts, positions: object, loc: list, kind: str) -> None:
    who = school.nobody()
    map_id = uploaded(who)["map_id"]
    good = {"青": {"x": 1, "y": 1}}
    answer = place(who, map_id, good | positions if isinstance(positions, dict) else positions)
    assert answer.status == 422, answer
    assert [(fault["loc"], fault["type"]) for fault in answer.json["detail"]] == [(["body", "positions", *loc], kind)]
    assert who.get(MAP).json["team_positions"] == {}, "nothing of it is stored"


def test_all_bad_positions_are_named_at_once(school: Accounts) -> None:
    who = school.nobody()
    map_id = uploaded(who)["map_id"]
    answer = place(who, map_id, {"a": {"x": -1, "y": 101}, "b": {}, "c": {"x": 1, "y": 1}}, updated_by="x" * 256)
    assert [fault["loc"][1:] for fault in answer.json["detail"]] == [
        ["positions", "a", "x"], ["positions", "a", "y"], ["positions", "b", "x"], ["positions", "b", "y"], ["updated_by"]]
    for body, status in ((b"", 422), (b"{", 422), (b"[]", 422), (b"{}", 422), (b'{"positions":{}}', 200),
                         (b'{"positions":{"a":{"x":1,"y":1},"a":{"x":2,"y":2}}}', 200), (b" " * (300 << 10) + b"{}", 413)):
        assert who.put(f"{MAP}/{map_id}/positions", body).status == status, body[:60]
    assert who.get(MAP).json["team_positions"] == {"a": {"x": 2, "y": 2}}, "the last of two, as JSON is commonly read"
    for path_id, status in (("0", 404), ("-1", 404), ("99999999999999999999", 404), ("one", 422), ("1;DROP%20TABLE%20classroom_maps", 422)):
        assert who.put(f"{MAP}/{path_id}/positions", {"positions": {}}).status == status
        assert who.delete(f"{MAP}/{path_id}").status == status


def test_a_map_has_so_many_positions(school: Accounts) -> None:
    who = school.nobody()
    map_id = uploaded(who)["map_id"]
    teams = {f"{number}班": {"x": number % 100, "y": number / 10} for number in range(1_000)}
    assert place(who, map_id, teams).json["updated_teams"] == list(teams)
    assert who.get(MAP).json["team_positions"] == teams
    assert place(who, map_id, {"another": {"x": 1, "y": 1}}).status == 422
    assert place(who, map_id, {"7班": {"x": 1, "y": 1}}).status == 200
    assert who.get(MAP).json["team_positions"] == teams | {"7班": {"x": 1, "y": 1}}


@pytest.mark.parametrize("query, status", [("limit=0", 422), ("limit=101", 422), ("limit=x", 422), ("limit=-1", 422), ("limit=100", 200)])
def test_the_limit_of_the_list(school: Accounts, query: str, status: int) -> None:
    assert school.nobody().get(f"{MAPS}?{query}").status == status


def test_old_maps_go_when_there_are_many(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.start()
    who = Session(Client(server.port))
    first = uploaded(who)
    for _ in range(101):
        last = who.post(f"{MAP}/create-default", form(), Content_Type=FORM).json["map_info"]["id"]
    assert who.get(first["image_url"]).status == 404 and rows.count("classroom_map_images") == 0
    assert rows.count("classroom_maps") == 100 and who.get(MAP).json["map_info"]["id"] == last


def test_many_at_once_leave_one_active_map(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    server.start()

    def one(number: int) -> int:
        who = Session(Client(server.port))
        return (who.post(f"{MAP}/create-default", form(), Content_Type=FORM) if number % 2 else upload(who)).status

    with ThreadPoolExecutor(12) as threads:
        statuses = list(threads.map(one, range(24)))
    # Images are read one after the other; who finds no place to wait is told to come again.
    assert statuses.count(200) >= 12 and set(statuses) <= {200, 503}
    assert rows.query("SELECT count(*) FROM classroom_maps WHERE is_active")[0] == ["1"]
    assert rows.count("classroom_maps") == statuses.count(200)


def test_events_go_on_while_an_image_is_read(school: Accounts) -> None:
    """The largest image that may be, in a process of its own, which is gone afterwards."""
    large = png(7_000, 7_000, row=b"\x10\x80\xf0" * 7_000)
    server = school.server
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(upload, school.nobody(), large)
        taken = 0
        while not reading.done():
            assert server.post([cell_executed()]).status == 202
            taken += 1
        assert reading.result().status == 200, reading.result()
    assert taken > 0
    assert jpeg_size(school.nobody().get(reading.result().json["image_url"]).body) == (2_048, 2_048)
    tasks = Path(f"/proc/{server.process.pid}/task")
    assert [child for one in tasks.glob("*/children") for child in one.read_text().split()] == []


# Under sanitizers a process needs more of the machine than this leaves it, and is not held to it.
if PATIENCE == 1.0:
    def test_the_process_that_reads_an_image_may_nothing_else() -> None:
        process = subprocess.Popen([BINARY, "convert-image"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=SURROUNDINGS)

        def status(name: str) -> str:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            return next(line.split()[1] for line in lines if line.startswith(f"{name}:"))

        wait_until(lambda: status("Seccomp") == "2", "the filter of calls")
        assert status("NoNewPrivs") == "1"
        if os.geteuid() == 0:  # Nobody else may read them.
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            for name in ("Max open files", "Max core file size"):
                assert re.search(rf"{name}\s+0\s+0\s", limits), limits
        jpeg, _ = process.communicate(png())
        assert process.returncode == 0 and jpeg_size(jpeg) == (64, 48)


def test_the_reader_is_no_command_for_people() -> None:
    shown = subprocess.run([BINARY, "--help-all"], capture_output=True, check=True, text=True, env=SURROUNDINGS).stdout
    assert "convert-image" not in shown


@pytest.mark.parametrize("role, see, change", [("nobody", 403, 403), ("student", 403, 403), ("assistant", 200, 403),
                                               ("instructor", 200, 200), ("admin", 200, 200)])
def test_who_may_what_where_tokens_are_asked_for(strict_school: Accounts, role: str, see: int, change: int) -> None:
    teacher, who = strict_school.of("instructor"), strict_school.of(role)
    map_id = uploaded(teacher)["map_id"]
    assert [who.get(path).status for path in (MAP, MAPS)] == [see, see]
    assert place(who, map_id, {"赤": {"x": 1, "y": 1}}).status == change
    assert who.post(f"{MAP}/create-default", form(), Content_Type=FORM).status == change
    assert upload(who, b"no image").status == (400 if change == 200 else 403)
    assert who.delete(f"{MAP}/{map_id}").status == change
    # A page cannot send a token for an image; its name is as good as one.
    url = uploaded(teacher)["image_url"]
    assert [who.get(path).status for path in (url, url.replace("/static/maps", f"{MAP}/image"))] == [200, 200]


def test_changes_are_in_the_audit_log(classroom: tuple[Server, Rows]) -> None:
    server, rows = classroom
    accounts = Accounts(server.start(), rows)
    who = accounts.of("instructor")
    map_id = uploaded(who)["map_id"]
    assert who.get(MAP).json["map_info"]["uploaded_by"] == "instructor@example.com", "who logged in, when nobody says"
    place(who, map_id, {"赤": {"x": 1, "y": 1}})
    who.delete(f"{MAP}/{map_id}")
    lines = rows.query("SELECT i.email, l.action, l.subject FROM audit_log l JOIN instructors i ON i.id = l.actor_id "
                       "WHERE l.action LIKE 'map.%' ORDER BY l.id")
    assert lines == [["instructor@example.com", f"map.{action}", f"map {map_id}"] for action in ("upload", "positions", "delete")]
