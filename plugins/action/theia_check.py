# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._common.notices import check_channels
from ansible_collections.eduide.theia.plugins.module_utils._common.plain import cut, plain
from ansible_collections.eduide.theia.plugins.plugin_utils._failure import fail_once
from ansible_collections.eduide.theia.plugins.plugin_utils._installation import installation_of
from ansible_collections.eduide.theia.plugins.plugin_utils._misread import fields_of_exams, misread, misspelt

Variables = t.Mapping[str, t.Any]
_WHATEVER_TAG = {"all", "untagged"}


class ActionModule(ActionBase):
    """Only the control node knows how it was called, so there is no module behind it."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec({"installation": {"type": "bool", "default": True}})
        variables = task_vars or {}
        checks = [
            _tags,
            _lost_words,
            self._fields,
            self._unread,
            self._notices,
            *([self._installation] * options["installation"]),
        ]
        for check in checks:
            if problem := check(variables):
                return {**result, **fail_once(self._task, cut(plain(f"{problem}. Nothing was changed.")))}
        warnings = misspelt(self._task.get_play().vars, load_extra_vars(self._loader))
        return {**result, "changed": False, "warnings": warnings}

    def _value(self, variables: Variables, name: str) -> t.Any:
        return self._templar.template(variables.get(name))

    def _fields(self, _variables: Variables) -> str:
        found = fields_of_exams(self._task.get_play().vars, load_extra_vars(self._loader))
        if not found:
            return ""
        return (
            f"{', '.join(found)}: this playbook has no such variable, an exam of a calendar has such a field. Declare "
            "the exam in theia_exams, and give the file as -e @FILE"
        )

    def _unread(self, variables: Variables) -> str:
        return "; ".join(misread(self._task.get_play().vars, lambda name: self._value(variables, name)))

    def _notices(self, variables: Variables) -> str:
        try:
            check_channels(self._value(variables, "theia_notices") or [])
        except EduideError as exc:
            return str(exc)
        return ""

    def _installation(self, variables: Variables) -> str:
        host, connection = variables["inventory_hostname"], self._value(variables, "theia_connection")
        if not (isinstance(connection, dict) and connection.get("namespace")):
            return f"{host} does not say which installation it is: theia_connection in its inventory needs a namespace"
        here = installation_of(connection)
        others = [name for name in variables["ansible_play_hosts_all"] if name != host]
        leads = {name: installation_of(variables["hostvars"][name].get("theia_connection")) for name in others}
        twins = [name for name, there in leads.items() if there and there == here]
        if not twins:
            return ""
        return (
            f"{host} and {', '.join(twins)} lead to the same installation, namespace {connection['namespace']} of one "
            "cluster. Give each installation one host, or use --limit"
        )


def _tags(variables: Variables) -> str:
    """What tags leave: no other task has one."""
    run, skipped = variables["ansible_run_tags"], variables["ansible_skip_tags"]
    if not _WHATEVER_TAG.intersection(run):
        return f"--tags {','.join(run)} leaves nothing to do, for no task here has a tag"
    if _WHATEVER_TAG.intersection(skipped):
        return f"--skip-tags {','.join(skipped)} leaves nothing to do, for no task here has a tag"
    return ""


def _lost_words(variables: Variables) -> str:
    if "_raw_params" not in variables:
        return ""
    return (
        f"These words of -e reach no variable: {variables['_raw_params']}. Ansible ends a value at a blank. Give one "
        """with blanks as JSON, such as -e '{"NAME": "two words"}'"""
    )
