#!/usr/bin/env python3
"""Makes the C++ and TypeScript types of an event from schema/event.schema.json.

    generate_event_types.py SCHEMA --cpp event.hpp
    generate_event_types.py SCHEMA --typescript event.ts
    generate_event_types.py SCHEMA --typescript event.ts --check    fails when the file is not up to date
"""

import argparse
import itertools
import json
import pathlib
import re
import sys

IDENTITY = "emailAddress"  # always set: an event without identity is refused
OCCURRED = "eventTime"  # always set: the receive time where the client's is missing

KINDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean", "object": "object"}
CPP_TYPES = {
    "text": "std::optional<std::string_view>",
    "object": "std::optional<std::string_view>",
    "time": "std::optional<TimeUs>",
    "integer": "std::optional<std::int64_t>",
    "number": "std::optional<double>",
    "boolean": "std::optional<bool>",
}
TYPESCRIPT_TYPES = {"text": "string", "time": "string", "integer": "number", "number": "number",
                    "boolean": "boolean", "object": "Record<string, unknown>"}
# Which pointer of FieldInfo leads to the member of the struct.
POINTERS = {"text": "text", "object": "text", "time": "integer", "integer": "integer",
            "number": "number", "boolean": "boolean"}


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def quoted(text):
    return json.dumps(text)


class Field:
    def __init__(self, name, schema):
        self.name = name
        self.enumerator = snake(name)
        self.kind = "time" if schema.get("format") == "date-time" else KINDS[schema["type"]]
        self.member = self.enumerator + ("_us" if self.kind == "time" else "")
        self.description = schema["description"]
        self.max_bytes = schema.get("x-maxBytes", 0)
        self.cut = schema.get("x-cut", "none")
        self.minimum = schema.get("minimum")
        self.lines = schema.get("x-lines")
        self.contract = schema.get("x-contract", False)
        self.values = schema.get("enum", [])
        self.consent = schema.get("x-consent")

    def always_set(self):
        return self.name in (IDENTITY, OCCURRED)

    def cpp_member(self):
        if self.name == IDENTITY:
            return f"std::string_view {self.member};"
        if self.name == OCCURRED:
            return f"TimeUs {self.member} = 0;"
        return f"{CPP_TYPES[self.kind]} {self.member};"

    def cpp_row(self):
        parts = [f".name = {quoted(self.name)}", f".key = {quoted(quoted(self.name) + ':')}",
                 f".kind = Kind::{self.kind}"]
        if self.max_bytes:
            parts.append(f".max_bytes = {self.max_bytes}")
        if self.cut != "none":
            parts.append(f".cut = Cut::{self.cut}")
        if self.minimum is not None:
            parts.append(f".minimum = {self.minimum}")
        if self.contract:
            parts.append(".in_contract = true")
        if self.lines is not None:
            parts.append(f".line_separator = {quoted(self.lines)}")
        if self.values:
            parts.append(f".values = k{self.enumerator.title().replace('_', '')}Values")
        if self.consent:
            parts.append(f".consent = privacy::Consent::{self.consent}")
        if not self.always_set():
            parts.append(f".{POINTERS[self.kind]} = &Event::{self.member}")
        return "    FieldInfo{" + ", ".join(parts) + "},"


