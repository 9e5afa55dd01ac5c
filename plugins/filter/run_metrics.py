# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_metrics
short_description: Write that a run ended well as metrics for Prometheus
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Gives the text format that Prometheus and its node exporter's textfile collector read. It is meant to be written at
    the end of a run and only if that ended well, so that its time is that of the last success.
positional: installation
options:
  _input:
    description: >-
      What M(eduide.theia.theia_capacity) returned of the exam that was waited for; an empty dictionary if none was.
    type: dict
    required: true
  installation:
    description: Name of the installation, which becomes a label of each sample.
    type: str
    required: true
  playbook:
    description: Name of the playbook, another label.
    type: str
    required: true
  at:
    description: The time of the run, in UTC.
    type: str
    required: true
  exam:
    description: Name of that exam, if there is one.
    type: str
"""

EXAMPLES = r"""
- name: Tell Prometheus that this run ended well
  ansible.builtin.copy:
    content: >-
      {{ {} | eduide.theia.run_metrics(inventory_hostname, playbook='converge_exams',
                                       at=now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ')) }}
    dest: "/var/lib/node_exporter/theia-{{ inventory_hostname }}-converge.prom"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The metrics as text.
  type: str
  sample: |
    # HELP theia_run_last_success_timestamp_seconds When the playbook ended well last, by the clock of its machine.
    # TYPE theia_run_last_success_timestamp_seconds gauge
    theia_run_last_success_timestamp_seconds{installation="production",playbook="converge_exams"} 1802335267
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import render_run


def run_metrics(
    result: t.Mapping[str, t.Any], installation: str, *, playbook: str, at: str, exam: str | None = None
) -> str:
    return render_run(result, {"installation": installation}, playbook=playbook, exam=exam, at=at)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"run_metrics": run_metrics}
