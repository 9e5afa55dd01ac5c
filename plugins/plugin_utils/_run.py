# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the present run was started, read where it runs: on the control node."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

from ansible import context as cli
from jinja2.runtime import Context, Undefined
from jinja2.utils import missing

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import COLLECTION, RunContext

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
Variables = t.Callable[[str], t.Any]
"""Gives the value of a variable, None if it has none."""


def variables_of(context: Context) -> Variables:
    """The variables that a template sees."""

    def value(name: str) -> t.Any:
        found = context.resolve_or_missing(name)
        return None if found is missing or isinstance(found, Undefined) else found

    return value


def only_read() -> bool:
    """Whether this run only reads playbooks, as linters do: it selects nobody, whatever is in its inventory."""
    return any(cli.CLIARGS.get(option) for option in ("syntax", "listtasks", "listtags"))


def run_context(variables: Variables) -> RunContext:
    connection, job = variables("theia_connection"), _job(variables)
    return RunContext(
        playbooks=_playbooks(),
        arguments=[*_inventories(variables), *_files_of_variables(), *_vaults()],
        limit=variables("inventory_hostname"),
        job=job,
        # The kubeconfig of a job ends with the job.
        cluster=_cluster(connection if isinstance(connection, t.Mapping) else {}, () if job else ("kubeconfig",)),
    )


def _started() -> list[str]:
    return [str(playbook) for playbook in cli.CLIARGS.get("args") or ()]


def _job(variables: Variables) -> str | None:
    """Job templates differ in the playbook that stands in their names, if it stands in the name of this job's own."""
    if variables("awx_job_id") is None:
        return None
    template = str(variables("awx_job_template_name") or "").replace("{", "{{").replace("}", "}}")
    for playbook in _started():
        name = re.split(r"[/.]", playbook.removesuffix(".yml"))[-1]
        if name and name in template:
            return f'"{template.replace(name, "{}")}"'
    return "of {}"


def _playbooks() -> str:
    """By name if this run was started by name. Otherwise Ansible may not find the collection by name at all."""
    by_name = any(playbook.startswith(f"{COLLECTION}.") for playbook in _started())
    return f"{COLLECTION}.{{}}" if by_name else f"{str(PLAYBOOKS).replace('{', '{{').replace('}', '}}')}/{{}}.yml"


def _inventories(variables: Variables) -> list[str]:
    return [word for source in variables("ansible_inventory_sources") or () for word in ("-i", str(source))]


def _files_of_variables() -> list[str]:
    """A calendar, for example. What was given in words is left out, for it may be a secret."""
    given = cli.CLIARGS.get("extra_vars") or ()
    return [word for value in given if str(value).startswith("@") for word in ("-e", str(value))]


def _vaults() -> list[str]:
    ids = [word for vault in cli.CLIARGS.get("vault_ids") or () for word in ("--vault-id", str(vault))]
    files = [
        word for file in cli.CLIARGS.get("vault_password_files") or () for word in ("--vault-password-file", str(file))
    ]
    return [*ids, *files, *(["--ask-vault-pass"] if cli.CLIARGS.get("ask_vault_pass") else [])]


def _cluster(connection: t.Mapping[str, t.Any], files: t.Sequence[str]) -> list[str]:
    words: list[str] = []
    for option in (*files, "context"):
        # Only kubernetes.core and this collection read these variables; kubectl does not.
        value = connection.get(option) or os.environ.get(f"K8S_AUTH_{option.upper()}")
        if isinstance(value, str) and "\n" not in value:
            words += [f"--{option}", os.path.abspath(os.path.expanduser(value)) if option == "kubeconfig" else value]
    return words
