# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: convergence_notices
short_description: Write what people may want to be told of a run for the exams of an installation
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Returns the notices of a run, for the role C(notify).
options:
  _input:
    description: Result of M(eduide.theia.theia_agenda_info).
    type: dict
    required: true
  results:
    description: >-
      By step (V(declare), V(withdraw), V(warm), V(cool), V(close)) the results of the loop that carried it out; empty
      if nothing was.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Tell people what was done
  ansible.builtin.include_role:
    name: eduide.theia.notify
  vars:
    notify_moment: "{{ item.moment }}"
    notify_text: "{{ item.text }}"
  loop: "{{ agenda | eduide.theia.convergence_notices({'close': closed.results}) }}"
"""

RETURN = r"""
_value:
  description: The notices, each with C(moment), C(exam), C(text) and C(users).
  type: list
  elements: dict
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._exams import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import lines_of

Fields = t.Mapping[str, t.Any]


def convergence_notices(agenda: Fields, results: t.Mapping[str, t.Sequence[Fields]]) -> list[Fields]:
    return lines_of("convergence_notices", lambda: _report.convergence_notices(agenda, results))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"convergence_notices": convergence_notices}
