# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failing a task so that its sentence is printed once.

Newer releases of ansible-core print the message of a failed task, an excerpt of the playbook around it, and the result
with the same message. The sentence is for people who run a playbook, to whom the place in our role says nothing.
"""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail


class _Told(AnsibleActionFail):
    """Names nothing but the failure itself; the sentence stands in the result."""

    def __init__(self, sentence: str) -> None:
        super().__init__("Task failed.")
        self._sentence = sentence

    def as_task_result(self, utr: t.Any) -> t.Any:
        """For ansible-core 2.21 and newer."""
        utr = super().as_task_result(utr)
        utr.msg = self._sentence
        return utr

    @property
    def result_contribution(self) -> dict[str, t.Any]:
        """For ansible-core 2.19 and 2.20."""
        return {"failed": True, "msg": self._sentence}


def fail_once(task: t.Any, sentence: str) -> dict[str, t.Any]:
    """The result of an action that fails; where that would be printed twice, an exception instead."""
    # Without it there is no place to print an excerpt of.
    task._ds = None  # noqa: SLF001 (there is no other way to say so)
    if any(hasattr(AnsibleActionFail, name) for name in ("as_task_result", "result_contribution")):
        raise _Told(sentence)
    return {"failed": True, "changed": False, "msg": sentence}
