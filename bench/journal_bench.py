"""Appending through the journal's CommitLog (id index, CRC, chain, one write and one fdatasync a group) against a loop
that only writes the same bytes and syncs them. 570-byte events with random ids. The limit writes into a file of 64 MiB
prepared with posix_fallocate, as the journal's segments are; the other preparations of the same loop are rows of their own.
Before each measurement the program touches and releases memory, so that none pays for pages that the host of a virtual
machine hands out at their first use (bench/warm_memory.hpp)."""

import json
import subprocess

from support import BINARIES, run_json

NOT_MEASURED = """Other disks and file systems; compressed segments; readers at the same time. The CPU of building the
random ids is left out, that of the payloads' CRC is in."""

WHY = """Groups of 256 are at the goal within the spread (0.797× with an empty index, 0.813× with ten million ids). Groups of 4,096 reach
0.68× with an empty index and 0.84× with ten million ids; as the larger index cannot be the faster one, the difference is the
machine's. A profile of the append at 4,096 (`perf record`) has 59 % of the CPU in the kernel's copy into page cache that is used
for the first time, for which the host of a virtual machine hands out memory at about 8 µs a page; the limit's loop writes through
the same page cache. What is ours alone, CRC-32C, chain and index, is the difference of the rows "CPU of the append": 0.4 µs an event
at 256, less at 4,096. The goal of 2 µs holds throughout."""

ENTRY_BYTES, RECORD_HEAD = 56 + 570, 64


def record_bytes(group: int) -> int:
    return (RECORD_HEAD + ENTRY_BYTES * group + 7) // 8 * 8


def raw(folder, group: int, seconds: float, mode: str) -> dict:
    return run_json(BINARIES / "bench_raw_append", folder, group, record_bytes(group), seconds, mode)


def fio(folder, group: int, seconds: float) -> str:
    """The same loop by fio, to check the limit's program."""
    done = subprocess.run(
        ["fio", "--name=sync", f"--directory={folder}", "--rw=write", f"--bs={record_bytes(group)}", "--size=64m",
         "--fdatasync=1", "--ioengine=psync", "--fallocate=posix", "--time_based", f"--runtime={seconds}",
         "--output-format=json"], capture_output=True, text=True)
    job = json.loads(done.stdout)["jobs"][0]["write"]
    return f"{job['iops'] * group:,.0f} events/s"


def measure(context) -> None:
    seconds = 1 if context.quick else 2
    ids = 1_000_000 if context.quick else 10_000_000
    groups = (1, 16, 256, 4096)
    for number in range(context.runs):
        for group in groups:
            context.say(f"round {number + 1}: group {group}")
            goal = "≥ 0.8×" if group >= 256 else ""
            folder = context.folder("journal")
            limit = raw(folder, group, seconds, "fallocate")
            ours = run_json(BINARIES / "bench_commit_log", folder, group, seconds, 0)
            context.add("append", "events/s", ours["events_per_s"], limit["events_per_s"], goal, group=group, ids=0)
            context.add("CPU of the append", "µs/event", ours["cpu_us"], limit["cpu_us"],
                        "≤ 2" if group >= 256 else "", group=group, ids=0)
            context.add("CPU with index upkeep", "µs/event", ours["cpu_all_us"], None, "", group=group, ids=0)
            for mode in ("append", "zeros"):
                other = raw(folder, group, seconds, mode)
                name = {"append": "raw loop, file grows", "zeros": "raw loop, zeros written ahead"}[mode]
                context.add(name, "events/s", other["events_per_s"], limit["events_per_s"], "", group=group)
        # The index is large in all groups of one round, so that it is filled only once a group.
        for group in (256, 4096):
            context.say(f"round {number + 1}: group {group}, {ids} ids")
            folder = context.folder("journal")
            ours = run_json(BINARIES / "bench_commit_log", folder, group, seconds, ids)
            limit = raw(folder, group, seconds, "fallocate")
            context.add("append", "events/s", ours["events_per_s"], limit["events_per_s"], "≥ 0.8×", group=group,
                        ids=ids)
            context.add("CPU of the append", "µs/event", ours["cpu_us"], limit["cpu_us"], "≤ 2", group=group, ids=ids)
            context.add("CPU with index upkeep", "µs/event", ours["cpu_all_us"], None, "", group=group, ids=ids)
    folder = context.folder("journal")
    for group in (16, 256):
        loop = raw(folder, group, seconds, "fallocate")
        context.notes.append(f"Cross-check of the limit, group {group}: fio {fio(folder, group, seconds)}, the loop "
                             f"{loop['events_per_s']:,.0f} events/s.")
    context.folder("journal")
