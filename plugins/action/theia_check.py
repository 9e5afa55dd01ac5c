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
        variables, stated = task_vars or {}, load_extra_vars(self._loader)
        for problem in self._problems(variables, stated, installation=options["installation"]):
            if problem:
                return {**result, **fail_once(self._task, cut(plain(f"{problem}. Nothing was changed.")))}
        return {**result, "changed": False, "warnings": misspelt(self._task.get_play().vars, stated)}

    def _problems(self, variables: Variables, stated: t.Iterable[str], *, installation: bool) -> t.Iterator[str]:
        """What each check says, blank where nothing is wrong; one that is not reached is not made."""
        play = self._task.get_play().vars
        yield _tags(variables)
        yield _lost_words(variables)
        yield _fields(fields_of_exams(play, stated))
        yield "; ".join(misread(play, lambda name: self._value(variables, name)))
        yield self._notices(variables)
        if installation:
            yield self._installation(variables)

    def _value(self, variables: Variables, name: str) -> t.Any:
        return self._templar.template(variables.get(name))

    def _notices(self, variables: Variables) -> str:
        try:
            check_channels(self._value(variables, "theia_notices") or [])
        except EduideError as exc:
            return str(exc)
        return ""

    def _installation(self, variables: Variables) -> str:
        host, connection = variables["inventory_hostname"], self._value(variables, "theia_connection")
        connection = connection if isinstance(connection, dict) else {}
        if not connection.get("namespace"):
            told = f", and has {', '.join(connection)}" if connection else ""
            return (
                f"{host} does not say which installation it is: theia_connection in its inventory needs a "
                f"namespace{told}"
            )
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
        said = f"--tags {','.join(run)}"
    elif _WHATEVER_TAG.intersection(skipped):
        said = f"--skip-tags {','.join(skipped)}"
    else:
        return ""
    return f"{said} leaves nothing to do, for no task here has a tag"


def _lost_words(variables: Variables) -> str:
    """Ansible splits NAME=VALUE at blanks, whatever the shell quoted, and keeps here what belongs to no variable."""
    if "_raw_params" not in variables:
        return ""
    words = variables["_raw_params"]
    if words.endswith((".yml", ".yaml", ".json")):
        return f"{words} is a file, and was read as a word of -e. The variables of a file are given as -e @{words}"
    return (
        f"These words of -e reach no variable: {words}. Ansible ends a value at a blank. Give one with blanks as JSON, "
        """such as -e '{"NAME": "two words"}', and write a time with a T, such as 2027-02-11T11:00"""
    )


def _fields(found: t.Sequence[str]) -> str:
    if not found:
        return ""
    return (
        f"{', '.join(found)}: this playbook has no such variable, an exam of a calendar has such a field. Declare the "
        "exam in theia_exams, and give the file as -e @FILE"
    )
