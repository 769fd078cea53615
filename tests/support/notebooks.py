"""Notebooks and their versions through the API."""

from __future__ import annotations

import itertools

from support.accounts import Session
from support.client import Answer

API = "/api/v1/v1/notebook-version"
_numbers = itertools.count(1)


def cell(cell_id: str | None, source: object, cell_type: str = "code", **fields: object) -> dict:
    made = {"cell_type": cell_type, "source": source, "metadata": {}, **fields}
    return made if cell_id is None else {"id": cell_id, **made}


def notebook(*cells: dict, **metadata: object) -> dict:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def sources(**cells: str) -> dict:
    """A notebook of code cells, by their ids."""
    return notebook(*(cell(name, source) for name, source in cells.items()))


def new_path() -> str:
    return f"授業/第{next(_numbers)}回.ipynb"


AUTHOR = {"author_id": "s1@example.com", "author_name": "学生 一"}


def commit(who: Session, path: str, content: dict, query: str = "", **fields: object) -> Answer:
    body = {"notebook_path": path, "notebook_content": content, "commit_message": "変更", **AUTHOR, **fields}
    return who.post(f"{API}/commit-direct{query}", body)


def committed(who: Session, path: str, content: dict, query: str = "", **fields: object) -> dict:
    """The version."""
    answer = commit(who, path, content, query, **fields)
    assert answer.status == 201, answer
    return answer.json["version"]


def branched(who: Session, path: str, version: dict, name: str) -> dict:
    answer = who.post(f"{API}/branch", {"notebook_path": path, "branch_name": name, "from_version_id": version["version_id"],
                                        "author_id": AUTHOR["author_id"]})
    assert answer.status == 201, answer
    return answer.json["branch"]


def merge(who: Session, path: str, source: str, **fields: object) -> Answer:
    return who.post(f"{API}/merge", {"notebook_path": path, "source_branch": source, **AUTHOR, **fields})
