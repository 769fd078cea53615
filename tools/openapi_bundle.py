#!/usr/bin/env python3
"""Makes one OpenAPI 3.1 document of schema/openapi/*.yaml. schema/README.md says how these files are written.

    openapi_bundle.py schema/openapi OUTPUT.json              the document without spaces
    openapi_bundle.py schema/openapi OUTPUT.json --for-types  without what every operation repeats: refusals and header fields
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml

METHODS = ("get", "put", "post", "delete", "patch")
NEEDS = ("nothing", "ingest", "token", "name", "account")
ROLES = ("student", "assistant", "instructor", "admin")
PRIMITIVES = ("string", "integer", "number", "boolean", "object")

# What the validators of the tests, the page and the generators of types know: another keyword would be passed over in silence.
KEYWORDS = {"$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "contains",
            "minLength", "maxLength", "pattern", "minimum", "maximum", "format", "anyOf", "allOf", "title", "description", "default",
            "contentMediaType", "examples", "propertyNames", "maxProperties"}
OPERATION_KEYS = {"id", "summary", "ja", "description", "access", "parameters", "path_parameters", "body", "answers", "refusals", "tagged", "if_match", "rows",
                  "websocket"}


class Fault(Exception):
    """The source cannot be used; says where and why."""


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML whose numbers, dates and words stay what they look like in JSON; a key that stands twice is a fault."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        doubled = {key for key in keys if keys.count(key) > 1}
        if doubled:
            raise Fault(f"{node.start_mark}: twice: {doubled}")
        return super().construct_mapping(node, deep)


def load(path: Path) -> dict:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506  It is a safe loader.


def bundle(folder: Path) -> dict:
    """The whole document. Raises Fault for a source that breaks the rules."""
    head = load(folder / "openapi.yaml")
    groups = [load(folder / f"{name}.yaml") for name in head.pop("groups")]
    common = head.pop("refusals")
    components = {"securitySchemes": head.pop("schemes"), "headers": head.pop("headers"), "parameters": {}, "schemas": {}}
    named = {kind: {str(status): why for status, why in reasons.items()} for kind, reasons in common.items()}
    document = {**head, "x-common-refusals": named, "tags": [], "paths": {}, "components": components}
    for group in groups:
        add_components(components, group)
    components["schemas"]["Event"] = event_schema(json.loads((folder.parent / "event.schema.json").read_text(encoding="utf-8")))
    for group in groups:
        if "tag" not in group:
            continue
        tag = group["tag"]
        document["tags"].append({"name": tag["name"], "description": tag["description"], "x-name-ja": tag["ja"]})
        for pattern, item in group["paths"].items():
            path = pattern.replace("...}", "}")  # OpenAPI has no word for a parameter that takes slashes; x-rest says so.
            if path in document["paths"]:
                raise Fault(f"{path} stands in two groups")
            document["paths"][path] = {
                method: Operation(pattern, method, item[method], tag["name"], components, common).document() for method in METHODS if method in item}
            if set(item) - set(METHODS):
                raise Fault(f"{path}: unknown {set(item) - set(METHODS)}")
    check(document)
    return document


# Schemas.


def schema_of(short: object) -> dict:
    """`string?`, `Class`, `[Class]`, `{is: string?, description: …}`, or a JSON Schema as it is."""
    if isinstance(short, list):
        (items,) = short
        return {"type": "array", "items": schema_of(items)}
    if isinstance(short, str):
        name, nullable = (short[:-1], True) if short.endswith("?") else (short, False)
        if name == "any":
            return {}
        if name in PRIMITIVES:
            return {"type": [name, "null"] if nullable else name}
        ref = {"$ref": f"#/components/schemas/{name}"}
        return {"anyOf": [ref, {"type": "null"}]} if nullable else ref
    if "is" in short:
        return {**schema_of(short["is"]), **{key: value for key, value in short.items() if key != "is"}}
    schema = dict(short)
    if "properties" in schema:
        schema["properties"] = {name: schema_of(value) for name, value in schema["properties"].items()}
    for key in ("items", "contains"):
        if key in schema:
            schema[key] = schema_of(schema[key])
    if isinstance(schema.get("additionalProperties"), (str, dict, list)):
        schema["additionalProperties"] = schema_of(schema["additionalProperties"])
    for key in ("anyOf", "allOf"):
        if key in schema:
            schema[key] = [schema_of(one) for one in schema[key]]
    return schema


def closed(schema: dict) -> dict:
    """An object of an answer has exactly its properties, and all of them but those under `optional`."""
    schema = dict(schema)
    for key in ("items", "contains", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = closed(schema[key])
    for key in ("anyOf", "allOf"):
        if key in schema:
            schema[key] = [closed(one) for one in schema[key]]
    if "properties" in schema:
        optional = schema.pop("optional", [])
        if set(optional) - set(schema["properties"]):
            raise Fault(f"optional, and no property: {set(optional) - set(schema['properties'])}")
        schema["properties"] = {name: closed(value) for name, value in schema["properties"].items()}
        schema["required"] = [name for name in schema["properties"] if name not in optional]
        schema["additionalProperties"] = False
        if not schema["required"]:
            del schema["required"]
    return schema


def add_components(components: dict, group: dict) -> None:
    for name, parameter in group.get("parameters", {}).items():
        parameter = {"name": name, **parameter, "schema": schema_of(parameter["schema"])}
        if parameter["in"] == "path":
            parameter["required"] = True
        put(components["parameters"], name, parameter)
    for name, schema in group.get("schemas", {}).items():
        put(components["schemas"], name, closed(schema_of(schema)))
    for name, schema in group.get("inputs", {}).items():
        put(components["schemas"], name, schema_of(schema))


def put(into: dict, name: str, value: object) -> None:
    if name in into:
        raise Fault(f"{name} stands twice")
    into[name] = value


def event_schema(schema: dict) -> dict:
    """The schema of events as a component: what it says in words (null is absent, numbers and truths as texts, lines of text) as schema."""
    properties = {}
    for name, one in schema["properties"].items():
        if name == "eventTime":  # Whatever it is: what cannot be read becomes the receive time.
            properties[name] = {"description": one["description"]}
            continue
        accepted = {"type": one["type"]}
        kinds = [one["type"]]
        if one["type"] == "string" and one.get("x-lines") is not None:
            kinds.append("array")
            accepted["items"] = {"type": "string"}
        if one["type"] in ("integer", "number"):
            kinds = ["number", "boolean", "string"]
            accepted["pattern"] = r"^-?(0|[1-9][0-9]{0,14})$"
        if one["type"] == "boolean":
            properties[name] = {"anyOf": [{"$ref": "#/components/schemas/TruthInput"}, {"type": "null"}], "description": one["description"]}
            continue
        properties[name] = {**accepted, "type": [*kinds, "null"], "description": one["description"]}
    identity = {"type": "string", "pattern": r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u3000\ufeff]"}
    return {"title": schema["title"], "description": schema["description"].split(" This file is")[0], "type": "object",
            "anyOf": [{"required": ["emailAddress"], "properties": {"emailAddress": identity}},
                      {"required": ["userId"], "properties": {"userId": identity}}],
            "properties": properties}


# Operations.


class Operation:
    """One operation of the source, and what becomes of it."""

    def __init__(self, path: str, method: str, source: dict, tag: str, components: dict, common: dict) -> None:
        self.path, self.method, self.source, self.tag, self.components, self.common = path, method, source, tag, components, common
        self.where = f"{method.upper()} {path}"
        if set(source) - OPERATION_KEYS:
            raise Fault(f"{self.where}: unknown {set(source) - OPERATION_KEYS}")
        for key in ("id", "summary", "ja", "access", "answers"):
            if key not in source:
                raise Fault(f"{self.where}: {key} is missing")
        self.need, self.role = (source["access"].split() + ["student"])[:2]
        if self.need not in NEEDS or self.role not in ROLES:
            raise Fault(f"{self.where}: unknown access {source['access']}")
        self.reasons: dict[int, list[str]] = {}

    def document(self) -> dict:
        source = self.source
        operation = {"operationId": source["id"], "summary": source["summary"], "x-summary-ja": source["ja"], "tags": [self.tag]}
        if "description" in source:
            operation["description"] = source["description"].strip()
        operation["x-access"] = {"need": self.need, "role": self.role}
        if source.get("websocket"):
            operation["x-websocket"] = True
        operation["security"] = self.security()
        parameters = self.parameters()
        if parameters:
            operation["parameters"] = parameters
        if "body" in source:
            operation["requestBody"] = self.body()
        operation["responses"] = self.responses()
        # What no schema can tell beforehand.
        if 422 in source.get("refusals", {}):
            operation["x-refused-by-content"] = source["refusals"][422]
        return operation

    def security(self) -> list:
        if self.need == "nothing":
            return []
        if self.need == "ingest":
            return [{}, {"classKey": []}, {"classKeyBearer": []}, {"classKeyQuery": []}]
        schemes = [{"bearer": []}]
        if self.source.get("websocket"):
            schemes.append({"tokenQuery": []})
        return schemes if self.need == "account" else [{}, *schemes]

    def parameters(self) -> list:
        renamed = self.source.get("path_parameters", {})
        names = [renamed.get(name, name) for name in re.findall(r"\{([a-z_]+)(?:\.\.\.)?\}", self.path)] + list(self.source.get("parameters", []))
        if self.source.get("tagged"):
            names.append("If-None-Match")
        if self.source.get("if_match"):
            names.append("If-Match")
        refs = []
        for name in names:
            if name not in self.components["parameters"]:
                raise Fault(f"{self.where}: there is no parameter {name}")
            if ("{" + name + "...}" in self.path) != self.components["parameters"][name].get("x-rest", False):
                raise Fault(f"{self.where}: {name} takes slashes here or in its x-rest, not in both")
            refs.append({"$ref": f"#/components/parameters/{name}"})
        return refs

    def body(self) -> dict:
        body = dict(self.source["body"])
        required = body.pop("required", True)
        example = body.pop("example", None)
        description = body.pop("description", None)
        content = {media: {"schema": schema_of(schema)} for media, schema in media_types(body).items()}
        if example is not None:
            next(iter(content.values()))["example"] = example
        return {**({"description": description} if description else {}), "required": required, "content": content}

    def responses(self) -> dict:
        responses = {}
        for status, answer in self.source["answers"].items():
            responses[str(status)] = self.answer(answer)
            if status >= 400:
                responses[str(status)]["x-own"] = answer["text"]
        if self.source.get("tagged"):
            responses["200"].setdefault("headers", {}).update(headers_of(["ETag", "Cache-Control"]))
            responses["304"] = {"description": "The client has it already", "headers": headers_of(["ETag", "Cache-Control"])}
        self.refuse()
        for status, reasons in self.reasons.items():
            responses.setdefault(str(status), self.refusal(status, reasons))
        for status, reason in self.source.get("refusals", {}).items():
            responses[str(status)]["x-own"] = reason
        return dict(sorted(responses.items()))

    @staticmethod
    def answer(answer: dict) -> dict:
        answer = dict(answer)
        response = {"description": answer.pop("text")}
        headers = answer.pop("headers", [])
        example = answer.pop("example", None)
        content = {media: {"schema": closed(schema_of(schema))} for media, schema in media_types(answer).items()}
        if example is not None:
            content["application/json"]["example"] = example
        if content:
            response["content"] = content
        if headers:
            response["headers"] = headers_of(headers)
        return response

    def refuse(self) -> None:
        """Collects why a request may be refused: of every request, of those like it, and of itself."""
        groups = ["any"]
        if "body" in self.source:
            groups.append("body")
            if any("json" in media for media in media_types({k: v for k, v in self.source["body"].items()
                                                             if k not in ("required", "example", "description")})):
                groups.append("json")
        if self.need in ("token", "name"):
            groups.append("asked")
        if self.need == "account":
            groups.append("account")
        if self.need == "ingest":
            groups.append("ingest")
        if self.role != "student":
            groups.append("role")
        if "rows" in self.source:
            groups.append(f"rows_{self.source['rows']}")
        if self.source.get("if_match"):
            groups.append("if_match")
        if self.source.get("websocket"):
            groups.append("websocket")
        if self.reads_numbers():
            groups.append("values")
        for group in groups:
            for status, reason in self.common[group].items():
                self.reasons.setdefault(status, []).append(reason)
        for status, reason in self.source.get("refusals", {}).items():
            self.reasons.setdefault(status, []).insert(0, reason)

    def reads_numbers(self) -> bool:
        parameters = [self.components["parameters"][ref["$ref"].rsplit("/", 1)[1]] for ref in self.parameters()]
        return any(one["in"] in ("path", "query") and one["schema"] != {"type": "string"} and not one.get("x-any-text") for one in parameters)

    @staticmethod
    def refusal(status: int, reasons: list[str]) -> dict:
        schema = "ValidationRefusal" if status == 422 else "Refusal"
        response = {"description": "; ".join(dict.fromkeys(reasons)),
                    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
        headers = {401: ["WWW-Authenticate"], 412: ["ETag"], 429: ["Retry-After"], 503: ["Retry-After"]}.get(status)
        if headers:
            response["headers"] = headers_of(headers)
        return response


def media_types(short: dict) -> dict:
    names = {"json": "application/json", "form": "application/x-www-form-urlencoded", "multipart": "multipart/form-data", "csv": "text/csv",
             "ndjson": "application/x-ndjson", "html": "text/html", "text": "text/plain"}
    media = {}
    for key, schema in short.items():
        media[names.get(key, key)] = {"type": "string"} if schema is True else schema
        if "/" not in key and key not in names:
            raise Fault(f"unknown form of a body: {key}")
    return media


def headers_of(names: list[str]) -> dict:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


# What would go unseen.


def check(document: dict) -> None:
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    doubled = {one for one in ids if ids.count(one) > 1}
    if doubled:
        raise Fault(f"operation ids that stand twice: {doubled}")
    used: set[str] = set()
    for name, schema in document["components"]["schemas"].items():
        check_schema(schema, name)
    walk(document, used, document)
    for kind in ("schemas", "parameters", "headers"):
        unused = {f"#/components/{kind}/{name}" for name in document["components"][kind]} - used
        if unused:
            raise Fault(f"named by nothing: {unused}")


def walk(value: object, used: set[str], document: dict) -> None:
    if isinstance(value, list):
        for one in value:
            walk(one, used, document)
    elif isinstance(value, dict):
        if isinstance(value.get("schema"), dict):
            check_schema(value["schema"], "a schema")
        ref = value.get("$ref")
        if isinstance(ref, str):
            target = document
            for part in ref.removeprefix("#/").split("/"):
                if part not in target:
                    raise Fault(f"{ref} is not there")
                target = target[part]
            used.add(ref)
        for one in value.values():
            walk(one, used, document)


def check_schema(schema: object, where: str) -> None:
    if isinstance(schema, bool):
        return
    unknown = {key for key in schema if key not in KEYWORDS and not key.startswith("x-")}
    if unknown:
        raise Fault(f"{where}: unknown keywords {unknown}")
    if not schema.keys() <= {"$ref", "description", "examples"} and "$ref" in schema:
        raise Fault(f"{where}: beside $ref only a description may stand")
    for name, one in schema.get("properties", {}).items():
        check_schema(one, f"{where}.{name}")
    for key in ("items", "contains", "additionalProperties"):
        if key in schema:
            check_schema(schema[key], f"{where}.{key}")
    for key in ("anyOf", "allOf"):
        for one in schema.get(key, []):
            check_schema(one, f"{where}.{key}")


def for_types(document: dict) -> dict:
    """Without refusals, which all are one of two schemas, and header fields: a tenth of the types."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["responses"] = {status: {key: value for key, value in response.items() if key != "headers"}
                                      for status, response in operation["responses"].items() if int(status) < 300}
            operation.pop("description", None)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                content.pop("example", None)
            operation["parameters"] = [ref for ref in operation.get("parameters", []) if not ref["$ref"].rsplit("/", 1)[1].startswith("If-")]
    for name in ("If-Match", "If-None-Match"):
        del document["components"]["parameters"][name]
    del document["components"]["headers"]
    return document


def main() -> int:
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        document = bundle(folder)
        if "--for-types" in sys.argv[3:]:
            document = for_types(document)
    except (Fault, yaml.YAMLError) as fault:
        print(f"{folder}: {fault}", file=sys.stderr)
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
