"""A strict stand-in for Grafana, written from its HTTP API's documentation (docs/sources/developers/http_api of grafana/grafana: data_source,
folder, dashboard, annotations). It refuses what the documentation does not allow and answers as it says; what is not documented, or not
used here, is not there. A real Grafana is in no registry that this project builds from.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")

DATA_SOURCE_FIELDS = {"id": int, "uid": str, "orgId": int, "name": str, "type": str, "access": str, "url": str, "password": str, "user": str,
                      "database": str, "basicAuth": bool, "basicAuthUser": str, "basicAuthPassword": str, "withCredentials": bool,
                      "isDefault": bool, "jsonData": (dict, type(None)), "secureJsonData": dict, "version": int, "readOnly": bool}


class Refused(Exception):
    """`reason` is what the documentation calls `status` in the body of a 412."""

    def __init__(self, code: int, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code, self.body = code, {"message": message, **({"status": reason} if reason else {})}


def need(condition: object, message: str) -> None:
    if not condition:
        raise Refused(400, message)


def check_fields(body: dict, allowed: dict, required: tuple[str, ...]) -> None:
    for name, value in body.items():
        need(name in allowed, f"unknown field {name}")
        need(isinstance(value, allowed[name]) and not (allowed[name] is int and isinstance(value, bool)), f"{name} has the wrong type")
    for name in required:
        need(body.get(name), f"{name} is missing")


class Grafana:
    """Runs between `with`. `writes` are the methods and paths of the requests that changed something."""

    def __init__(self, token: str, path: str = "") -> None:
        self.token, self.path = token, path
        self.data_sources: dict[str, dict] = {}
        self.folders: dict[str, dict] = {}
        self.dashboards: dict[str, dict] = {}  # By uid: {"dashboard": …, "folderUid": …, "provisioned": …}
        self.annotations: dict[int, dict] = {}
        self.writes: list[str] = []
        self.refusals: list[str] = []
        self.requests = 0
        self.redirect = ""  # Where every request is sent instead.
        self.before_save = lambda: None  # What somebody else does just before a dashboard is saved.
        self._ids = iter(range(1, 1_000_000))
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}{path}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "Grafana":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    # Data sources.

    def get_data_source(self, uid: str) -> dict:
        if uid not in self.data_sources:
            raise Refused(404, "Data source not found")
        return self.data_sources[uid]

    def create_data_source(self, body: dict) -> dict:
        check_fields(body, DATA_SOURCE_FIELDS, ("name", "type", "access", "url"))
        need(body["access"] in ("proxy", "direct"), "access is proxy or direct")
        need(UID.fullmatch(body.get("uid", "x")), "uid is not one")
        if any(one["name"] == body["name"] or one["uid"] == body.get("uid") for one in self.data_sources.values()):
            raise Refused(409, "data source with the same name already exists")
        return self._store_data_source(body.get("uid", f"ds{next(self._ids)}"), body, "Datasource added")

    def update_data_source(self, uid: str, body: dict) -> dict:
        old = self.get_data_source(uid)
        if old["readOnly"]:
            raise Refused(403, "Cannot update read-only data source")
        check_fields(body, DATA_SOURCE_FIELDS, ("name", "type", "access", "url"))
        return self._store_data_source(uid, {**body, "version": old["version"] + 1, "id": old["id"]}, "Datasource updated")

    def _store_data_source(self, uid: str, body: dict, message: str) -> dict:
        blank = {"id": next(self._ids), "orgId": 1, "typeLogoUrl": "", "password": "", "user": "", "database": "", "basicAuth": False,
                 "basicAuthUser": "", "basicAuthPassword": "", "withCredentials": False, "isDefault": False, "jsonData": {},
                 "secureJsonFields": {}, "version": 1, "readOnly": False}
        self.data_sources[uid] = {**blank, **body, "uid": uid}
        return {"datasource": self.data_sources[uid], "id": self.data_sources[uid]["id"], "message": message, "name": body["name"]}

    # Folders.

    def get_folder(self, uid: str) -> dict:
        if uid not in self.folders:
            raise Refused(404, "folder not found")
        return self.folders[uid]

    def create_folder(self, body: dict) -> dict:
        check_fields(body, {"uid": str, "title": str, "parentUid": str}, ("title",))
        uid = body.get("uid") or f"folder{next(self._ids)}"
        need(UID.fullmatch(uid), "uid is not one")
        if uid in self.folders:
            raise Refused(409, "a folder with the same uid already exists")
        self.folders[uid] = {"id": next(self._ids), "uid": uid, "title": body["title"], "url": f"/dashboards/f/{uid}/x", "hasAcl": False,
                             "canSave": True, "canEdit": True, "canAdmin": True, "version": 1}
        return self.folders[uid]

    # Dashboards.

    def get_dashboard(self, uid: str) -> dict:
        if uid not in self.dashboards:
            raise Refused(404, "Dashboard not found")
        kept = self.dashboards[uid]
        return {"dashboard": kept["dashboard"], "meta": {"isStarred": False, "url": f"/d/{uid}/x", "slug": "x", "folderUid": kept["folderUid"],
                                                         "provisioned": kept["provisioned"]}}

    def save_dashboard(self, body: dict) -> dict:
        self.before_save()
        check_fields(body, {"dashboard": dict, "folderId": int, "folderUid": str, "message": str, "overwrite": bool}, ("dashboard",))
        need(not ("folderId" in body and "folderUid" in body), "define folderId or folderUid, not both")
        model = body["dashboard"]
        need(isinstance(model.get("title"), str) and model["title"], "Dashboard title cannot be empty")
        need("id" in model and (model["id"] is None or isinstance(model["id"], int)), "id is null or a number")
        uid = model.get("uid") or f"dashboard{next(self._ids)}"
        need(UID.fullmatch(uid), "uid is not one, or is longer than 40")
        if body.get("folderUid", "") not in ("", *self.folders):
            raise Refused(400, "folder not found")
        old = self.dashboards.get(uid)
        if old is not None and old["provisioned"]:
            raise Refused(400, "Cannot save provisioned dashboard")
        if old is None:
            need(model["id"] is None, "a dashboard with this id does not exist")
        elif not body.get("overwrite"):
            if model["id"] is None:
                raise Refused(412, "A dashboard with the same uid already exists", "name-exists")
            need(model["id"] == old["dashboard"]["id"], "the id is that of another dashboard")
            if model.get("version") != old["dashboard"]["version"]:
                raise Refused(412, "The dashboard has been changed by someone else", "version-mismatch")
        version = old["dashboard"]["version"] + 1 if old else 1
        number = old["dashboard"]["id"] if old else next(self._ids)
        # Without a folder it goes to the root level, wherever it was.
        self.dashboards[uid] = {"dashboard": {**model, "id": number, "uid": uid, "version": version}, "folderUid": body.get("folderUid", ""),
                                "provisioned": False}
        return {"id": number, "uid": uid, "url": f"/d/{uid}/x", "status": "success", "version": version, "slug": "x"}

    # Annotations.

    def find_annotations(self, query: dict[str, list[str]]) -> list[dict]:
        unknown = query.keys() - {"from", "to", "limit", "alertId", "dashboardId", "dashboardUID", "panelId", "userId", "type", "tags"}
        need(not unknown, f"unknown parameters {unknown}")
        need(query.get("type", ["annotation"])[0] in ("alert", "annotation"), "type is alert or annotation")
        found = [one for one in self.annotations.values() if set(query.get("tags", [])) <= set(one["tags"])]
        return sorted(found, key=lambda one: -one["time"])[:int(query.get("limit", ["100"])[0])]

    ANNOTATION_FIELDS = {"dashboardUID": str, "dashboardId": int, "panelId": int, "time": int, "timeEnd": int, "tags": list, "text": str}

    def create_annotation(self, body: dict) -> dict:
        check_fields(body, self.ANNOTATION_FIELDS, ("text",))
        self._check_times(body)
        number = next(self._ids)
        self.annotations[number] = {"id": number, "alertId": 0, "dashboardId": 0, "panelId": 0, "userId": 1, "userName": "", "newState": "",
                                    "prevState": "", "metric": "", "data": {}, "tags": [], "timeEnd": body.get("time", 0), **body}
        return {"message": "Annotation added", "id": number}

    def patch_annotation(self, number: int, body: dict) -> dict:
        if number not in self.annotations:
            raise Refused(404, "Annotation not found")
        check_fields(body, {name: self.ANNOTATION_FIELDS[name] for name in ("text", "tags", "time", "timeEnd")}, ())
        self._check_times(body)
        self.annotations[number].update(body)
        return {"message": "Annotation patched"}

    @staticmethod
    def _check_times(body: dict) -> None:
        for name in ("time", "timeEnd"):
            # Milliseconds, from this century: neither seconds nor microseconds.
            need(name not in body or 10**12 <= body[name] < 10**13, f"{name} is no time in milliseconds")
        need(body.get("timeEnd", 10**13) >= body.get("time", 0), "timeEnd is before time")
        need(all(isinstance(tag, str) for tag in body.get("tags", [])), "tags are texts")

    # HTTP.

    def _answer(self, method: str, target: str, body: bytes, headers) -> tuple[int, object]:
        parts = urlsplit(target)
        try:
            if headers.get("Authorization") != f"Bearer {self.token}":
                raise Refused(401, "Invalid API key" if headers.get("Authorization") else "Unauthorized")
            if not parts.path.startswith(f"{self.path}/api/"):
                raise Refused(404, "Not found")
            content = None
            if method != "GET":
                need(headers.get("Content-Type", "").startswith("application/json"), "the body is not JSON by its type")
                try:
                    content = json.loads(body)
                except ValueError:
                    raise Refused(400, "bad request data") from None
                need(isinstance(content, dict), "bad request data")
            answer = self._route(method, parts.path.removeprefix(self.path), parse_qs(parts.query, strict_parsing=bool(parts.query)), content)
            if method != "GET":
                self.writes.append(f"{method} {parts.path.removeprefix(self.path)}")
            return 200, answer
        except Refused as refused:
            if refused.code != 404:
                self.refusals.append(f"{method} {target}: {refused.code} {refused}")
            return refused.code, refused.body

    def _route(self, method: str, path: str, query: dict, body: dict | None) -> object:
        routes = [
            ("GET", r"/api/datasources/uid/([^/]+)", self.get_data_source),
            ("POST", r"/api/datasources", lambda: self.create_data_source(body)),
            ("PUT", r"/api/datasources/uid/([^/]+)", lambda uid: self.update_data_source(uid, body)),
            ("GET", r"/api/folders/([^/]+)", self.get_folder),
            ("POST", r"/api/folders", lambda: self.create_folder(body)),
            ("GET", r"/api/dashboards/uid/([^/]+)", self.get_dashboard),
            ("POST", r"/api/dashboards/db", lambda: self.save_dashboard(body)),
            ("GET", r"/api/annotations", lambda: self.find_annotations(query)),
            ("POST", r"/api/annotations", lambda: self.create_annotation(body)),
            ("PATCH", r"/api/annotations/(\d+)", lambda number: self.patch_annotation(int(number), body)),
        ]
        for allowed, pattern, act in routes:
            match = re.fullmatch(pattern, path)
            if match and method == allowed:
                return act(*map(unquote, match.groups()))
        raise Refused(404, "Not found")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        grafana = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with grafana._lock:
                    grafana.requests += 1
                    status, answer = (302, {}) if grafana.redirect else grafana._answer(self.command, self.path, body, self.headers)
                text = json.dumps(answer).encode()
                self.send_response(status)
                if grafana.redirect:
                    self.send_header("Location", grafana.redirect + self.path)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

            def log_message(self, *_: object) -> None:
                pass

        return Handler
