# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: convergence_report
short_description: Say what was done so that an installation is what its exams want
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the steps with their reasons, says which of them another run had done by then, and when something is to be
    done next.
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
- name: Say what would be done
  eduide.theia.theia_report:
    title: exams
    lines: "{{ agenda | eduide.theia.convergence_report({}) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._exams import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import lines_of

Fields = t.Mapping[str, t.Any]


def convergence_report(agenda: Fields, results: t.Mapping[str, t.Sequence[Fields]]) -> list[str]:
    return lines_of("convergence_report", lambda: _report.convergence_report(agenda, results))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"convergence_report": convergence_report}
