# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several runs on one fake gateway, in every order that their requests can have.

Each run is a thread that stands still before each of its requests until it is told to go on, so a schedule is a list of
numbers: whose request is next. All schedules are tried, except those that differ from a tried one only in the order of
requests that cannot notice each other (sleep sets: two reads, or requests for different objects). Nobody stands still
before reading a kind that none of the runs writes.
"""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import Kind
from unit.fakes import FakeGateway

_READS = frozenset({"get", "list"})


class Request(t.NamedTuple):
    """One request, as far as another one can notice it."""

    verb: str
    kind: str
    name: str | None

    def notices(self, other: Request) -> bool:
        """Whether it matters which of the two comes first."""
        if {self.verb, other.verb} <= _READS or self.kind != other.kind:
            return False
        return self.name is None or other.name is None or self.name == other.name


class _Abandoned(BaseException):
    """Ends a thread whose schedule is not looked at to its end."""


class _Actor:
    """One run: the request it stands before, or what it has come to."""

    def __init__(self, act: t.Callable[[], t.Any]) -> None:
        self.waits_for: Request | None = None
        self.outcome: t.Any = None
        self._abandoned = False
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self.thread = threading.Thread(target=self._work, args=(act,), daemon=True)
        self.thread.start()
        self._stands.acquire()

    def _work(self, act: t.Callable[[], t.Any]) -> None:
        try:
            self._stand(None)
            self.outcome = act()
        except _Abandoned:
            pass
        except Exception as exc:  # noqa: BLE001 (it is the outcome of this run)
            self.outcome = exc
        self.waits_for = None
        self._stands.release()

    def _stand(self, request: Request | None) -> None:
        self.waits_for = request
        self._stands.release()
        self._go.acquire()
        if self._abandoned:
            raise _Abandoned

    def before(self, request: Request) -> None:
        """Called in this actor's thread before each of its requests."""
        self._stand(request)

    def step(self) -> None:
        """Let it send the request it stands before, and go on until the next one."""
        self._go.release()
        self._stands.acquire()

    def abandon(self) -> None:
        self._abandoned = True
        self._go.release()
        self.thread.join()


class _Choice(t.NamedTuple):
    """A place in a schedule: who could go on with what, and who need not be tried (any more)."""

    pending: dict[int, Request]
    asleep: set[int]
    chosen: int


class Execution:
    """One world with its runs."""

    def __init__(
        self, gateway: FakeGateway, acts: t.Sequence[t.Callable[[], t.Any]], written: t.Collection[Kind]
    ) -> None:
        self.gateway = gateway
        self._written = {kind.plural for kind in written}
        gateway.interceptors.append(self._intercept)
        self._actors = [_Actor(act) for act in acts]
        self._by_thread = {actor.thread: actor for actor in self._actors}
        for actor in self._actors:
            actor.step()

    def _intercept(self, verb: str, kind: Kind, name: str | None) -> None:
        actor = self._by_thread.get(threading.current_thread())
        if kind.plural not in self._written:
            assert verb in _READS, f"{verb} {kind.plural} is not among what is written"
        elif actor:
            actor.before(Request(verb, kind.plural, name))

    @property
    def pending(self) -> dict[int, Request]:
        return {number: actor.waits_for for number, actor in enumerate(self._actors) if actor.waits_for}

    @property
    def outcomes(self) -> list[t.Any]:
        return [actor.outcome for actor in self._actors]

    def step(self, number: int) -> None:
        self._actors[number].step()

    def end(self) -> None:
        for actor in self._actors:
            if actor.waits_for:
                actor.abandon()
        self.gateway.interceptors.remove(self._intercept)


def one_after_the_other(begin: t.Callable[[], Execution], order: t.Sequence[int]) -> Execution:
    """The runs in this order, each to its end before the next one sends anything."""
    execution = begin()
    for number in order:
        while number in execution.pending:
            execution.step(number)
    execution.end()
    return execution


def explore(begin: t.Callable[[], Execution], look: t.Callable[[Execution, list[str]], None]) -> int:
    """Try every schedule, hand each finished execution and its requests to ``look``, and return their number."""
    path: list[_Choice] = []
    number = 0
    while True:
        execution = begin()
        told = [f"{c.chosen}: {' '.join(filter(None, c.pending[c.chosen]))}" for c in path]
        for choice in path:
            execution.step(choice.chosen)
        while pending := execution.pending:
            asleep = _still_asleep(path[-1]) if path else set()
            chosen = next((actor for actor in sorted(pending) if actor not in asleep), None)
            if chosen is None:
                break
            path.append(_Choice(pending, asleep, chosen))
            told.append(f"{chosen}: {' '.join(filter(None, pending[chosen]))}")
            execution.step(chosen)
        finished = not execution.pending
        execution.end()
        if finished:
            number += 1
            look(execution, told)
        if not _next_schedule(path):
            return number


def _still_asleep(choice: _Choice) -> set[int]:
    """Whoever was tried before and does not notice what was chosen need not be tried after it either."""
    went = choice.pending[choice.chosen]
    return {actor for actor in choice.asleep if actor in choice.pending and not choice.pending[actor].notices(went)}


def _next_schedule(path: list[_Choice]) -> bool:
    while path:
        last = path.pop()
        last.asleep.add(last.chosen)
        untried = next((actor for actor in sorted(last.pending) if actor not in last.asleep), None)
        if untried is not None:
            path.append(last._replace(chosen=untried))
            return True
    return False
