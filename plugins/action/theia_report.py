# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import plain, plain_texts
from ansible_collections.eduide.theia.plugins.plugin_utils._failure import fail_once


class ActionModule(ActionBase):
    """Prints a report. Only the control node has a terminal, so there is no module behind it."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(
            {
                "title": {"type": "str"},
                "lines": {"type": "list", "elements": "str"},
                "failure": {"type": "str"},
            },
            required_together=[("title", "lines")],
            required_one_of=[("lines", "failure")],
        )
        if options["failure"]:
            return {**result, **fail_once(self._task, plain(options["failure"]))}
        # ansible-core 2.16 takes a null for a stated option.
        if options["lines"] is None:
            raise AnsibleActionFail("theia_report: neither lines nor failure is stated")
        host = (task_vars or {}).get("inventory_hostname", "")
        # What users and operators wrote may be part of it.
        title, lines = plain(f"{host} · {options['title']}"), plain_texts(options["lines"])
        Display().display("\n".join([f"\n{title}", *(f"  {line}" for line in lines)]))
        return {**result, "changed": False, "lines": lines}
