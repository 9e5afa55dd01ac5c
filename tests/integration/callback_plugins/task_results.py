# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down what every task of a run returned, beside what the run prints: one JSON line for each."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible import constants
from ansible.plugins.callback import CallbackBase

# As DOCUMENTATION: without it a callback cannot be enabled by its name.
DOCUMENTATION = """
name: task_results
type: notification
short_description: JSON lines of task results
description: Writes a line for every task of every host to the file that TASK_RESULTS names.
"""


def _part(result: t.Any, name: str) -> t.Any:
    """Return the host, the task or the result, which older versions of Ansible keep private."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, f"_{name}")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: t.Any, **options: t.Any) -> None:
        super().__init__(*arguments, **options)
        # Each run packs each module once. All runs of a process of tests share what was packed, for it is the same.
        Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache").symlink_to(os.environ["PACKED_MODULES"])

    def _note(self, outcome: str, result: t.Any) -> None:
        line = {
            "host": _part(result, "host").get_name(),
            "task": _part(result, "task").get_name(),
            "action": _part(result, "task").action,
            "outcome": outcome,
            "result": _part(result, "result"),
        }
        with open(os.environ["TASK_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._note("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._note("failed (ignored)" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._note("skipped", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._note("unreachable", result)
