# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: installations
short_description: Check that a group has hosts in this run
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Ansible ends a play without hosts as a success. As the C(hosts) of a play, this makes it an error that names the
    group and the inventory, also where a limit leaves no host of the group.
  - So it is with C(--start-at-task), which would leave out the checks with which the playbooks of this collection
    begin, and ends as a success where no task has that name.
  - Whoever only reads playbooks, with C(--syntax-check) for example, needs no hosts.
options:
  _input:
    description: Name of the group.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Do something to each installation
  hosts: "{{ 'theia_installations' | eduide.theia.installations }}"
  tasks: []
"""

RETURN = r"""
_value:
  description: The name of the group.
  type: str
"""

import typing as t

from ansible import context as cli
from ansible.errors import AnsibleFilterError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from jinja2 import pass_context
from jinja2.runtime import Context

from ansible_collections.eduide.theia.plugins.plugin_utils._run import only_read, variables_of


@pass_context
def installations(context: Context, group: str) -> str:
    if only_read():
        return group
    if task := cli.CLIARGS.get("start_at_task"):
        raise AnsibleFilterError(f"--start-at-task {task} leaves out the checks with which a playbook begins")
    value = variables_of(context)
    hosts, limit = (value("groups") or {}).get(group) or [], value("ansible_limit")
    sources = ", ".join(map(str, value("ansible_inventory_sources") or ())) or "no inventory"
    if not hosts:
        raise AnsibleFilterError(
            f"no installation is known: there is no host in the group {group} of {sources}; give an inventory that has "
            "one with -i"
        )
    if limit and not _left_by(limit, value("groups") or {}, group):
        raise AnsibleFilterError(f"--limit {limit} leaves no host of the group {group} of {sources}")
    return group


def _left_by(limit: str, groups: t.Mapping[str, t.Sequence[str]], group: str) -> list[t.Any]:
    """The hosts of the group that are within the limit, as Ansible itself reads it."""
    inventory = InventoryManager(loader=DataLoader(), parse=False)
    for name, hosts in groups.items():
        inventory.add_group(name)
        for host in hosts:
            inventory.add_host(host, group=name)
    inventory.subset(limit)
    left: list[t.Any] = inventory.get_hosts(group)
    return left


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"installations": installations}
