# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: exam_of_calendar
short_description: Find an exam in a calendar
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Finds the entry of a calendar by its name.
  - It is an error that the calendar is no list, that a name is no text as YAML reads it, and that the entry has a field
    which no exam has.
options:
  _input:
    description: The calendar, a list of exams; null or blank for none.
    type: raw
    required: true
  name:
    description: Name of the exam.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show when an exam ends
  ansible.builtin.debug:
    msg: "{{ (theia_exams | eduide.theia.exam_of_calendar('pgdp-final')).end }}"
"""

RETURN = r"""
_value:
  description: The entry as it stands there; empty if there is none.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._exams.declaration import BadDeclaration, unknown_fields
from ansible_collections.eduide.theia.plugins.plugin_utils._reading import Misread, is_stated

Entry = dict[str, t.Any]


def exam_of_calendar(calendar: t.Any, name: str) -> Entry:
    try:
        return _find(calendar if is_stated(calendar) else [], name)
    except Misread as exc:
        raise AnsibleFilterError(str(exc)) from exc


def _find(calendar: t.Any, name: str) -> Entry:
    if not isinstance(calendar, list):
        raise Misread("theia_exams has to be a list of exams. The file of a calendar is given as -e @FILE")
    named = (entry for entry in calendar if isinstance(entry, dict) and str(entry.get("name")) == name)
    if not (entry := next(named, None)):
        return {}
    users = entry.get("users")
    # YAML reads 2027 without quotes as a number, and 0123 as another one than that.
    texts = [entry["name"], *(users if isinstance(users, list) else ())]
    if strange := [str(text) for text in texts if not isinstance(text, str)]:
        told = f"theia_exams has {' and '.join(strange)} as a name, which is not text as YAML reads it"
        raise Misread(f"{told}. Put it in quotes")
    try:
        problems = unknown_fields(entry)
    except BadDeclaration as exc:
        problems = [str(exc)]
    if problems:
        raise Misread(f"exam {name} of theia_exams: {'; '.join(problems)}")
    return entry


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"exam_of_calendar": exam_of_calendar}
