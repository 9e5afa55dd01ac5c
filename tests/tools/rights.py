# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what follows from the list of rights: ``docs/rights.md`` and the Roles in ``extensions/rbac``.

``python -m tools.rights`` after a change of them.
"""

from __future__ import annotations

import re
import typing as t

import yaml

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import (
    RIGHTS,
    Right,
    rights_of,
)
from tools.checkout import ROOT

DOCUMENT = ROOT / "docs" / "rights.md"
PROOFS = ROOT / "docs" / "rights-seen.md"
ROLES = ROOT / "extensions" / "rbac"
_EVERYWHERE = " in the whole cluster"
_HEAD = """\
<!--
Copyright (c) 2026, The EduIDE Cloud collection contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Rights

Which playbook has to be allowed what. `ansible-playbook eduide.theia.readiness` holds an account against this table,
and says which rules are missing.

- ● The playbook needs it.
- ○ Without it the playbook does its work, and says what it does not know or cannot do: how much room quotas and nodes
  leave, who uses how much memory, what a failed wait was caused by, mending what a change of a pool left behind, and a
  canary.

Resources without "in the whole cluster" are those of the installation's namespace, so that a Role grants them. The rest
takes a ClusterRole.
"""

PERSONAS: t.Mapping[str, tuple[str, ...]] = {
    "viewer": ("status", "investigate_session"),
    "operator": ("status", "investigate_session", "unlock_user", "stop_sessions", "sweep_sessions"),
    "exam_manager": (
        "readiness",
        "status",
        "pre_exam",
        "post_exam",
        "converge_exams",
        "repair_pools",
        "rehearse_exam",
    ),
    "retention": ("status", "delete_workspaces", "prune_workspaces", "restore_workspace"),
}
"""What people do, and the playbooks they do it with. A viewer writes nothing, not even notes of use."""

BESIDE = ("cluster_reader", "volume_keeper", "log_reader")
"""What is granted apart from a persona: it goes further than the installation, or shows what has secrets in it."""


def written() -> str:
    """The document."""
    marks = {name: {right._replace(needed=True): _mark(right) for right in rights_of(name)} for name in RIGHTS}
    rows = sorted({right for of_playbook in marks.values() for right in of_playbook}, key=place)
    lines = [row(["Verb and resource", *(f"`{name}`" for name in RIGHTS)]), row(["---", *[":-:"] * len(RIGHTS)])]
    lines += [row([named(right), *(marks[name].get(right, "") for name in RIGHTS)]) for right in rows]
    return _HEAD + "\n" + "\n".join(lines) + "\n"


_PROOFS_HEAD = """\
<!--
Copyright (c) 2026, The EduIDE Cloud collection contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Rights that were seen at work

Written by `make access`. Each playbook ran on the lab under exactly the account that `setup_access` gives its persona,
with all that can be granted beside it. The API server's audit log has each right of each role, and none that is not
granted. Then each right was taken away, and a playbook that uses it ran once more: this is how it tells the personas in
whose roles the right stands. NAME stands for what is different in each run.

