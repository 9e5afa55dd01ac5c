# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cooldown_report
short_description: Say what a cool-down did
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Says what is on record, what became of each bound, who is still in, and which command finishes when they have left.
options:
  _input:
    description: Result of M(eduide.theia.theia_capacity).
    type: dict
    required: true
  exam:
    description: Name of the exam.
    type: str
    required: true
  declared:
    description: The sentence in which M(eduide.theia.theia_exam) tells of the exam; empty if it is not on record.
    type: str
    default: ""
  holders:
    description:
      - App definitions as M(eduide.theia.theia_capacity_info) returns them, for an exam that holds nothing; those that
        others hold are named.
    type: list
    elements: dict
    default: []
  terms:
    description:
      - Variables of the playbook C(post_exam) that decided what was let go, such as C(app_definition). A command that
        goes on carries them, too.
    type: dict
    default: {}
  would:
    description: Whether this is a prediction of check mode, which is told in the conditional.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what was done
  eduide.theia.theia_report:
    title: cool-down
    lines: "{{ lowered | eduide.theia.cooldown_report(exam='pgdp-final', declared=closed.sentence) }}"
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

from ansible_collections.eduide.theia.plugins.module_utils._capacity import report as _report
from ansible_collections.eduide.theia.plugins.plugin_utils._report import command_of, lines_of

Fields = t.Mapping[str, t.Any]


@pass_context
def cooldown_report(
    context: Context,
    result: Fields,
    *,
    exam: str,
    declared: str = "",
    holders: t.Sequence[Fields] = (),
    terms: Fields | None = None,
    would: bool = False,
) -> list[str]:
    return lines_of(
        "cooldown_report",
        lambda: _report.cooldown_report(
            result,
            exam=exam,
            declared=declared,
            holders=holders,
            terms=terms or {},
            would=would,
            command=command_of(context),
        ),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"cooldown_report": cooldown_report}
