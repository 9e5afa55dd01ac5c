# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several runs on one fake gateway, in every order that their requests can have.

Each run is a thread that stands still before each of its requests until it is told to go on, so a schedule is a list of
numbers: whose request is next. All schedules are tried, except those in which nobody could tell the difference:

- of requests that cannot notice each other (two reads, or requests for different objects) one order is enough;
- where two schedules leave the same objects and every run has got the same answers, they go on in the same way.

Nobody stands still before reading a kind that none of the runs writes.
"""

from __future__ import annotations

import hashlib
import threading
import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import Kind
from unit.fakes import FakeGateway

_READS = frozenset({"get", "list"})
_WRITES = frozenset({"create", "replace", "merge_patch", "delete"})


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


Act = t.Callable[[], t.Any]


class _Actor:
    """One run: the request it stands before, the answers it has got, and what it has come to."""

    def __init__(self, act: Act) -> None:
        self.waits_for: Request | None = None
        self.outcome: t.Any = None
        self.answers = hashlib.sha256()
        self._abandoned = False
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self.thread = threading.Thread(target=self._work, args=(act,), daemon=True)
        self.thread.start()
        self._stands.acquire()

    def _work(self, act: Act) -> None:
        try:
            self.stand(None)
            self.outcome = act()
        except _Abandoned:
            pass
        except Exception as exc:  # noqa: BLE001 (it is the outcome of this run)
            self.outcome = exc
        self.waits_for = None
        self._stands.release()

    def stand(self, request: Request | None) -> None:
        """Called in this actor's thread before each of its requests."""
        self.waits_for = request
        self._stands.release()
        self._go.acquire()
        if self._abandoned:
            raise _Abandoned

    def step(self) -> None:
        """Let it send the request it stands before, and go on until the next one."""
        self._go.release()
        self._stands.acquire()

    def abandon(self) -> None:
        self._abandoned = True
        self._go.release()
        self.thread.join()


class _Shared:
    """The gateway as every run has it: whose request it is, the thread tells."""

    def __init__(self, gateway: FakeGateway, written: t.Collection[Kind]) -> None:
        self._gateway = gateway
        self._written = {kind.plural for kind in written}
        self.actors: dict[threading.Thread, _Actor] = {}

    def __getattr__(self, name: str) -> t.Any:
        found = getattr(self._gateway, name)
        return self._ask(name, found) if name in _READS | _WRITES else found

    def following(self) -> _Shared:
        return self

    def begin_task(self, known: t.Any) -> None:
        """Said by a run before each of its tasks: this is all that it knows of the earlier ones."""
        self.actors[threading.current_thread()].answers = hashlib.sha256(repr(known).encode())

    def _ask(self, verb: str, send: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def ask(kind: Kind, *arguments: t.Any, **named: t.Any) -> t.Any:
            if kind.plural not in self._written:
                assert verb in _READS, f"{verb} {kind.plural} is not among what is written"
                return send(kind, *arguments, **named)
            actor = self.actors[threading.current_thread()]
            name = None if verb == "list" else arguments[0]
            actor.stand(Request(verb, kind.plural, name["metadata"]["name"] if verb == "create" else name))
            try:
                answer = send(kind, *arguments, **named)
            except Exception as exc:
                actor.answers.update(f"{exc!r}\n".encode())
                raise
            actor.answers.update(f"{answer!r}\n".encode())
            return answer

        return ask


class Execution:
    """One world with its runs, each of which gets the gateway to work on."""

    def __init__(
        self, gateway: FakeGateway, acts: t.Sequence[t.Callable[[t.Any], t.Any]], written: t.Collection[Kind]
    ) -> None:
        self.gateway = gateway
        self._written = written
        shared = _Shared(gateway, written)
        self._actors = [_Actor(lambda act=act: act(shared)) for act in acts]
        shared.actors = {actor.thread: actor for actor in self._actors}
        for actor in self._actors:
            actor.step()

    @property
    def pending(self) -> dict[int, Request]:
        return {number: actor.waits_for for number, actor in enumerate(self._actors) if actor.waits_for}

    @property
    def outcomes(self) -> list[t.Any]:
        return [actor.outcome for actor in self._actors]

    @property
    def state(self) -> bytes:
        """The same for two executions that go on in the same way."""
        objects = [self.gateway._shelf(kind) for kind in self._written]
        seen = [(actor.answers.digest(), actor.waits_for) for actor in self._actors]
        return hashlib.sha256(repr((objects, seen)).encode()).digest()

    def step(self, number: int) -> None:
        self._actors[number].step()

    def end(self) -> None:
        for actor in self._actors:
            if actor.waits_for:
                actor.abandon()


Begin = t.Callable[[], Execution]
Look = t.Callable[[Execution, list[str]], None]


def one_after_the_other(begin: Begin, order: t.Sequence[int]) -> Execution:
    """The runs in this order, each to its end before the next one sends anything."""
    execution = begin()
    for number in order:
        while number in execution.pending:
            execution.step(number)
    return execution


class Explored(t.NamedTuple):
    """How much was tried."""

    ends: int
    """Different ways in which all runs can end, counting what each of them was answered."""
    states: int
    """Different situations on the way."""


class _Branch(t.NamedTuple):
    """Where a schedule goes on that was left aside."""

    path: tuple[int, ...]
    asleep: frozenset[int]
    """Who need not go next: it was tried before, and notices nothing of what came since."""


def explore(begin: Begin, look: Look) -> Explored:
    """Try every schedule, and hand each finished execution and its requests to ``look``."""
    left: dict[bytes, frozenset[int]] = {}
    """By situation, who was left asleep in it."""
    ends = 0
    branches = [_Branch((), frozenset())]
    while branches:
        path, asleep = branches.pop()
        execution = begin()
        told: list[str] = []
        for number in path:
            _step(execution, number, told)
        while True:
            pending, state = execution.pending, execution.state
            untried = left[state] - asleep if state in left else pending.keys() - asleep
            if state not in left and not pending:
                ends += 1
                look(execution, told)
            left[state] = left.get(state, asleep) & asleep
            if not untried:
                break
            first, *others = _one_after_another(untried, asleep, pending)
            branches += [_Branch((*path, number), sleepers) for number, sleepers in others]
            number, asleep = first
            path = (*path, number)
            _step(execution, number, told)
        execution.end()
    return Explored(ends, len(left))


def _step(execution: Execution, number: int, told: list[str]) -> None:
    told.append(f"{number}: {' '.join(filter(None, execution.pending[number]))}")
    execution.step(number)


def _one_after_another(
    untried: t.Collection[int], asleep: frozenset[int], pending: t.Mapping[int, Request]
) -> list[tuple[int, frozenset[int]]]:
    """Each of those who could go next, and who may sleep after it."""
    found, before = [], set(asleep)
    for number in sorted(untried):
        found.append((number, frozenset(n for n in before if not pending[n].notices(pending[number]))))
        before.add(number)
    return found
