"""Goal: `cellmon chaos` does what its timeline says, to what was named alone, tells it, and undoes all of it, also when it is stopped.

Method: a real server that is stopped, killed, cut off by a gate; looked at from outside.
"""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from support.client import Client
from support.ports import free_port
from support.server import BINARY, SURROUNDINGS, Server, run_command, wait_until


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def chaos(*arguments: object) -> list[dict]:
    done = run_command("chaos", "--json", *arguments)
    return [json.loads(line) for line in done.stdout.splitlines()]


def begin(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen([str(BINARY), "chaos", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=SURROUNDINGS)


def test_a_timeline_is_played_and_told(server: Server, tmp_path: Path) -> None:
    timeline = tmp_path / "timeline.toml"
    timeline.write_text('[[step]]\nat_s = 0.3\naction = "continue"\ntarget = "server"\n')
    deeds = chaos("--pid", f"server={server.process.pid}", "--at", "0.1:stop:server", "--timeline", timeline)
    assert [(deed["action"], deed["target"], deed["done"]) for deed in deeds] == [("stop", "server", True), ("continue", "server", True)]
    assert 0.1 <= deeds[0]["at_s"] < deeds[1]["at_s"] and deeds[1]["at_s"] >= 0.3
    assert server.get("/api/v1/health/ready").status == 200


def test_what_is_left_is_undone(server: Server) -> None:
    deeds = chaos("--pid", f"server={server.process.pid}", "--at", "0:stop:server")
    assert [deed["action"] for deed in deeds] == ["stop", "undo"]
    assert server.get("/api/v1/health/ready").status == 200


def test_ctrl_c_undoes(server: Server) -> None:
    process = begin("--pid", f"server={server.process.pid}", "--at", "0:stop:server", "--at", "1000:continue:server")
    wait_until(lambda: state_of(server.process.pid) == "T", "it is stopped")
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and b"undo" in out and b"stopped on request" in errors
    assert server.get("/api/v1/health/ready").status == 200


def test_a_killed_server_comes_back(server: Server, tmp_path: Path) -> None:
    """As it was, with what it had stored, and it stays."""
    port, pid = server.port, server.process.pid
    done = subprocess.Popen([str(BINARY), "chaos", "--json", "--pid", f"server={pid}", "--at", "0:kill:server", "--at", "0.2:start:server"],
                            stdout=subprocess.PIPE, env=SURROUNDINGS)
    server.process.wait(20)
    out, _ = done.communicate(timeout=20)
    deeds = [json.loads(line) for line in out.splitlines()]
    assert done.returncode == 0 and [deed["action"] for deed in deeds] == ["kill", "start"]
    successor = int(deeds[1]["text"].split()[-1])
    try:
        command = Path(f"/proc/{successor}/cmdline").read_bytes().split(b"\0")
        assert b"serve" in command and str(server.data).encode() in command
        # It listens on a free port again, as it was told.
        assert port > 0 and state_of(successor) != "gone"
    finally:
        subprocess.run(["kill", "-9", str(successor)], check=False)


def test_a_gate_cuts_off(server: Server) -> None:
    port = free_port()
    process = begin("--json", "--gate", f"server=127.0.0.1:{port}:127.0.0.1:{server.port}", "--at", "1.5:refuse:server", "--at", "2.5:open:server")

    def answers() -> bool:
        try:
            return Client(port).get("/api/v1/health/ready").status == 200
        except OSError:
            return False

    try:
        wait_until(answers, "the gate is open")
        wait_until(lambda: not answers(), "the gate is shut")
        assert server.get("/api/v1/health/ready").status == 200, "the server itself goes on"
        wait_until(answers, "the gate is open again")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert [json.loads(line)["action"] for line in out.splitlines()] == ["refuse", "open"]
    finally:
        process.kill()
        process.wait()


def test_what_is_wrong_is_refused_before_anything_is_done(server: Server, tmp_path: Path) -> None:
    pid = f"server={server.process.pid}"
    for arguments, words in [(("--pid", pid), "nothing to do"), (("--pid", pid, "--at", "0:stop:redis"), "redis is no target"),
                             (("--pid", pid, "--at", "0:refuse:server"), "refuse is nothing that can be done to server"),
                             (("--pid", pid, "--at", "0:stop:server", "--at", "x"), "--at x"), (("--pid", "server", "--at", "0:stop:server"), "NAME=PID"),
                             (("--gate", "redis=0.0.0.0:1:127.0.0.1:2"), "127.0.0.1")]:
        done = run_command("chaos", *arguments, check=False)
        assert done.returncode == 2 and words in done.stderr.decode(), (arguments, done.stderr)
    assert state_of(server.process.pid) != "T"
    done = run_command("chaos", "--pid", "server=4194303", "--at", "0:kill:server", check=False)
    assert done.returncode == 3 and b"there is no process" in done.stderr
    done = run_command("chaos", "--disk", f"server={tmp_path}", "--at", "0:fill:server", check=False)
    assert done.returncode == 3 and b"small one" in done.stderr + done.stdout
