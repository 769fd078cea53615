#!/usr/bin/env python3
"""Writes the files of the pages as one C++ source, so that the server is a single program.

    embed_assets.py OUTPUT FILE…      the tag of a file is made of its content; its gzip form lies beside it
"""

import gzip
import hashlib
import sys
from pathlib import Path

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
}

PATHS = {"index.html": "/", "docs.html": "/docs", "openapi.json": "/api/v1/openapi.json"}


def path_of(file: Path) -> str:
    return PATHS.get(file.name, f"/assets/{file.name}")


def array(name: str, content: bytes) -> str:
    rows = (content[at:at + 32] for at in range(0, len(content), 32))
    numbers = "\n".join("".join(f"{byte}," for byte in row) for row in rows)
    return f"constexpr unsigned char {name}[] = {{\n{numbers}\n}};\n"


def view(name: str) -> str:
    return f"std::string_view(reinterpret_cast<const char*>({name}), sizeof({name}))"


def source(files: list[Path]) -> str:
    arrays = []
    entries = []
    for number, file in enumerate(files):
        content = file.read_bytes()
        tag = hashlib.sha256(content).hexdigest()[:16]
        # No time stamp: the same content gives the same source.
        arrays += [array(f"kPlain{number}", content), array(f"kGzip{number}", gzip.compress(content, 9, mtime=0))]
        entries.append(f'{{"{path_of(file)}", "{CONTENT_TYPES[file.suffix]}", "{tag}",\n'
                       f'     {view(f"kPlain{number}")},\n     {view(f"kGzip{number}")}}}')
    return "\n".join([
        "// Made by dashboard/embed_assets.py. Do not edit.",
        '#include "dashboard/assets.hpp"',
        "",
        "#include <array>",
        "",
        "namespace cellmon::dashboard {",
        "namespace {",
        *arrays,
        "}  // namespace",
        "",
        "std::span<const Asset> assets() {",
        f"    static const std::array<Asset, {len(files)}> all = {{{{\n    " + ",\n    ".join(entries) + "\n    }};",
        "    return all;",
        "}",
        "",
        "}  // namespace cellmon::dashboard",
        "",
    ])


def main() -> int:
    output = Path(sys.argv[1])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(source([Path(name) for name in sys.argv[2:]]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
