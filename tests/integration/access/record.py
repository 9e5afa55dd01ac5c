# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make access`: hold the Role of each persona against what its playbooks do on the lab.

Each playbook runs under exactly the account that its persona has. The audit log has to have each right of each role,
and none that is not granted. Then each right is taken away, and a playbook that used it runs once more, which has to
tell. What came out is written to docs/rights-seen.md.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import multiprocessing
import re
import subprocess
import sys
import tempfile
import time
import typing as t
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import Right
from integration.access.access_site import CASES, FAILS, AccessSite
from integration.ansible_run import Run
from lab import ControlPlane, Installation, LabError
from tools.rights import BESIDE, PERSONAS, PROOFS, Proof, granted, place, proofs_written

# Most of a run is waiting.
LANES = 3
# A viewer runs it so, for it notes nothing.
LIMITS: t.Mapping[str, t.Mapping[str, t.Any]] = {"viewer": {"status_note_use": False}}


class Seen(t.NamedTuple):
    """One run of a playbook's case under the account of a persona, with all rights of it."""

    persona: str
    playbook: str
    number: int
    rights: set[Right]
    seconds: float
    code: int


class Proved(t.NamedTuple):
    """How rights are missed, and by role those of which nobody told."""

    proofs: list[Proof]
    unshown: list[tuple[str, Right]]


def rights_of_account(persona: str) -> set[Right]:
    """What people who are it can be granted at most."""
    return set().union(*(granted(role) for role in (persona, *BESIDE)))


def look(site: AccessSite, persona: str, playbook: str) -> list[Seen]:
    """Play the whole case with all rights."""
    account = site.hold(persona.replace("_", "-"), rights_of_account(persona))
    seen = []
    begin = time.monotonic()
    for number, variables in enumerate(site.case(playbook)):
        since = site.now()
        run = site.play(account, site.folder, playbook, **variables, **LIMITS.get(persona, {}))
        seen.append(Seen(persona, playbook, number, site.asked(account, since), time.monotonic() - begin, run.code))
        begin = time.monotonic()
        # The card may say no to what other cases left.
        assert bool(run.code) == (FAILS.items() <= variables.items()) or playbook == "readiness", run.output
        assert "is not allowed to (403)" not in run.output, run.output
    return seen


def prove(site: AccessSite, right: Right, trial: Seen) -> Proof | None:
    """What the playbook does in this run without a right; None if it does not tell."""
    variables = next(itertools.islice(site.case(trial.playbook), trial.number, None))
    account = site.hold(trial.persona.replace("_", "-"), rights_of_account(trial.persona), but=right)
    run = site.play(account, site.folder, trial.playbook, **variables, **LIMITS.get(trial.persona, {}))
    words = told(run, right)
    return Proof(right, trial.playbook, run.code > trial.code, site.without_names(words)) if words else None


def told(run: Run, right: Right) -> str | None:
    """The words in which a run says that it lacks a right; None if nobody gets to read them."""
    for words in (json.dumps(right.rule), str(right)):
        texts = [text for task in run.tasks for text in strings(task.result) if words in text]
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


def proofs_of(site: AccessSite, seen: t.Sequence[Seen], right: Right) -> Proved:
    """One for each role that grants the right, by a playbook of it that tells; and the roles that have none."""
    roles = {role for role in (*PERSONAS, *BESIDE) if right in granted(role)}
    # That a list is read again which could be followed, only the card tells.
    users = [
        trial for trial in seen if (trial.playbook == "readiness" if right.verb == "watch" else right in trial.rights)
    ]
    proofs: list[Proof] = []
    for trial in sorted(users, key=lambda trial: (trial.playbook == "readiness", trial.seconds)):
        spoken = {role for role in roles if role in BESIDE or trial.playbook in PERSONAS[role]}
        # What runs before may have left the operator busy, and a playbook that hangs tells nothing.
        with contextlib.suppress(LabError, subprocess.TimeoutExpired):
            if spoken and (proof := prove(site, right, trial)):
                proofs.append(proof)
                roles -= spoken
    return Proved(proofs, [(role, right) for role in sorted(roles)])


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
    """A process with an installation of its own, in which one playbook runs at a time."""

    site: t.ClassVar[AccessSite]

    @classmethod
    def open(cls, state: Path, namespaces: multiprocessing.Queue[str]) -> None:
        installation = Installation.attach(ControlPlane.attach(state), namespaces.get())
        cls.site = AccessSite(installation, Path(tempfile.mkdtemp(dir=installation.control_plane.state)))

    @classmethod
    def look(cls, persona: str, playbook: str) -> list[Seen]:
        return look(cls.site, persona, playbook)

    @classmethod
    def proofs_of(cls, seen: t.Sequence[Seen], right: Right) -> Proved:
        return proofs_of(cls.site, seen, right)


def record(pool: ProcessPoolExecutor, playbooks: t.Collection[str], *, keep: bool) -> tuple[Proved, list[str]]:
    """Run everything; returns how rights are missed, and what is wrong with the list."""
    plays = [(persona, name) for persona, names in PERSONAS.items() for name in names if name in playbooks]
    seen = []
    for trials in pool.map(Lane.look, *zip(*plays, strict=True)):
        print(*(f"{each.playbook} as {each.persona}: {each.seconds:.0f} s" for each in trials), sep="\n", flush=True)
        seen += trials
    wrong = list(differences(seen))
    print(*wrong, sep="\n", flush=True)
    rights = [] if keep else sorted(set().union(*(trial.rights for trial in seen)), key=place)
    proved = Proved([], [])
    for found in pool.map(partial(Lane.proofs_of, seen), rights):
        print(*found.proofs, sep="\n", flush=True)
        print(
            *(f"{role} is granted to {right}, and nobody told" for role, right in found.unshown), sep="\n", flush=True
        )
        proved = Proved(proved.proofs + found.proofs, proved.unshown + found.unshown)
    return proved, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("playbooks", nargs="*", default=list(CASES), help="look at these only, and write nothing")
    parser.add_argument("--keep", action="store_true", help="take nothing away")
    args = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(ControlPlane.attach_or_start())
        namespaces: multiprocessing.Queue[str] = context.Queue()
        for _lane in range(LANES):
            namespaces.put(stack.enter_context(lab.installation(operator="april", app_definitions=[])).namespace)
        pool = stack.enter_context(ProcessPoolExecutor(LANES, context, Lane.open, (lab.state, namespaces)))
        proved, wrong = record(pool, args.playbooks, keep=args.keep)
    if args.playbooks == list(CASES) and not args.keep:
        PROOFS.write_text(proofs_written(*proved), encoding="utf-8")
    return bool(wrong or proved.unshown)


if __name__ == "__main__":
    sys.exit(main())
