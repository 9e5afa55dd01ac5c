# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_report
short_description: Say how an installation is, and what deserves attention
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Verdicts on how many more students get a session, a table of bounds and pools, quotas, warnings, and the sessions in
    trouble.
options:
  _input:
    description: Result of M(eduide.theia.theia_status).
    type: dict
    required: true
  rows:
    description: Most sessions and workspaces to name; the others are counted.
    type: int
    default: 20
"""

EXAMPLES = r"""
- name: Say how the installation is
  eduide.theia.theia_report:
    title: status
    lines: "{{ status | eduide.theia.status_report }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from jinja2 import pass_context
from jinja2.runtime import Context

from ansible_collections.eduide.theia.plugins.module_utils._status import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import command_of, lines_of


@pass_context
def status_report(context: Context, found: t.Mapping[str, t.Any], *, rows: int = 20) -> list[str]:
    return lines_of("status_report", lambda: _report.status_report(found, rows=rows, command=command_of(context)))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"status_report": status_report}
