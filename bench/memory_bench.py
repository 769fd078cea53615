"""Resident memory of the server after a class of 100 students has sent events until the given number is stored and the
projection has caught up."""

from support import cellmon, resident_mb, simulate

NOT_MEASURED = "Open dashboards; days of running."


def measure(context) -> None:
    events = 100_000 if context.quick else 1_000_000
    for number in range(context.runs):
        context.say(f"round {number + 1}")
        with cellmon(context.folder("memory")) as server:
            simulate(server, speed="max", students=100, batch=100, connections=100, events=events, seed=number + 1)
            context.add("resident under load", "MB", resident_mb(server.pid), None, "", events=events)
            server.wait_for_projection()
            context.add("resident at rest", "MB", resident_mb(server.pid), None, "≤ 128", events=events)
    context.folder("memory")
