# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/rights.md``: which playbook needs which rights. ``python -m tools.rights`` after a change of them."""

from __future__ import annotations

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import RIGHTS, Right, rights_of
from tools.checkout import ROOT

DOCUMENT = ROOT / "docs" / "rights.md"
_HEAD = """\
<!--
Copyright (c) 2026, The EduIDE Cloud collection contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Rights

Which playbook has to be allowed what. An error names the rule that is missing.

- ● The playbook needs it.
- ○ Without it the playbook does its work, and says what it does not know or cannot do: how much room quotas and nodes
  leave, who uses how much memory, what a failed wait was caused by, mending what a change of a pool left behind, and a
  canary.

Resources without "in the whole cluster" are those of the installation's namespace, so that a Role grants them. The rest
takes a ClusterRole.
"""


def written() -> str:
    """The document."""
    marks = {name: {right._replace(needed=True): _mark(right) for right in rights_of(name)} for name in RIGHTS}
    rows = sorted({right for of_playbook in marks.values() for right in of_playbook}, key=_place)
    lines = [_row(["Verb and resource", *(f"`{name}`" for name in RIGHTS)]), _row(["---", *[":-:"] * len(RIGHTS)])]
    lines += [_row([_named(right), *(marks[name].get(right, "") for name in RIGHTS)]) for right in rows]
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def _place(right: Right) -> tuple[bool, str, str, str]:
    return right.everywhere, right.group, right.resource, right.verb


def _named(right: Right) -> str:
    text, where, _rest = str(right).partition(" in the whole cluster")
    return f"`{text}`{where}"


def _mark(right: Right) -> str:
    return "●" if right.needed else "○"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
