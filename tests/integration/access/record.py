# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make access`: hold the Role of each persona against what its playbooks do on the lab.

Each playbook runs under exactly the account that its persona has. The audit log has to have each right of each role,
and none that is not granted. Then each right is taken away, and a playbook that used it runs once more, which has to
tell. What came out is written to docs/rights-seen.md, each row as soon as it is known.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import Right
from integration.access.access_site import CASES, FAILS, AccessSite
from integration.ansible_run import ROOT, Run
from lab import ControlPlane, LabError
from tools.rights import BESIDE, PERSONAS, PROOFS, Pair, Proof, granted, grants, place, proofs_written, unshown

# Most of a run is waiting.
LANES = 3
# A viewer runs it so, for it notes nothing.
LIMITS: t.Mapping[str, t.Mapping[str, t.Any]] = {"viewer": {"status_note_use": False}}
NODES = "the room on nodes is not known"
# What is not looked at without them is said, and not which rule is missing: most people do without.
LESS: t.Mapping[Right, str] = {
    Right("list", "limitranges"): "limit ranges could not be read",
    Right("list", "nodes", everywhere=True): NODES,
    Right("list", "pods", everywhere=True): NODES,
}
# For whoever goes on where a run was interrupted.
KEPT = ROOT / "build" / "access.pickle"
HINDRANCES = (LabError, AssertionError, subprocess.TimeoutExpired)


class Seen(t.NamedTuple):
    """One run of a playbook's case under the account of a persona, with all rights of it."""

    persona: str
    playbook: str
    number: int
    rights: frozenset[Right]
    seconds: float
    code: int

    def __str__(self) -> str:
        return (
            f"{self.playbook} as {self.persona} in {CASES[self.playbook][self.number].__name__}: {self.seconds:.0f} s"
        )


class Found(t.NamedTuple):
    """How a right is missed, and how many runs it took to see."""

    right: Right
    proofs: list[Proof]
    runs: int


def rights_of_account(persona: str) -> set[Right]:
    """What people who are it can be granted at most."""
    return set().union(*(granted(role) for role in (persona, *BESIDE)))


def look(site: AccessSite, persona: str, playbook: str, number: int) -> Seen:
    """Play a case with all rights."""
    begin = time.monotonic()
    account = site.hold(persona.replace("_", "-"), rights_of_account(persona))
    variables, since = site.case(playbook, number), site.noted()
    run = site.play(account, site.folder, playbook, **variables, **LIMITS.get(persona, {}))
    assert bool(run.code) == (FAILS.items() <= variables.items()), run.output
    for words in ("is not allowed to (403)", *LESS.values()):
        assert words not in run.output, run.output
    rights = frozenset(site.asked(account, since))
    return Seen(persona, playbook, number, rights, time.monotonic() - begin, run.code)


def prove(site: AccessSite, right: Right, trial: Seen, roles: t.Collection[str] = ()) -> Proof | None:
    """What the playbook does in this run without a right; None if it does not tell."""
    variables = site.case(trial.playbook, trial.number)
    account = site.hold(trial.persona.replace("_", "-"), rights_of_account(trial.persona), but=right)
    run = site.play(account, site.folder, trial.playbook, **variables, **LIMITS.get(trial.persona, {}))
    words = told(run, right)
    if words is None:
        return None
    return Proof(right, tuple(roles), trial.playbook, run.code > trial.code, site.without_names(words))


def told(run: Run, right: Right) -> str | None:
    """The words in which a run says that it lacks a right; None if nobody gets to read them."""
    for words in (LESS.get(right), json.dumps(right.rule), str(right)):
        texts = [text for task in run.tasks for text in strings(task.result) if words and words in text]
        if texts and bare(words) in bare(run.output):
            return min(texts, key=len)
    return None


def bare(text: str) -> str:
    """Warnings are wrapped, and what is printed as JSON is escaped."""
    return re.sub(r"[\\\s]", "", text)


