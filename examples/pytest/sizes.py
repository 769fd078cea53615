"""How large everything is: quick, for every change, or full, as the plan has it (CLASSROOM_TEST=full)."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    name: str
    session_minutes: int  # Of a class in a phase of load; sped up until each student makes 10 events/s.
    baseline_seconds: float
    fault_begins: float  # Seconds of load before a fault,
    fault_ends: float  # and until it is over;
    faulty_session_minutes: int  # the class goes on a little behind it.
    soak_seconds: float
    max_lag_ms: float  # The generator's own: it may share its cores with the server.


# The full sizes are those of the requirements, §3.3: the class of 90 minutes takes half a minute at that speed.
QUICK = Sizes("quick", session_minutes=20, baseline_seconds=2, fault_begins=2, fault_ends=4, faulty_session_minutes=30, soak_seconds=12,
              max_lag_ms=50)
FULL = Sizes("full", session_minutes=90, baseline_seconds=30, fault_begins=30, fault_ends=60, faulty_session_minutes=300,
             soak_seconds=4 * 3600, max_lag_ms=10)

SIZES = FULL if os.environ.get("CLASSROOM_TEST") == "full" else QUICK
EVENTS_PER_STUDENT = 10  # A second.
