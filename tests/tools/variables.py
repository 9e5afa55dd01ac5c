# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/variables.md``: what each playbook may be told with ``-e``, an inventory or a survey.

``python -m tools.variables`` after a change of them. Names, types and defaults stand in the playbooks, meanings in the
questions of AWX and in the options of roles.
"""

from __future__ import annotations

import re
import typing as t
from functools import cache

import yaml

from awx.role import TEMPLATES
from tools.checkout import ROOT
from tools.rights import row

DOCUMENT = ROOT / "docs" / "variables.md"
_HEAD = """\
<!--
Copyright (c) 2026, The EduIDE Cloud collection contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Variables of the playbooks

What each playbook may be told: with `-e NAME=VALUE`, as a line of an inventory, or as an answer in AWX. None has to be
there unless its row says so. Blank, null and absent are the same, and never mean all or for good. A list is written
`a,b`, with a line for each, or as JSON. Variables whose names begin like a role, such as `exam_warmup_wait`, are its
options and stand in its documentation.

`theia_installations` is the group of hosts that each playbook works on, and `theia_connection` says how each of them is
reached; `docs/docsite/rst/inventory.rst` explains both. `theia_notices` is read by every playbook that tells people
something.
"""
_READ = re.compile(
    r"(\w+) \| default\((?:none|\[\])(?:, true)?\)(?:\s*\| eduide\.theia\.typed\((.*?)\)(?=[ |\n}]|$))?", re.DOTALL
)
# Read for what it says about another variable.
_ELSEWHERE = {"api", "first"}
# A role that takes a calendar may take its path, too, and a playbook takes the list alone.
_MEANINGS = {"theia_exams": "The calendar, a list of exams; its file is given as `-e @FILE`"}
_TYPES = {"int": "whole number", "bool": "true or false", "list": "list", "str": "text"}


class Variable(t.NamedTuple):
    name: str
    kind: str
    default: str
    meaning: str


def variables_of(playbook: str) -> list[Variable]:
    """Those that it reads, in the order in which it does."""
    [play] = yaml.safe_load((ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8"))
    questions = {each["variable"]: each for each in TEMPLATES.get(playbook, {}).get("questions", ())}
    options, found = _options(), {}
    for key, expression in play.get("vars", {}).items():
        for name, stated in _READ.findall(str(expression)):
            if name in _ELSEWHERE or name.startswith("__"):
                continue
            question, option = questions.get(name, {}), options.get(key, {})
            asked = question.get("question_name", "").partition(": ")[2]
            meaning = f"{asked[:1].upper()}{asked[1:]}" or _MEANINGS.get(name) or _first_sentence(option["description"])
            needed = question.get("required") or option.get("required")
            default = _default(stated) or ("needed" if needed else "")
            found[name] = Variable(name, _kind(stated), default, f"{meaning.rstrip('.')}.")
    return list(found.values())


def written() -> str:
    """The document."""
    parts = [_HEAD]
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        if rows := variables_of(path.stem):
            lines = [row(["Variable", "Is", "If not stated", "Meaning"]), row(["---"] * 4)]
            lines += [row([f"`{each.name}`", *each[1:]]) for each in rows]
            parts.append(f"## {path.stem}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


@cache
def _options() -> dict[str, t.Any]:
    """The options of all roles."""
    found: dict[str, t.Any] = {}
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        # What only another entry point needs, no playbook does.
        for name in sorted(entries, key=lambda name: name == "main"):
            found |= entries[name].get("options") or {}
    return found


def _kind(stated: str) -> str:
    if choices := re.search(r"choices=\[(.*?)\]", stated):
        names = [f"`{name}`" for name in re.findall(r"'(\w+)'", choices[1])]
        return ("some of " if "'list'" in stated else "") + ", ".join(names)
    return next((word for kind, word in _TYPES.items() if f"'{kind}'" in stated), "text" if stated else "list")


def _default(stated: str) -> str:
    found = re.search(r"default=(.+)$", stated)
    value = found[1].strip("'") if found else ""
    return "" if value in ("", "[]") else f"`{value}`"


def _first_sentence(description: str | list[str]) -> str:
    text = " ".join(description if isinstance(description, list) else [description])
    return re.sub(r"[A-Z]\(([^)]*)\)", r"`\1`", re.split(r"(?<=\.)\s", text)[0])


if __name__ == "__main__":
    DOCUMENT.write_text(written(), encoding="utf-8")
