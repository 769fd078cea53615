"""Goal: browsers get the live page at `/` with its files, programs get the JSON of the contract; the page is cached well and
shut off from everything that is not its own.

Method: requests as browsers and tools send them.
"""

from __future__ import annotations

import gzip
import re

import pytest

from support.server import Server

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
FILES = [("/", "text/html; charset=utf-8"), ("/assets/app.js", "text/javascript; charset=utf-8"),
         ("/assets/app.css", "text/css; charset=utf-8")]


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/html;q=0.9"])
def test_programs_get_the_welcome(shared: Server, accept: str) -> None:
    answer = shared.get("/", **({"accept": accept} if accept else {}))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {"message": "Welcome to Cell Monitor"}
    assert answer.headers["vary"] == "Accept, Origin"
    assert answer.headers["cache-control"] == "no-store"


def test_browsers_get_the_page(shared: Server) -> None:
    answer = shared.get("/?room=class:PY-2026-03&lang=ja", accept=BROWSER)
    assert answer.status == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = answer.body.decode("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    # The policy would stop it anyway; a page that needs it would be broken.
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=", page)
    for named in re.findall(r'(?:src|href)="(/[^"]*)"', page):
        assert shared.get(named).status == 200, named


@pytest.mark.parametrize(("path", "content_type"), FILES)
def test_each_file_in_its_forms(shared: Server, path: str, content_type: str) -> None:
    plain = shared.get(path, accept=BROWSER)
    assert plain.status == 200
    assert "content-encoding" not in plain.headers
    packed = shared.get(path, accept=BROWSER, accept_encoding="gzip, deflate, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert plain.headers["etag"] != packed.headers["etag"], "two representations share no tag"
    for answer in (plain, packed):
        assert answer.headers["content-type"] == content_type
        assert answer.headers["cache-control"] == "no-cache"
    refused = shared.get(path, accept=BROWSER, accept_encoding="gzip;q=0")
    assert refused.body == plain.body


@pytest.mark.parametrize(("path", "content_type"), FILES)
def test_who_has_it_is_not_sent_it_again(shared: Server, path: str, content_type: str) -> None:
    for encoding in ("identity", "gzip"):
        whole = shared.get(path, accept=BROWSER, accept_encoding=encoding)
        again = shared.get(path, accept=BROWSER, accept_encoding=encoding, if_none_match=f'"other", W/{whole.headers["etag"]}')
        assert again.status == 304
        assert again.body == b""
        assert again.headers["etag"] == whole.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
        assert "content-type" not in again.headers
        other = shared.get(path, accept=BROWSER, accept_encoding=encoding, if_none_match='"other"')
        assert other.status == 200
        assert other.body == whole.body


@pytest.mark.parametrize(("path", "content_type"), FILES)
def test_head_tells_what_get_would_send(shared: Server, path: str, content_type: str) -> None:
    fields = {"Accept": BROWSER, "Accept-Encoding": "gzip"}
    whole = shared.client.request("GET", path, headers=fields)
    head = shared.client.request("HEAD", path, headers=fields)
    assert head.status == 200
    assert head.body == b""
    for name in ("content-type", "content-length", "content-encoding", "etag"):
        assert head.headers[name] == whole.headers[name]


def test_caches_know_what_the_answer_depends_on(shared: Server) -> None:
    connection = shared.client._connection
    connection.request("GET", "/", headers={"Accept": BROWSER})
    answer = connection.getresponse()
    answer.read()
    assert set(answer.headers.get_all("Vary")) == {"Accept", "Accept-Encoding", "Origin"}


@pytest.mark.parametrize("path", ["/assets", "/assets/", "/assets/app.ts", "/assets/../src/main.ts", "/index.html"])
def test_nothing_else_is_served(shared: Server, path: str) -> None:
    assert shared.get(path, accept=BROWSER).status == 404
