# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import plain, plain_texts
from ansible_collections.eduide.theia.plugins.plugin_utils._failure import fail_once
from ansible_collections.eduide.theia.plugins.plugin_utils._installation import installation_of

SPEC: dict[str, dict[str, t.Any]] = {
    "folder": {"type": "path", "required": True},
    "playbook": {"type": "str", "required": True},
    "exam": {"type": "str"},
    "look": {"type": "dict"},
    "result": {"type": "dict", "default": {}},
    "lines": {"type": "list", "elements": "str", "default": []},
    "pseudonym_key": {"type": "str", "no_log": True},
    "time_zone": {"type": "str"},
}


class ActionModule(ActionBase):
    """Looks at the installation with C(theia_status), and writes a page into a folder of the control node."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        # Ansible reads this file in every run of a playbook that can leave a page, and most leave none.
        from ansible_collections.eduide.theia.plugins.module_utils._status.page.report import Subject
        from ansible_collections.eduide.theia.plugins.plugin_utils._page import Folder, Unwritable, leave_page

        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        options = self._options()
        # A run that failed fails with its own words, whatever becomes of its page.
        failed = bool(options["result"].get("msg"))
        found = options["look"] or self._look(variables, options)
        if found.get("failed"):
            return self._failure(result, f"no page was written: {found['msg']}", failed=failed)
        host = str(variables.get("inventory_hostname", ""))
        where = installation_of(self._templar.template(variables.get("theia_connection"))) or []
        check = bool(self._task.check_mode)
        subject = Subject(host, where, options["playbook"], options["exam"] or None, check)
        try:
            page = leave_page(
                Folder(options["folder"], host, options["playbook"]),
                subject,
                plain_texts(found),
                plain_texts(options["result"]),
                lines=plain_texts(options["lines"]),
                pseudonym_key=options["pseudonym_key"] or None,
                time_zone=options["time_zone"] or None,
                warn=Display().warning,
            )
        except Unwritable as exc:
            return self._failure(result, f"no page was written: {exc}", failed=failed)
        Display().display(plain(f"[{host}] page: {page}"))
        # Those of a look that was handed over were shown when it was made.
        warnings = [] if options["look"] else found.get("warnings") or []
        return {**result, "changed": False, "page": page, "warnings": warnings}

    def _options(self) -> dict[str, t.Any]:
        """What is stated for the page; all else is how to reach the installation."""
        own = {name: value for name, value in self._task.args.items() if name in SPEC}
        checked = ArgumentSpecValidator(SPEC).validate(own)
        if checked.error_messages:
            raise AnsibleActionFail("; ".join(checked.error_messages))
        options: dict[str, t.Any] = checked.validated_parameters
        return options

    def _look(self, variables: dict[str, t.Any], options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        reach = {name: value for name, value in self._task.args.items() if name not in SPEC}
        arguments = {**reach, "note_use": False, "course": True, "time_zone": options["time_zone"]}
        found: dict[str, t.Any] = self._execute_module(
            module_name="eduide.theia.theia_status", module_args=arguments, task_vars=variables
        )
        return found

    def _failure(self, result: dict[str, t.Any], text: str, *, failed: bool) -> dict[str, t.Any]:
        if failed:
            Display().warning(plain(text))
            return {**result, "changed": False, "page": None}
        return {**result, **fail_once(self._task, plain(text))}
