# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: metrics
short_description: Write what was seen of an installation as metrics for Prometheus
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Gives the text format that Prometheus and its node exporter's textfile collector read. What could not be read has no
    sample.
positional: installation
options:
  _input:
    description: What M(eduide.theia.theia_status) returns.
    type: dict
    required: true
  installation:
    description: Name of the installation, which becomes a label of each sample.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Tell Prometheus what is warm
  ansible.builtin.copy:
    content: "{{ status | eduide.theia.metrics(inventory_hostname) }}"
    dest: "/var/lib/node_exporter/theia-{{ inventory_hostname }}.prom"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The metrics as text.
  type: str
  sample: |
    # HELP theia_pool_instances Instances of the pool; one may be in several states.
    # TYPE theia_pool_instances gauge
    theia_pool_instances{installation="production",app_definition="java-17-latest",state="warm"} 60
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import render


def metrics(status: t.Mapping[str, t.Any], installation: str) -> str:
    return render(status["capacity"], status["sessions"], {"installation": installation})


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"metrics": metrics}