def strings(value: t.Any) -> t.Iterator[str]:
    """All texts in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def users(seen: t.Iterable[Seen], right: Right) -> list[Seen]:
    """The runs that would miss it. That a list is read again which could be followed, only the card tells."""
    return [each for each in seen if (each.playbook == "readiness" if right.verb == "watch" else right in each.rights)]


def listeners(among: t.Sequence[Seen], trial: Seen, roles: t.Collection[str]) -> list[str]:
    """Those of the roles whose people would read what this run says: of a persona, who run the same with the right."""
    personas = {other.persona for other in among if other.playbook == trial.playbook}
    return [role for role in (*PERSONAS, *BESIDE) if role in roles and role in personas.union(BESIDE)]


def proofs_of(
    site: t.Callable[[], AccessSite], seen: t.Sequence[Seen], right: Right, roles: t.Collection[str]
) -> Found:
    """By runs that miss the right until people of each role have been told, or nobody is left to ask."""
    among, found, runs = users(seen, right), list[Proof](), 0
    left = set(roles)

    def merit(trial: Seen) -> tuple[bool, int, float]:
        """First those that many people run, and those that take little time; the card speaks of all rights."""
        return trial.playbook == "readiness", -len(listeners(among, trial, left)), trial.seconds

    for trial in sorted(among, key=merit):
        spoken = listeners(among, trial, left)
        if not spoken:
            continue
        runs += 1
        try:
            proof = prove(site(), right, trial, spoken)
        except HINDRANCES as exc:
            print(f"without {right}: {trial}: {exc}", flush=True)
            continue
        if proof:
            found.append(proof)
            left.difference_update(spoken)
    return Found(right, found, runs)


def differences(seen: t.Sequence[Seen]) -> t.Iterator[str]:
    """Between what was asked for and what is granted."""
    asked = {role: set[Right]() for role in (*PERSONAS, *BESIDE)}
    for trial in seen:
        lacking = trial.rights - rights_of_account(trial.persona)
        yield from (f"{trial.playbook} as {trial.persona} asked to {right}, which is not granted" for right in lacking)
        for role in (trial.persona, *BESIDE):
            asked[role] |= trial.rights
    for role, rights in asked.items():
        for right in sorted(granted(role) - rights, key=place):
            yield f"{role} is granted to {right}, which nobody asked for"


class Lane:
    """A process in which one playbook runs at a time."""

    lab: t.ClassVar[ControlPlane]
    stack: t.ClassVar[contextlib.ExitStack]

    @classmethod
    def open(cls, state: Path) -> None:
        cls.lab, cls.stack = ControlPlane.attach(state), contextlib.ExitStack()

    @classmethod
    def site(cls) -> AccessSite:
        """In an installation of its own, so that no case meets what another one left."""
        cls.stack.close()
        installation = cls.stack.enter_context(cls.lab.installation(operator="april", app_definitions=[]))
        return AccessSite(installation, Path(cls.stack.enter_context(tempfile.TemporaryDirectory(dir=cls.lab.state))))

    @classmethod
    def look(cls, persona: str, playbook: str, number: int) -> Seen:
        with contextlib.closing(cls.stack):
            return look(cls.site(), persona, playbook, number)

    @classmethod
    def proofs_of(cls, seen: t.Sequence[Seen], right: Right, roles: t.Collection[str]) -> Found:
        with contextlib.closing(cls.stack):
            return proofs_of(cls.site, seen, right, roles)


def look_at(pool: ProcessPoolExecutor, playbooks: t.Collection[str]) -> tuple[list[Seen], list[str]]:
    """Play all cases of these playbooks; returns what was seen, and what went wrong."""
    plays = [(persona, name) for persona, names in PERSONAS.items() for name in names if name in playbooks]
    tasks = {
        pool.submit(Lane.look, persona, name, number): f"{name} as {persona} in {case.__name__}"
        for persona, name in plays
        for number, case in enumerate(CASES[name])
    }
    seen, wrong = list[Seen](), list[str]()
    for task in as_completed(tasks):
        try:
            seen.append(task.result())
            print(seen[-1], flush=True)
        except HINDRANCES as exc:
            wrong.append(f"{tasks[task]}: {exc}")
            print(wrong[-1], flush=True)
    return seen, wrong


def take_away(pool: ProcessPoolExecutor, seen: t.Sequence[Seen], pairs: t.Collection[Pair]) -> t.Iterator[Found]:
    """Each right of these; what came of it, as it is known."""
    roles: dict[Right, list[str]] = {}
    for role, right in sorted(pairs):
        if users(seen, right):
            roles.setdefault(right, []).append(role)
    tasks: list[Future[Found]] = [pool.submit(Lane.proofs_of, seen, right, some) for right, some in roles.items()]
    for task in as_completed(tasks):
        found = task.result()
        print(*(found.proofs or [f"nobody told that they may not {found.right}"]), sep="\n", flush=True)
        yield found


class Progress(t.NamedTuple):
    """How far a run has come, for the document and for whoever goes on where it was interrupted."""

    seen: list[Seen]
    wrong: list[str]
    runs: int
    seconds: float
    proofs: tuple[Proof, ...] = ()

    @property
    def good(self) -> bool:
        return not self.wrong and not unshown(self.proofs)

    @property
    def figures(self) -> str:
        rights, roles = len({right for _role, right in grants()}), len(PERSONAS) + len(BESIDE)
        return (
            f"The last whole run ended on {datetime.now(UTC):%Y-%m-%d}: {rights} rights of {roles} roles, {self.runs} "
            f"runs of playbooks, {self.seconds:.0f} s on {os.cpu_count()} cores."
        )

    def save(self) -> None:
        KEPT.write_bytes(pickle.dumps(self))
        PROOFS.write_text(proofs_written(self.proofs, self.figures if self.good else ""), encoding="utf-8")


def begun(pool: ProcessPoolExecutor, playbooks: t.Collection[str]) -> Progress:
    """All cases of these playbooks, played with all rights."""
    begin = time.monotonic()
    seen, wrong = look_at(pool, playbooks)
    # Who runs some of them only does not ask for everything.
    wrong += differences(seen) if set(playbooks) == set(CASES) else ()
    print(*wrong, sep="\n", flush=True)
    return Progress(seen, wrong, len(seen), time.monotonic() - begin)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("playbooks", nargs="*", default=list(CASES), help="look at these only, and write nothing")
    parser.add_argument("--keep", action="store_true", help="take nothing away")
    parser.add_argument("--left", action="store_true", help="go on where the last run was interrupted")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(ControlPlane.attach_or_start())
        context = multiprocessing.get_context("spawn")
        pool = stack.enter_context(ProcessPoolExecutor(LANES, context, Lane.open, (lab.state,)))
        # Whoever ends it early waits for what is running, and for nothing else.
        stack.callback(pool.shutdown, cancel_futures=True)
        so_far = pickle.loads(KEPT.read_bytes()) if args.left else begun(pool, args.playbooks)
        begin = time.monotonic() - so_far.seconds
        for found in take_away(pool, so_far.seen, set() if args.keep else unshown(so_far.proofs)):
            so_far = so_far._replace(
                runs=so_far.runs + found.runs,
                seconds=time.monotonic() - begin,
                proofs=(*so_far.proofs, *found.proofs),
            )
            if set(args.playbooks) == set(CASES):
                so_far.save()
    return bool(so_far.wrong) if args.keep else not so_far.good


if __name__ == "__main__":
    sys.exit(main())
