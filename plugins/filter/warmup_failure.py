# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: warmup_failure
short_description: Say why a warm-up failed, what stays in place, and how to go on
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Adds to the message of a failed task what was changed all the same, and the commands that go on and back.
options:
  _input:
    description: Result of M(eduide.theia.theia_capacity), which failed.
    type: dict
    required: true
  untouched:
    description: Whether it is known that nothing was changed.
    type: bool
    required: true
  shield:
    description: Whether the exam was put on record.
    type: bool
    required: true
  retry:
    description: Variables with which C(pre_exam) goes on.
    type: dict
    required: true
  undo:
    description: Variables with which C(post_exam) goes back.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say what is in place and how to go on
  eduide.theia.theia_report:
    failure: "{{ told | join(' ') }}"
    lines: "{{ told[1:] }}"
  vars:
    told: >-
      {{ raised | eduide.theia.warmup_failure(untouched=false, shield=true, retry={'exam': 'pgdp-final'},
                                              undo={'exam': 'pgdp-final'}) }}
"""

RETURN = r"""
_value:
  description: The sentences, and then a line for each command.
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
def warmup_failure(
    context: Context, result: Fields, *, untouched: bool, shield: bool, retry: Fields, undo: Fields
) -> list[str]:
    command = command_of(context)
    return lines_of(
        "warmup_failure",
        lambda: _report.warmup_failure(
            result, untouched=untouched, shield=shield, retry=retry, undo=undo, command=command
        ),
    )


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"warmup_failure": warmup_failure}
