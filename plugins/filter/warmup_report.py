# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: warmup_report
short_description: Say what a warm-up did
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Says how many more students get a session, what is on record, what became of each bound and pool, and which command
    ends the exam.
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
  verdict:
    description: How many more students get a session, in a line; empty if it is not known.
    type: str
    default: ""
  canaries:
    description:
      - What sessions showed that were started to try the pools, each with C(app_definition), C(user), C(start) and
        C(seconds_to_url).
    type: list
    elements: dict
    default: []
  shield_until:
    description: Until when M(eduide.theia.theia_exam) shields the exam, in UTC; empty if it is not on record.
    type: str
    default: ""
  time_zone:
    description: Name of the time zone in which that is told, such as Europe/Berlin; UTC alone if empty.
    type: str
    default: ""
  would:
    description: Whether this is a prediction of check mode, which is told in the conditional.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what was done
  eduide.theia.theia_report:
    title: warm-up
    lines: "{{ raised | eduide.theia.warmup_report(exam='pgdp-final', declared=declaration.sentence) }}"
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


@pass_context
def warmup_report(
    context: Context,
    result: t.Mapping[str, t.Any],
    *,
    exam: str,
    declared: str = "",
    verdict: str = "",
    canaries: t.Sequence[t.Mapping[str, t.Any]] = (),
    shield_until: str = "",
    time_zone: str = "",
    would: bool = False,
) -> list[str]:
    return lines_of(
        "warmup_report",
        lambda: _report.warmup_report(
            result,
            exam=exam,
            declared=declared,
            verdict=verdict,
            canaries=canaries,
            shield_until=shield_until,
            time_zone=time_zone,
            would=would,
            command=command_of(context),
        ),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"warmup_report": warmup_report}
