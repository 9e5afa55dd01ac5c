# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: command
short_description: Write a command that can be pasted into a shell
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Writes the command that does what a remedy says, for the installation and with the inventory of the present run.
    Values reach the playbook exactly as they are, and none is ever evaluated.
  - In a job of AWX it says which job to launch instead.
options:
  _input:
    description:
      - Name of one of the playbooks of this collection as C(playbook), with its C(variables); or the words for kubectl
        as C(kubectl); or lines for a shell that call kubectl as C(script), such as
        RV(eduide.theia.theia_workspace#module:workspaces[].restore).
        RV(eduide.theia.theia_session_diagnosis_info#module:diagnoses[].remedy) is such a remedy.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say how to go on
  ansible.builtin.debug:
    msg: "{{ {'playbook': 'unlock_user', 'variables': {'user': 'Anna Maria'}} | eduide.theia.command }}"
"""

RETURN = r"""
_value:
  description: The line to paste; of a script, all lines.
  type: str
  sample: >-
    ansible-playbook eduide.theia.unlock_user -i /etc/theia/hosts.yml --limit production -e '{"user": "Anna Maria"}'
"""

import typing as t

from ansible.errors import AnsibleFilterError
from jinja2 import pass_context
from jinja2.runtime import Context

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import Remedy
from ansible_collections.eduide.theia.plugins.plugin_utils._run import run_context, variables_of


@pass_context
def command(context: Context, remedy: Remedy) -> str:
    try:
        return run_context(variables_of(context)).command(remedy)
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(
            f"command wants a playbook with variables, words for kubectl, or a script: {exc!r}"
        ) from exc


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"command": command}
