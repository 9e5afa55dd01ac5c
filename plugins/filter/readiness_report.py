# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: readiness_report
short_description: Show whether an installation is ready as a card that people read
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Puts the verdict first, then a line for each check with what was seen, and what to do about it below.
options:
  _input:
    description: Result of M(eduide.theia.theia_platform_info).
    type: dict
    required: true
  only:
    description: Show checks with these results alone, such as V(no_go); all if empty. The verdict counts all of them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look whether the installation is ready
  eduide.theia.theia_platform_info:
    namespace: theia-prod
  register: platform

- name: Show the card
  eduide.theia.theia_report:
    title: readiness
    lines: "{{ platform | eduide.theia.readiness_report }}"
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

from ansible_collections.eduide.theia.plugins.module_utils._status.readiness import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import command_of, lines_of

Fields = t.Mapping[str, t.Any]


@pass_context
def readiness_report(context: Context, found: Fields, *, only: t.Collection[str] = ()) -> list[str]:
    return lines_of("readiness_report", lambda: _report.readiness_report(found, command=command_of(context), only=only))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"readiness_report": readiness_report}
