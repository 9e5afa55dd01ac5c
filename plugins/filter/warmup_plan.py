# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: warmup_plan
short_description: Say what a warm-up would do, for machines
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Makes steps of what check mode predicts, each with what would be done, for which exam, and why. They have the shape
    in which M(eduide.theia.theia_agenda_info) tells what should be done for all exams.
options:
  _input:
    description: Result of M(eduide.theia.theia_capacity) in check mode; one that failed is a problem of the plan.
    type: dict
    required: true
  exam:
    description: Name of the exam.
    type: str
    required: true
  declaration:
    description: Result of M(eduide.theia.theia_exam) in check mode.
    type: dict
    required: true
  now:
    description: When that was, as ISO 8601 in UTC.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what would be done
  ansible.builtin.debug:
    msg: >-
      {{ foreseen | eduide.theia.warmup_plan(exam='pgdp-final', declaration=declared, now='2027-02-11T08:30:00Z') }}
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._capacity import report as _report

Fields = t.Mapping[str, t.Any]


def warmup_plan(result: Fields, *, exam: str, declaration: Fields, now: str) -> dict[str, t.Any]:
    try:
        return _report.warmup_plan(result, exam=exam, declaration=declaration, now=now)
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"warmup_plan wants results as the modules return them: {exc!r}") from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"warmup_plan": warmup_plan}
