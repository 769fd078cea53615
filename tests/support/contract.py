"""Holds answers against the API's document (schema/openapi): the status is one of the operation's, with its header fields, its content type
and a body that its schema allows. Every answer that a Client gets goes through here.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import Callable
from urllib.parse import unquote

import fastjsonschema

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import openapi_bundle  # noqa: E402

ANY_ROUTE = {400, 403, 408, 413, 415, 431, 501, 503}  # Whatever the path is: the server had not looked at it yet.
REFUSAL = {"$ref": "#/components/schemas/Refusal"}


class ContractBroken(AssertionError):
    """The server has answered what its document does not say."""


class Contract:
    """Any thread."""

    def __init__(self, document: dict) -> None:
        self.document = document
        self._definitions = _as_draft_7(document["components"]["schemas"])
        self._patterns: dict[int, list[tuple[list[bool], list[str], str]]] = {}
        self._rests: list[tuple[list[str], str]] = []  # What comes before a last parameter that takes slashes.
        for path in document["paths"]:
            segments = path.strip("/").split("/")
            if self._takes_slashes(path):
                self._rests.append((segments[:-1], path))
                continue
            self._patterns.setdefault(len(segments), []).append(([part.startswith("{") for part in segments], segments, path))
        for patterns in self._patterns.values():
            patterns.sort(key=lambda one: one[0])  # A literal segment wins over a parameter.
        self._validators: dict[tuple, Callable[[object], object]] = {}

    def operation(self, method: str, target: str) -> tuple[str, dict] | None:
        """The path of the document and the operation that a request belongs to."""
        path = target.split("?")[0]
        path = re.sub(r"^/api/v1/v1(?=/|$)", "/api/v1", path[:-1] if len(path) > 1 and path.endswith("/") else path)
        segments = path.strip("/").split("/")
        for is_parameter, pattern, name in self._patterns.get(len(segments), []):
            if all((segment if parameter else unquote(segment) == wanted) for parameter, segment, wanted in zip(is_parameter, segments, pattern)):
                item = self.document["paths"][name]
                return (name, item[method]) if method in item else None
        for before, name in self._rests:
            if len(segments) > len(before) and [unquote(segment) for segment in segments[:len(before)]] == before:
                item = self.document["paths"][name]
                return (name, item[method]) if method in item else None
        return None

    def _takes_slashes(self, path: str) -> bool:
        refs = [ref for operation in self.document["paths"][path].values() for ref in operation.get("parameters", [])]
        return any(self.document["components"]["parameters"][ref["$ref"].rsplit("/", 1)[1]].get("x-rest") for ref in refs)

    def check(self, method: str, target: str, status: int, headers: dict[str, str], body: bytes, json: object) -> None:
        """Raises ContractBroken."""
        if method == "OPTIONS":
            return
        is_head = method == "HEAD"
        found = self.operation("get" if is_head else method.lower(), target)
        where = f"{method} {target.split('?')[0]} answered {status}"
        response = None
        if found is not None:
            where = f"{method} {found[0]} answered {status}"
            response = found[1]["responses"].get(str(status))
        allowed = ANY_ROUTE if found is not None else {int(one) for one in self.document["x-before-routes"]}
        if response is None and status in allowed:
            response = {"content": {"application/json": {"schema": REFUSAL}}}
        if response is None:
            raise ContractBroken(f"{where}, which no document says: {body[:300]!r}")
        self._check_headers(where, response.get("headers", {}), headers)
        content = response.get("content", {})
        if not content:
            if body:
                raise ContractBroken(f"{where} with a body: {body[:300]!r}")
            return
        media = headers.get("content-type", "").split(";")[0]
        if media not in content:
            raise ContractBroken(f"{where} with content type {media!r}, not {list(content)}")
        if is_head or media != "application/json":
            return
        schema = content[media]["schema"]
        try:
            self.validator((found and found[0], method, status), schema)(json)
        except fastjsonschema.JsonSchemaValueException as fault:
            raise ContractBroken(f"{where}: {fault.message}, but {str(fault.value)[:300]}") from None

    def validator(self, key: tuple, schema: dict) -> Callable[[object], object]:
        if key not in self._validators:
            self._validators[key] = fastjsonschema.compile({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": self._definitions,
                                                            "allOf": [_as_draft_7(schema)]})
        return self._validators[key]

    def _check_headers(self, where: str, documented: dict, headers: dict[str, str]) -> None:
        for name, ref in documented.items():
            header = self.document["components"]["headers"][ref["$ref"].rsplit("/", 1)[1]]
            value = headers.get(name.lower())
            if value is None:
                raise ContractBroken(f"{where} without {name}")
            schema = header["schema"]
            if value != schema.get("const", value) or not re.search(schema.get("pattern", ""), value):
                raise ContractBroken(f"{where} with {name}: {value}")


def _as_draft_7(value: object) -> object:
    """What we use of JSON Schema means the same in both drafts, but for where definitions lie."""
    if isinstance(value, list):
        return [_as_draft_7(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: one.replace("#/components/schemas/", "#/definitions/") if key == "$ref" else _as_draft_7(one)
            for key, one in value.items() if key not in ("contentMediaType", "examples", "description", "default") or isinstance(one, dict)}


@functools.cache
def contract() -> Contract:
    return Contract(openapi_bundle.bundle(ROOT / "schema" / "openapi"))
