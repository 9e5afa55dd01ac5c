# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import cut, plain, shown
from ansible_collections.eduide.theia.plugins.plugin_utils._failure import fail_once
from ansible_collections.eduide.theia.plugins.plugin_utils._installation import installation_of
from ansible_collections.eduide.theia.plugins.plugin_utils._wrapping import wrapped


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
                "template": {"type": "str"},
                "failure": {"type": "str"},
                "whole_play": {"type": "bool", "default": False},
            },
            mutually_exclusive=[("lines", "template")],
            required_one_of=[("lines", "template", "failure")],
        )
        variables = task_vars or {}
        if options["failure"]:
            if options["lines"]:
                Display().display("\n".join(["", *wrapped(shown(options["lines"]), indent="  ")]))
            return {**result, **fail_once(self._task, cut(plain(options["failure"])))}
        # ansible-core 2.16 takes a null for a stated option.
        if not options["title"] or (options["lines"] is None and options["template"] is None):
            raise AnsibleActionFail("theia_report: title and one of lines, template and failure have to be stated")
        about = "all hosts" if options["whole_play"] else str(variables.get("inventory_hostname", ""))
        head = (
            [options["title"]] if options["whole_play"] else [about, options["title"], *self._installation(variables)]
        )
        lines = options["lines"] if options["template"] is None else self._rendered(options["template"], variables)
        # What users and operators wrote may be part of it.
        title, lines = cut(plain(" · ".join(head))), shown(lines)
        Display().display("\n".join(["", *wrapped([title], indent=""), *wrapped(lines, indent="  ")]))
        if "awx_job_id" in variables:
            # What later steps of a workflow get, and people by the notification of this one.
            report = {"theia_report": {about: {plain(options["title"]): lines}}}
            result["ansible_stats"] = {"data": report, "per_host": False, "aggregate": True}
        return {**result, "changed": False, "lines": lines}

    def _installation(self, variables: dict[str, t.Any]) -> list[str]:
        """Server and namespace, so that nobody takes one installation for another."""
        return installation_of(self._templar.template(variables.get("theia_connection"))) or []

    def _rendered(self, template: str, variables: dict[str, t.Any]) -> list[str]:
        """The lines that are not empty; the template is found where the lookup plugin finds it."""
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        (text,) = lookup.run([template], variables=variables)
        return [line for line in str(text).split("\n") if line.strip()]
