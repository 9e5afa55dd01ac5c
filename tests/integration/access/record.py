# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make access`: hold the list of rights against what playbooks do on the lab.

Each playbook runs with all rights; what it asked for stands in the audit log. Then each right that was seen is taken
away, and a playbook that used it runs once more. What comes out is written to docs/rights-seen.md. The run fails if
something was asked for that is not on the list, or if a right can be taken away without anybody noticing.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import RIGHTS, Right, rights_of
from integration.access.access_site import CASES, EVERYTHING, AccessSite
from lab import ControlPlane
from tools.checkout import ROOT
from tools.rights import named, row, rules

DOCUMENT = ROOT / "docs" / "rights-seen.md"
HEAD = """\
<!--
Copyright (c) 2026, The EduIDE Cloud collection contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Rights that were seen at work

Written by `make access`. Each playbook ran on the lab in a state in which it does what it is for, with an operator that
locks users out; the audit log of the API server says what it asked for. Then each right was taken away from one of the
playbooks that used it.

"""
NOT_SEEN = """
On the [list](rights.md) and not seen here, since only a fault makes a playbook use them: an object that changed between
two looks, an instance that is left half, a wait that fails.

"""
# The quick ones first: a right that several playbooks use is taken away from one of them.
QUICK = ("investigate_session", "unlock_user", "stop_sessions", "status", "sweep_sessions", "delete_workspaces")


class Proof(t.NamedTuple):
    """What became of a playbook without one of its rights."""

    right: Right
    users: list[str]
    tried: str
    effect: str | None


def seen(site: AccessSite, name: str) -> set[Right]:
    """Play a case with all rights, and return those that were used."""
    account = site.enter(EVERYTHING, EVERYTHING)
    for variables in CASES[name](site):
        site.play(account, site.folder, name, **variables).good()
    return site.asked(account)


def without(site: AccessSite, name: str, right: Right) -> str | None:
    """How a playbook tells that it lacks a right; None if it does not."""
    left = [other._replace(needed=True) for other in rights_of(name)]
    left = [other for other in left if other != right]
    here, cluster = (rules(other for other in left if other.everywhere == everywhere) for everywhere in (False, True))
    account = site.enter(here, cluster)
    rule = f'"resources":["{right.resource}"],"verbs":["{right.verb}"]'
    for variables in CASES[name](site):
        run = site.play(account, site.folder, name, **variables)
        told = rule in re.sub(r"[\\\s]", "", run.output)
        if run.code:
            return "fails and names the rule" if told else "fails"
        if told:
            return "goes on and names the rule"
    return None


def prove(site: AccessSite, used: t.Mapping[str, set[Right]]) -> t.Iterator[Proof]:
    """Take each right away from a playbook that used it; if it does not notice, from the next one."""
    for right in sorted(set().union(*used.values()), key=str):
        users = [name for name in used if right in used[name]]
        effect = None
        for name in sorted(users, key=lambda name: QUICK.index(name) if name in QUICK else len(QUICK)):
            effect = without(site, name, right)
            print(f"{name} without {right}: {effect}", flush=True)
            if effect:
                break
        yield Proof(right, users, name, effect)


def document(proofs: t.Sequence[Proof]) -> str:
    """The table of what was seen, and the list of what was not."""
    rows = [row(["Right", "Seen in", "Without it"]), row(["---"] * 3)]
    for proof in proofs:
        effect = f"`{proof.tried}` {proof.effect or 'does not notice'}"
        rows.append(row([named(proof.right), ", ".join(proof.users), effect]))
    listed = {right._replace(needed=True) for name in RIGHTS for right in rights_of(name)}
    others = sorted(listed - {proof.right for proof in proofs}, key=str)
    return HEAD + "\n".join(rows) + "\n" + NOT_SEEN + "".join(f"- {named(right)}\n" for right in others)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("playbooks", nargs="*", help="look at these only, and write nothing")
    parser.add_argument("--see-only", action="store_true", help="take nothing away")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        ControlPlane.attach_or_start() as lab,
        lab.installation(operator="april", app_definitions=[]) as installation,
    ):
        site = AccessSite(installation, Path(folder))
        used: dict[str, set[Right]] = {}
        unlisted = []
        for name in args.playbooks or CASES:
            used[name] = seen(site, name)
            listed = {right._replace(needed=True) for right in rights_of(name)}
            unlisted += [f"{name} asked to {right}, which is not on the list" for right in used[name] - listed]
            print(f"{name}: {len(used[name])} of {len(listed)} rights seen", *unlisted, sep="\n", flush=True)
        proofs = [] if args.see_only else list(prove(site, used))
    if not args.playbooks and not args.see_only:
        DOCUMENT.write_text(document(proofs), encoding="utf-8")
    unnoticed = [f"{proof.right}: nobody notices if it is missing" for proof in proofs if not proof.effect]
    print(*unlisted, *unnoticed, sep="\n")
    return bool(unlisted or unnoticed)


if __name__ == "__main__":
    sys.exit(main())