def name_hash(name, factor, bits):
    """Must be what detail::name_hash computes."""
    size = len(name)
    mixed = ord(name[0]) | ord(name[size // 2]) << 8 | ord(name[-2]) << 16 | size << 24
    return (mixed * factor & 0xFFFFFFFF) >> (32 - bits)


def perfect_hash(names):
    for bits in (8, 9):
        for step in range(100_000):
            factor = (0x9E3779B1 + 2 * step) & 0xFFFFFFFF
            if len({name_hash(name, factor, bits) for name in names}) == len(names):
                return factor, bits
    raise SystemExit("no perfect hash of the field names found: take other letters into name_hash")


CPP = """\
// Made from schema/event.schema.json by tools/generate_event_types.py. Do not edit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "privacy/consent.hpp"

namespace cellmon::event {{

/// One event in its normal form. An absent field is nullopt; the views point into the memory of who made it.
struct Event {{
{members}

    // Marks of the server.
    bool clock_bad = false;           ///< The client's time was out of bounds; event_time_us is the receive time.
    bool event_time_missing = false;  ///< No readable time was sent; event_time_us is the receive time.
    std::string_view extra;           ///< JSON object of members that no field holds; empty: none.
    std::string_view cut;             ///< JSON object: field -> {{bytes, sha256}} of what was cut; empty: none.
}};

/// The fields, in the order in which the normal form writes them.
enum class Field : std::uint8_t {{
{enumerators}
}};
inline constexpr std::size_t kFieldCount = {count};

/// `object` is raw JSON; `time` is a date-time text on the wire and TimeUs in Event.
enum class Kind : std::uint8_t {{ text, time, integer, number, boolean, object }};

/// How a text longer than `max_bytes` is shortened: at its end, or so that it stays unique (a hash at its end).
enum class Cut : std::uint8_t {{ none, text, key }};

/// What decoder, writer and reader know about a field.
struct FieldInfo {{
    std::string_view name;
    std::string_view key;  ///< The name as JSON, with its colon.
    Kind kind = Kind::text;
    std::uint32_t max_bytes = 0;  ///< 0: no limit of its own.
    Cut cut = Cut::none;
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
    bool in_contract = false;  ///< One of the 18 fields of the predecessor's event object.
    std::optional<std::string_view> line_separator{{}};  ///< Set: an array of strings is joined by it.
    std::span<const std::string_view> values{{}};        ///< Not empty: the only values known.
    privacy::Consent consent = privacy::Consent::status;  ///< The least at which the field is stored.

    // The member of Event that holds it; all null for emailAddress and eventTime, which are always set.
    std::optional<std::string_view> Event::* text = nullptr;  ///< Also objects.
    std::optional<std::int64_t> Event::* integer = nullptr;   ///< Also times.
    std::optional<double> Event::* number = nullptr;
    std::optional<bool> Event::* boolean = nullptr;
}};

{values}

inline constexpr std::array<FieldInfo, kFieldCount> kFields{{{{
{rows}
}}}};

[[nodiscard]] constexpr const FieldInfo& info(Field field) {{
    return kFields[static_cast<std::size_t>(field)];
}}

namespace detail {{

inline constexpr std::uint8_t kNoField = 255;

constexpr std::size_t name_hash(std::string_view name) {{
    const auto at = [&](std::size_t i) {{ return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])); }};
    const std::size_t size = name.size();
    const std::uint32_t mixed =
        at(0) | at(size / 2) << 8 | at(size - 2) << 16 | static_cast<std::uint32_t>(size) << 24;
    return (mixed * {factor}U) >> {shift};
}}

inline constexpr std::array<std::uint8_t, {slots}> kFieldOfHash = [] {{
    std::array<std::uint8_t, {slots}> table{{}};
    for (auto& slot : table) slot = kNoField;
    for (std::size_t i = 0; i < kFieldCount; ++i) table[name_hash(kFields[i].name)] = static_cast<std::uint8_t>(i);
    return table;
}}();

}}  // namespace detail

/// The field of a JSON member name; nullopt for a name that the schema does not know.
[[nodiscard]] constexpr std::optional<Field> find_field(std::string_view name) {{
    if (name.size() < 2) return std::nullopt;
    const std::uint8_t index = detail::kFieldOfHash[detail::name_hash(name)];
    if (index == detail::kNoField || kFields[index].name != name) return std::nullopt;
    return static_cast<Field>(index);
}}

}}  // namespace cellmon::event
"""


def cpp(fields):
    factor, bits = perfect_hash([field.name for field in fields])
    values = []
    for field in fields:
        if field.values:
            listed = ", ".join(quoted(value) for value in field.values)
            values.append(f"inline constexpr std::array<std::string_view, {len(field.values)}> "
                          f"k{field.enumerator.title().replace('_', '')}Values{{{{{listed}}}}};")
    return CPP.format(
        members="\n".join(f"    /// {field.description}\n    {field.cpp_member()}" for field in fields),
        enumerators="\n".join(f"    {field.enumerator}," for field in fields),
        count=len(fields), values="\n".join(values),
        rows="\n".join(field.cpp_row() for field in fields),
        factor=factor, shift=32 - bits, slots=1 << bits)


def typescript(schema, fields):
    lines = ["// Made from schema/event.schema.json by tools/generate_event_types.py. Do not edit.", "",
             f"/** {schema['description'].split('. ')[0]}. */", "export interface Event {"]
    for field in fields:
        kind = " | ".join(f"'{value}'" for value in field.values) or TYPESCRIPT_TYPES[field.kind]
        lines += [f"  /** {field.description} */", f"  {field.name}?: {kind} | null;"]
    return "\n".join(lines + ["  [unknown: string]: unknown;", "}", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schema", type=pathlib.Path)
    parser.add_argument("--cpp", type=pathlib.Path)
    parser.add_argument("--typescript", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()

    schema = json.loads(arguments.schema.read_text(encoding="utf-8"))
    fields = [Field(name, property) for name, property in schema["properties"].items()]
    outdated = False
    for path, text in ((arguments.cpp, lambda: cpp(fields)),
                       (arguments.typescript, lambda: typescript(schema, fields))):
        if path is None:
            continue
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(), encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text():
            print(f"{path} is not what {arguments.schema} says: run {pathlib.Path(__file__).name} again",
                  file=sys.stderr)
            outdated = True
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
