# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down what every task of a run returned, beside what the run prints: one JSON line for each."""

from __future__ import annotations

import json
import os

from ansible.executor.task_result import CallbackTaskResult
from ansible.plugins.callback import CallbackBase

# As DOCUMENTATION: without it a callback cannot be enabled by its name.
DOCUMENTATION = """
name: task_results
type: notification
short_description: JSON lines of task results
description: Writes a line for every task of every host to the file that TASK_RESULTS names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_results"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, outcome: str, result: CallbackTaskResult) -> None:
        line = {
            "host": result.host.get_name(),
            "task": result.task.get_name(),
            "action": result.task.action,
            "outcome": outcome,
            "result": result.result,
        }
        with open(os.environ["TASK_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        self._note("ok", result)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        self._note("failed (ignored)" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        self._note("skipped", result)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._note("unreachable", result)
