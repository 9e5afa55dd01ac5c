# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: sweep_report
short_description: Say who is in trouble, and what a sweep did about it
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the sessions in trouble, those that were stopped first, says what is lost, what is only reported, and what
    could not be read.
options:
  _input:
    description: Result of M(eduide.theia.theia_session_info) that lists those in trouble.
    type: dict
    required: true
  result:
    description: Result of M(eduide.theia.theia_session) for those that were chosen; empty if none was.
    type: dict
    required: true
  chosen:
    description: Records of the sessions that the policy chose.
    type: list
    elements: dict
    required: true
  stopped_for:
    description: The findings for which the policy stops.
    type: list
    elements: str
    required: true
  not_noted:
    description: Why it could not be noted which workspaces are in use; empty if it was.
    type: str
    default: ""
extends_documentation_fragment:
  - eduide.theia._reports
"""

EXAMPLES = r"""
- name: Say who is in trouble
  eduide.theia.theia_report:
    title: sweep
    lines: >-
      {{ seen | eduide.theia.sweep_report(stopped, chosen=seen.sessions | eduide.theia.with_findings(['failed']),
                                          stopped_for=['failed']) }}
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

from ansible_collections.eduide.theia.plugins.module_utils._sessions import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import command_of, lines_of

Fields = t.Mapping[str, t.Any]


@pass_context
def sweep_report(
    context: Context,
    found: Fields,
    result: Fields,
    *,
    chosen: t.Sequence[Fields],
    stopped_for: t.Sequence[str],
    not_noted: str = "",
    would: bool = False,
    rows: int | None = None,
) -> list[str]:
    return lines_of(
        "sweep_report",
        lambda: _report.sweep_report(
            found,
            result,
            chosen=chosen,
            stopped_for=stopped_for,
            not_noted=not_noted or None,
            would=would,
            rows=rows,
            command=command_of(context),
        ),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"sweep_report": sweep_report}
