"""What may happen to a store: the table of faults that every store goes through."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Callable

from support.store_process import PASSWORD
from support.stores import Store

OLD_COPY = "old"
SLOW_BYTES_PER_S = 20_000.0
# Login, answers and requests of all stores end somewhere below.
CUT_DIGITS = 4.5

Step = Callable[[Store], object]


def nothing(_: Store) -> None:
    pass


@dataclass(frozen=True)
class Fault:
    """`again` is done some times a second until `end`, behind which the store is as it should be."""

    begin: Step
    end: Step = nothing
    again: Step = nothing
    before: Step = nothing  # While no server runs, ahead of the load.
    gated: bool = False
    small_disk: bool = False
    steady: bool = True  # It is one outage.

    @property
    def lasts(self) -> bool:
        """That outage goes on until `end`."""
        return self.steady and self.end is not nothing


_source = random.Random(11)


def cut_somewhere(store: Store) -> None:
    """Connections break in the middle of what the server sends, or of what the store answers; at 0 nobody hears of what was done."""
    place = _source.choice([0, int(10 ** _source.uniform(0, CUT_DIGITS))])
    store.gate.cut(**{_source.choice(["requests", "answers"]): place})


FAULTS = {
    "killed": Fault(lambda store: store.process.kill(), lambda store: store.process.start()),
    "stopped": Fault(lambda store: store.process.pause(), lambda store: store.process.go_on()),
    "refused": Fault(lambda store: store.gate.refuse(), lambda store: store.gate.open(), gated=True),
    "stalled": Fault(lambda store: store.gate.stall(), lambda store: store.gate.open(), gated=True),
    "cut": Fault(cut_somewhere, lambda store: store.gate.open(), cut_somewhere, gated=True, steady=False),
    "slow": Fault(lambda store: store.gate.slow(SLOW_BYTES_PER_S), lambda store: store.gate.open(), gated=True, steady=False),
    "emptied": Fault(lambda store: store.process.kill(), lambda store: store.process.wipe()),
    "old copy": Fault(lambda store: store.process.kill(), lambda store: store.process.restore(OLD_COPY),
                      before=lambda store: store.process.copy(OLD_COPY)),
    "full disk": Fault(lambda store: store.process.disk.fill(), lambda store: (store.process.disk.empty(), store.process.recover()),
                       lambda store: store.process.disk.fill(), small_disk=True),
    "password": Fault(lambda store: store.process.change_password("another one"), lambda store: store.process.change_password(PASSWORD)),
    "schema": Fault(lambda store: store.drop()),
}
