"""Target profiles of peer.py, and a peer that runs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Iterator

PEER = Path(__file__).with_name("peer.py")

KEPT = {
    "events": '[kept]\nget = "/events?after={after}"\nwhat = "events"\nformat = "ndjson"\nitem = "/event"\nafter = "/n"\n',
    "ids": '[kept]\nget = "/ids"\nwhat = "ids"\npointer = "/ids"\n',
    "number": '[kept]\nget = "/count"\nwhat = "number"\npointer = "/kept/count"\n',
    "command": '[kept]\ncommand = ["sed", "-E", \'s/.*"eventId": "([^"]+)".*/\\1/\', "{data}/events"]\nwhat = "ids"\nformat = "text"\n',
}


def profile(folder: Path, kept: str, *options: object, url: str = "", body: str = "array", more: str = "") -> Path:
    """A profile of one that the plan starts with these options, or that runs at `url`."""
    text = f'name = "peer"\ntitle = "A peer in Python"\ntitle_ja = "Python の別サーバー"\nevents = "/in"\nbody = "{body}"\nready = "/up"\n'
    if url:
        text += f'url = "{url}"\n'
    text += f'{more}\n[accepted]\nstatus = [200]\npointer = "/ok"\nequals = true\ncount = "/taken"\n{KEPT[kept]}settle_s = 0.5\n'
    if not url:
        words = ", ".join(f'"{word}"' for word in (sys.executable, "-B", PEER, "--port", "{port}", "--data", "{data}", *options))
        text += f"[start]\ncommand = [{words}]\n"
    path = folder / "peer.toml"
    path.write_text(text, encoding="utf-8")
    return path


@contextlib.contextmanager
def running(folder: Path, *options: object) -> Iterator[str]:
    """The URL of one that somebody else started."""
    folder.mkdir()
    command = [sys.executable, "-B", str(PEER), "--port", "0", "--data", str(folder), *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline().split()[1])}"
    finally:
        process.kill()
        process.communicate()


def spoilt(folder: Path) -> list[str]:
    """The ids of events that the peer with its data there has not kept once."""
    return (folder / "spoilt").read_text().split()
