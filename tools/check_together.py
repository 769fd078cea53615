"""Finds names by which a file means what is local to another file.

    python3 tools/check_together.py BUILD_FOLDER UNIT…      prints `file:line: name is local to other`, exit status 1 if there is one

Files of a module are compiled together (docs/decisions/0017-files-compiled-together.md). A name that two of them define alike
does not compile; one that overloads another, or hides a name of a header, would compile and mean something else.

UNIT is a file that CMake made of several, as compile_commands.json of the build folder names it. Needs libclang's Python
binding (python3-clang-19).
"""

import json
import shlex
import sys
from pathlib import Path
from typing import Iterator

from clang.cindex import Config, Cursor, CursorKind, Index, LinkageKind, TranslationUnit

USES = {CursorKind.DECL_REF_EXPR, CursorKind.CALL_EXPR, CursorKind.TYPE_REF, CursorKind.TEMPLATE_REF}
LOCAL = {LinkageKind.INTERNAL, LinkageKind.UNIQUE_EXTERNAL}
ERROR = 3


def options_of(command: str) -> list[str]:
    """What decides what the unit means: where headers lie, and definitions."""
    words = shlex.split(command)
    kept = [word for word in words if word.startswith(("-I", "-D"))]
    for option, value in zip(words, words[1:]):
        if option == "-isystem":
            kept += [option, value]
    return ["-std=c++20", "-x", "c++", *kept]


def source_of(cursor: Cursor) -> str:
    """The .cpp file that it stands in; empty for a header's."""
    file = cursor.location.file
    return file.name if file and file.name.endswith(".cpp") else ""


def strangers(cursor: Cursor) -> Iterator[str]:
    for child in cursor.get_children():
        if child.location.file and not source_of(child):
            continue  # Of a header: it knows no .cpp file.
        meant = child.referenced if child.kind in USES else None
        if meant is not None and meant.linkage in LOCAL and source_of(meant) not in ("", source_of(child)):
            yield f"{source_of(child)}:{child.location.line}: {meant.spelling} is local to {source_of(meant)}"
        yield from strangers(child)


def parse(command: dict[str, str]) -> TranslationUnit:
    unit = Index.create().parse(command["file"], args=options_of(command["command"]))
    errors = [str(one) for one in unit.diagnostics if one.severity >= ERROR]
    if errors:
        print(f"{command['file']} cannot be read: {errors[0]}")
        raise SystemExit(1)
    return unit


def main() -> int:
    folder, *names = sys.argv[1:]
    Config.set_library_file("/usr/lib/llvm-19/lib/libclang-19.so.1")
    commands = {one["file"]: one for one in json.loads(Path(folder, "compile_commands.json").read_text(encoding="utf-8"))}
    found = {line for name in names for line in strangers(parse(commands[name]).cursor)}
    print("\n".join(sorted(found)), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
