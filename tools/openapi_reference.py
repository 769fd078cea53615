#!/usr/bin/env python3
"""Writes docs/reference/api.md from schema/openapi.

    openapi_reference.py schema/openapi docs/reference/api.md
    openapi_reference.py schema/openapi docs/reference/api.md --check    fails when the file is not up to date
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import openapi_bundle

HEAD = """# The API

Made from `schema/openapi` by `tools/openapi_reference.py`; do not edit. The server serves the same as OpenAPI 3.1 at `/api/v1/openapi.json`
and, to be read and searched, at `/docs`.
"""

NEEDS = {
    "nothing": "Open to everybody",
    "ingest": "A class key with `auth.mode = required`",
    "token": "A token with `auth.mode = required`",
    "name": "A token with `auth.mode = required`; one that is sent is honoured in both modes",
    "account": "A token, always",
}


COMMON = "Refused by any operation of a kind. Each operation lists these statuses; why, stands here, and there what is its own."
KINDS = {
    "any": "every operation", "body": "with a body", "json": "with a body of JSON", "values": "with numbers or truths in path or query",
    "asked": "that ask for a token with `auth.mode = required`", "account": "that always ask for a token", "role": "that ask for a role",
    "ingest": "that take events", "rows_read": "that read rows", "rows_write": "that change rows", "if_match": "that take If-Match",
    "websocket": "that open a WebSocket",
}


class Reference:
    def __init__(self, document: dict) -> None:
        self.document = document
        reasons = [why for of_kind in document["x-common-refusals"].values() for why in of_kind.values()]
        self.common = set("; ".join(reasons).split("; "))

    def text(self) -> str:
        info = self.document["info"]
        parts = [HEAD, info["description"].strip(), "", "Refused before the route is known, all of them `{\"detail\": TEXT}`:", "", "| status | why |", "|---|---|"]
        parts += [f"| {status} | {cell(why)} |" for status, why in self.document["x-before-routes"].items()]
        parts += ["", COMMON, "", "| kind | status | why |", "|---|---|---|"]
        parts += [f"| {KINDS[kind]} | {status} | {cell(why)} |" for kind, reasons in self.document["x-common-refusals"].items()
                  for status, why in reasons.items()]
        for tag in self.document["tags"]:
            parts += ["", f"## {tag['name']}", "", tag["description"] + "."]
            for path, item in self.document["paths"].items():
                for method, operation in item.items():
                    if tag["name"] in operation["tags"]:
                        parts += self.operation(method, path, operation)
        parts += ["", "## Schemas", "", "`*`: always there; the fields of an answer are these and no others."]
        for name, schema in sorted(self.document["components"]["schemas"].items()):
            parts += self.schema(name, schema)
        return "\n".join(parts) + "\n"

    def operation(self, method: str, path: str, operation: dict) -> list[str]:
        access = operation["x-access"]
        role = "" if access["role"] == "student" else f"; the role {access['role']} or more"
        lines = ["", f"### {method.upper()} `{path}`", "", f"{operation['summary']}. {NEEDS[access['need']]}{role}."]
        if "description" in operation:
            lines += ["", operation["description"]]
        rows = [self.parameter(ref) for ref in operation.get("parameters", [])]
        if "requestBody" in operation:
            body = operation["requestBody"]
            kinds = "; ".join(f"`{media}` {self.kind(one['schema'])}" for media, one in body["content"].items())
            must = "" if body["required"] else ", may be left out"
            rows.append(f"| body{must} | {cell(kinds)} | {cell(body.get('description', ''))} |")
        if rows:
            lines += ["", "| takes | | |", "|---|---|---|", *rows]
        lines += ["", "| answers | | |", "|---|---|---|"]
        others = []
        for status, response in operation["responses"].items():
            if self.common.issuperset(response["description"].split("; ")):
                others.append(status)
                continue
            kinds = "; ".join(self.answer_kind(media, one["schema"]) for media, one in response.get("content", {}).items())
            lines.append(f"| {status} | {cell(kinds)} | {cell(response.get('x-own', response['description']))} |")
        return [*lines, "", f"As all of its kind: {', '.join(others)}."] if others else lines

    def parameter(self, ref: dict) -> str:
        one = self.resolve(ref)
        must = "" if not one.get("required") else "*"
        default = f", default {json.dumps(one['schema']['default'], ensure_ascii=False)}" if "default" in one["schema"] else ""
        return f"| `{one['name']}`{must} ({one['in']}) | {cell(self.kind(one['schema']))}{default} | {cell(one.get('description', ''))} |"

    def answer_kind(self, media: str, schema: dict) -> str:
        return self.kind(schema) if media == "application/json" else f"`{media}`"

    def schema(self, name: str, schema: dict) -> list[str]:
        lines = ["", f"### {name}", ""]
        if "description" in schema:
            lines += [schema["description"] + ("" if schema["description"].endswith(".") else "."), ""]
        if "properties" not in schema:
            return [*lines, self.kind({key: value for key, value in schema.items() if key != "description"})]
        lines += ["| field | | |", "|---|---|---|"]
        for field, one in schema["properties"].items():
            must = "*" if field in schema.get("required", []) else ""
            lines.append(f"| `{field}`{must} | {cell(self.kind(one))} | {cell(one.get('description', ''))} |")
        return lines

    def resolve(self, value: dict) -> dict:
        if "$ref" not in value:
            return value
        _, _, kind, name = value["$ref"].split("/")
        return self.document["components"][kind][name]

    def kind(self, schema: object) -> str:
        """The type in a line."""
        if isinstance(schema, bool) or not schema:
            return "anything"
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f"[{name}](#{name.lower()})"
        if "const" in schema:
            return f"`{json.dumps(schema['const'], ensure_ascii=False)}`"
        if "enum" in schema:
            return " or ".join(f"`{json.dumps(one, ensure_ascii=False)}`" for one in schema["enum"])
        if "properties" in schema:
            must = schema.get("required", [])
            return "{" + ", ".join(f"`{name}`{'*' if name in must else ''}: {self.kind(one)}" for name, one in schema["properties"].items()) + "}"
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.kind(one) for one in schema["anyOf"]))
        kinds = schema.get("type", "anything")
        text = " or ".join(kinds) if isinstance(kinds, list) else kinds
        if kinds == "array":
            inside = schema.get("contains") or schema.get("items") or {}
            text = f"list of {self.kind(inside)}"
        if isinstance(schema.get("additionalProperties"), dict):
            text = f"object, each {self.kind(schema['additionalProperties'])}"
        if "format" in schema:
            text += f" ({schema['format']})"
        return text + limits(schema)


def limits(schema: dict) -> str:
    for least, most, what in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items")):
        if least in schema and most in schema:
            return f", {schema[least]} to {schema[most]}{what}"
        if least in schema:
            return f", {schema[least]} or more{what}"
        if most in schema:
            return f", at most {schema[most]}{what}"
    return ""


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    text = Reference(openapi_bundle.bundle(arguments.source)).text()
    if not arguments.check:
        arguments.output.write_text(text, encoding="utf-8")
    elif not arguments.output.exists() or arguments.output.read_text(encoding="utf-8") != text:
        print(f"{arguments.output} is not what {arguments.source} says: run {Path(__file__).name} again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
