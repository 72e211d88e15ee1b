"""The bounded queue: a settable capacity, producers that wait in put(), and gates that a person can close.

Room is always computed from the present state, never from a difference of limits. An item is handed over by the queue
itself at the moment there is room, so that a producer that is cancelled while it waits loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

FEW = 8
"""Items that are taken out one by one; for more the line is made anew."""

Offer = TypeVar("Offer")
Item = TypeVar("Item")


class Gate:
    """What pausing a producer closes."""

    __slots__ = ("paused", "shut")

    def __init__(self) -> None:
        self.paused = False
        """Closed by a person."""
        self.shut = False
        """Closed because the run drains or stops."""

    @property
    def open(self) -> bool:
        return not (self.paused or self.shut)


class Order(Protocol[Item]):
    """A deque, or what can stand in for one."""

    def append(self, item: Item, /) -> None: ...

    def appendleft(self, item: Item, /) -> None: ...

    def popleft(self) -> Item: ...

    def remove(self, item: Item, /) -> None: ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Item]: ...


class _Waiter(Generic[Offer]):
    __slots__ = ("blocked", "future", "gate", "index", "offer")

    def __init__(self, offer: Offer, index: int, gate: Gate, future: asyncio.Future[None]) -> None:
        self.offer = offer
        self.index = index
        self.gate = gate
        self.future = future
        self.blocked = False


class BoundedQueue(Generic[Offer, Item]):
    """First in, first out; `admit` turns an offer into an item at the moment it enters.

    `overflow(offer)` is asked about an offer that finds its gate open and no room. False: it waits. True: it has been
    dealt with; it is lost, or it has entered by `replace`.

    `on_block(index, blocked)` is told when a producer begins and ends to wait for *room* (not for its gate);
    `on_items()` is called when there is something new to take.
    """

    def __init__(
        self,
        capacity: int,
        admit: Callable[[Offer], Item],
        on_block: Callable[[int, bool], None],
        on_items: Callable[[], None],
        overflow: Callable[[Offer], bool] | None = None,
    ) -> None:
        self._capacity = capacity
        self._admit = admit
        self._on_block = on_block
        self._on_items = on_items
        self._overflow = overflow
        """None: every offer waits for room."""
        self.items: Order[Item] = deque()
        """To be looked at only."""
        self._waiters: list[_Waiter[Offer]] = []

    def __len__(self) -> int:
        return len(self.items)

    @property
    def capacity(self) -> int:
        return self._capacity

    @capacity.setter
    def capacity(self, value: int) -> None:
        self._capacity = value
        self.settle()

    @property
    def room(self) -> int:
        return self._capacity - len(self.items)

    async def put(self, offer: Offer, index: int, gate: Gate) -> None:
        """Wait until the gate is open and there is room, then enter. Cancelling it before that withdraws the offer."""
        if self.put_now(offer, gate):
            return
        waiter = _Waiter(offer, index, gate, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        self._tell(waiter)
        try:
            await waiter.future
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                self._unblock(waiter)

    def put_now(self, offer: Offer, gate: Gate) -> bool:
        """Enter if that takes no waiting; False when it would."""
        if not gate.open:
            return False
        if len(self.items) >= self._capacity:
            return self._overflow is not None and self._overflow(offer)
        if self._waiters and any(waiter.gate.open for waiter in self._waiters):
            return False  # they came first
        self.items.append(self._admit(offer))
        self._on_items()
        return True

    def take(self) -> Item:
        """The oldest item; call `settle` once it has its place. Raises IndexError when there is none."""
        return self.items.popleft()

    def replace(self, old: Item, offer: Offer) -> None:
        """Let an offer enter in the place of an item that is here; the caller says what becomes of that one."""
        self.items.remove(old)
        self.items.append(self._admit(offer))
        self._on_items()

    def put_back(self, item: Item) -> None:
        """An item that was taken and not used goes to the head again, even above the capacity."""
        self.items.appendleft(item)

    def restore(self, item: Item) -> None:
        """An item of an earlier life enters at the tail, even above the capacity."""
        self.items.append(item)

    def remove(self, match: Callable[[Item], bool]) -> Item | None:
        """Take out the first item that matches; None when there is none."""
        for item in self.items:
            if match(item):
                self.items.remove(item)
                self.settle()
                return item
        return None

    def remove_all(self, match: Callable[[Item], bool]) -> list[Item]:
        """Take out every item that matches, in one pass where possible."""
        found = [item for item in self.items if match(item)]
        if len(found) > FEW and isinstance(self.items, deque):
            kept = [item for item in self.items if not match(item)]
            self.items.clear()
            self.items.extend(kept)
        else:
            for item in found:
                self.items.remove(item)
        if found:
            self.settle()
        return found

    def settle(self) -> None:
        """Let in whoever may enter now, oldest first; call it after a gate has moved or an item has left."""
        if not self._waiters:
            return
        entered = False
        for waiter in list(self._waiters):
            if waiter.gate.open and self.room > 0:
                self._leave(waiter)
                self.items.append(self._admit(waiter.offer))
                entered = True
            elif waiter.gate.open and self._overflow is not None and self._overflow(waiter.offer):
                self._leave(waiter)
            else:
                self._tell(waiter)
        if entered:
            self._on_items()

    def _leave(self, waiter: _Waiter[Offer]) -> None:
        """It waits no more."""
        self._waiters.remove(waiter)
        self._unblock(waiter)
        if not waiter.future.done():
            waiter.future.set_result(None)

    def _tell(self, waiter: _Waiter[Offer]) -> None:
        blocked = waiter.gate.open
        if blocked != waiter.blocked:
            waiter.blocked = blocked
            self._on_block(waiter.index, blocked)

    def _unblock(self, waiter: _Waiter[Offer]) -> None:
        if waiter.blocked:
            waiter.blocked = False
            self._on_block(waiter.index, False)
