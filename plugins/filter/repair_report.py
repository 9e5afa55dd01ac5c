# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: repair_report
short_description: Say what was damaged in pools, and what became of it
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the damaged instances, each with what was wrong with it and what became of it.
options:
  _input:
    description: Result of M(eduide.theia.theia_capacity) with O(eduide.theia.theia_capacity#module:repair).
    type: dict
    required: true
  would:
    description: Whether this is a prediction of check mode, which is told in the conditional.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Complete instances of which parts are missing
  eduide.theia.theia_capacity:
    namespace: theia-prod
    app_definitions: [{name: java-17-latest}]
    repair: [halves]
  register: mended

- name: Say what became of them
  eduide.theia.theia_report:
    title: repair
    lines: "{{ mended | eduide.theia.repair_report }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._capacity import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import lines_of


def repair_report(result: t.Mapping[str, t.Any], *, would: bool = False) -> list[str]:
    return lines_of("repair_report", lambda: _report.repair_report(result, would=would))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"repair_report": repair_report}