"""


class Proof(t.NamedTuple):
    """How a playbook tells that it lacks a right."""

    right: Right
    roles: tuple[str, ...]
    """In which the right stands, for people who run the playbook."""
    playbook: str
    fails: bool
    words: str

    @property
    def place(self) -> tuple[t.Any, ...]:
        return (*place(self.right), list(RIGHTS).index(self.playbook))


Pair = tuple[str, Right]
"""A role, and a right of it."""


def grants() -> set[Pair]:
    return {(role, right) for role in (*PERSONAS, *BESIDE) for right in granted(role)}


def proofs_written(proofs: t.Collection[Proof], figures: str = "") -> str:
    """The document of what was seen, and at its end what was not."""
    lines = [row(["Verb and resource", "Roles", "Playbook", "Without it", "It says"]), row(["---"] * 5)]
    for proof in sorted(proofs, key=lambda proof: proof.place):
        ends = "fails" if proof.fails else "goes on"
        words = proof.words.replace("|", "\\|")
        lines.append(row([named(proof.right), ", ".join(proof.roles), f"`{proof.playbook}`", ends, words]))
    left = [f"- {role}: {named(right)}" for role, right in sorted(unshown(proofs))]
    parts = [[figures], lines, ["Not shown:"], left] if left else [[figures], lines]
    return _PROOFS_HEAD + "\n\n".join("\n".join(part) for part in parts if part != [""]) + "\n"


def proofs() -> list[Proof]:
    """The rows of that document."""
    cells = re.findall(
        r"^\| (`[^|]+) \| ([\w, ]+) \| `(\w+)` \| (fails|goes on) \| (.+) \|$",
        PROOFS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return [
        Proof(_right(right), tuple(roles.split(", ")), playbook, ends == "fails", words.replace("\\|", "|"))
        for right, roles, playbook, ends, words in cells
    ]


def unshown(proofs: t.Iterable[Proof]) -> set[Pair]:
    """What is granted and was not seen to be missed."""
    return grants() - {(role, proof.right) for proof in proofs for role in proof.roles}


def place(right: Right) -> tuple[bool, str, str, str]:
    return right.everywhere, right.group, right.resource, right.verb


def named(right: Right) -> str:
    text, where, _rest = str(right).partition(_EVERYWHERE)
    return f"`{text}`{where}"


def _right(text: str) -> Right:
    """The one that is named so."""
    verb, _space, resource = text.removesuffix(_EVERYWHERE).strip("`").partition(" ")
    name, _dot, group = resource.partition(".")
    return Right(verb, name, group, text.endswith(_EVERYWHERE))


def _mark(right: Right) -> str:
    return "●" if right.needed else "○"


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


_MANIFEST = """\
---
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Written from the list in plugins/module_utils/_platform/rights.py; see README.md.
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: theia-{name}
rules:
"""


def granted(role: str) -> set[Right]:
    """The rights of a persona, or of what is granted beside one."""
    names = PERSONAS.get(role, RIGHTS)
    if role == "viewer":
        # Its status notes nothing, and asks for what readiness does.
        names = ("readiness", *(name for name in names if name != "status"))
    used = {right._replace(needed=True) for name in names for right in rights_of(name)}
    return {right for right in used if _apart(right) == (role if role in BESIDE else None)}


def _apart(right: Right) -> str | None:
    if right.everywhere:
        return "volume_keeper" if right.resource == "persistentvolumes" else "cluster_reader"
    return "log_reader" if right.resource == "pods/log" else None


def manifest(role: str) -> str:
    """The Role of a persona, or of what is granted beside one, as people apply it."""
    kind = "ClusterRole" if any(right.everywhere for right in granted(role)) else "Role"
    head = _MANIFEST.format(kind=kind, name=role.replace("_", "-"))
    return head + "".join(f"  - {_flow(rule)}\n" for rule in rules(granted(role)))


def rules(wanted: t.Iterable[Right]) -> list[dict[str, list[str]]]:
    """Resources of one API group with the same verbs are one rule."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for right in wanted:
        verbs.setdefault((right.group, right.resource), set()).add(right.verb)
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), some in sorted(verbs.items()):
        found.setdefault((group, tuple(sorted(some))), []).append(resource)
    return [{"apiGroups": [group], "resources": names, "verbs": list(some)} for (group, some), names in found.items()]


def _flow(rule: dict[str, list[str]]) -> str:
    return str(yaml.safe_dump(rule, default_flow_style=True, sort_keys=False, width=10_000)).strip()


def write() -> None:
    DOCUMENT.write_text(written(), encoding="utf-8")
    for role in (*PERSONAS, *BESIDE):
        (ROLES / f"{role}.yml").write_text(manifest(role), encoding="utf-8")


if __name__ == "__main__":
    write()
