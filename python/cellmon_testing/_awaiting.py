"""Results that are there already and may be awaited all the same, and results that are still being made."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class Awaited:
    """`x` and `await x` are the same object: members that the requirements list without await take both forms."""

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield  # Makes this a generator, which ends before its first step.


class AwaitableDict(dict[str, Any], Awaited):
    """A dict."""


class AwaitableList(list[T], Awaited):
    """A list."""


class AwaitableText(str, Awaited):
    """A text."""


class Results(Sequence[T], Awaitable[list[T]], Generic[T]):
    """The results of a bulk, in the order of what was sent.

    Without a running event loop they are there when the call returns, and a failure is raised by the call. Inside one the work
    goes on beside it, so that many bulks run at once: `await` waits without holding the loop up, every other use waits and
    holds it up. A failure is raised by either; one that nobody looked at is a warning.
    """

    def __init__(self, make: Callable[[], list[T]]) -> None:
        self._looked_at = False
        self._future: Future[list[T]] = Future()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._looked_at = True
            self._future.set_result(make())
            return
        # A thread each: as many requests at once as the caller made calls.
        threading.Thread(target=self._run, args=(make,), daemon=True).start()

    def _run(self, make: Callable[[], list[T]]) -> None:
        try:
            self._future.set_result(make())
        except BaseException as error:  # It is the caller's, whatever it is.
            self._future.set_exception(error)

    def result(self) -> list[T]:
        """The list; waits for it."""
        self._looked_at = True
        return self._future.result()

    def __await__(self) -> Generator[Any, None, list[T]]:
        self._looked_at = True
        return asyncio.wrap_future(self._future).__await__()

    def __len__(self) -> int:
        return len(self.result())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self.result()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self.result())

    def __eq__(self, other: object) -> bool:
        return self.result() == (other.result() if isinstance(other, Results) else other)

    def __hash__(self) -> int:
        return id(self)  # asyncio.gather() asks for it.

    def __repr__(self) -> str:
        return repr(self._future.result()) if self._future.done() and not self._future.exception() else "<results under way>"

    def __del__(self) -> None:
        if not self._looked_at and self._future.done() and (error := self._future.exception()) is not None:
            warnings.warn(f"a bulk failed, and nobody looked at its results: {error!r}", RuntimeWarning, stacklevel=1)
