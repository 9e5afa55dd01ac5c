#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_platform_info
short_description: See whether an installation of Theia Cloud is ready for an exam
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Holds what an exam rests on against what is there, and says of each thing whether it is go, with the evidence and
    with what to do about it.
  - The exams are those on record that are not over, and with O(calendar) those that it has ahead.
  - Everything is read from the cluster, whatever O(api) says, and nothing is written. What may not be read is unknown,
    and never go. With O(service_url) the service is asked whether it answers, and whether it takes O(admin_token).
  - The task does not fail because an installation is not ready. The playbook C(readiness) does.
options:
  checks:
    description:
      - What to look at; all of it, if nothing is said. What they mean is said where they are returned.
      - V(rights) sends a small request for each right of each playbook, V(operator) watches its Lease for some seconds,
        and V(verdict) counts the room in all quotas and on all nodes.
    type: list
    elements: str
    choices:
      [verdict, exams, time_limits, collector, pools, seats, ledger, ownership,
       operator, arguments, kinds, rights, service, quotas, metrics, clocks]
    default:
      [verdict, exams, time_limits, collector, pools, seats, ledger, ownership,
       operator, arguments, kinds, rights, service, quotas, metrics, clocks]
  calendar:
    description:
      - A list of exams in the words of M(eduide.theia.theia_exam), or the path of a YAML file with such a list under
        the key C(theia_exams). What it has ahead is judged as if it were declared.
    type: raw
  time_zone:
    description: Name of the time zone in which times are told, such as Europe/Berlin. UTC stands beside it.
    type: str
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_status
"""

EXAMPLES = r"""
- name: See whether an exam may come
  eduide.theia.theia_platform_info:
    namespace: theia-prod
    time_zone: Europe/Berlin
  register: platform

- name: Stop here if it may not
  ansible.builtin.assert:
    that: platform.ready
    fail_msg: "{{ platform.checks | rejectattr('result', 'equalto', 'go') | map(attribute='evidence') | join('; ') }}"

- name: Ask the REST service, too
  eduide.theia.theia_platform_info:
    namespace: theia-prod
    service_url: https://service.theia.example.org
    app_id: "{{ theia_app_id }}"
    admin_token: "{{ theia_admin_token }}"
"""

RETURN = r"""
ready:
  description: Whether nothing that was looked at is no go, and nothing is unknown.
  returned: success
  type: bool
  sample: false
checks:
  description: What was looked at, the gravest first.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - What it is about. Several checks may be about the same, such as one for each app definition.
        - V(verdict), whether all participants of an exam get a session; V(exams), the records of exams and the
          calendar; V(time_limits), whether the platform ends sessions before an exam is over; V(collector), the
          platform's garbage collector of workspaces.
        - V(pools), whether all instances are whole, current and warm; V(seats), whether they are clean and let their
          users in; V(ledger), what exams hold, left behind, or lost to other clients; V(ownership), which tools apply
          app definitions from elsewhere.
        - V(operator), whether one leads; V(arguments), how it runs; V(kinds), the versions of Theia Cloud's kinds;
          V(rights), which playbook the account may not run; V(service), the REST service; V(quotas), how far they are
          used; V(metrics), whether use of memory is measured; V(clocks), how far clocks are apart.
      returned: always
      type: str
      sample: pools
    result:
      description: V(no_go), V(unknown) if something could not be read, V(warning), or V(go).
      returned: always
      type: str
      sample: no_go
    evidence:
      description: What was seen.
      returned: always
      type: str
      sample: "java-17-latest: instance 2 has no external Service"
    remedy:
      description: What to do about it; null if nothing, or if RV(checks[].run) says it.
      returned: always
      type: str
      sample: sessions are on them, so leave them until these have ended
    run:
      description: The playbook that does it, with its variables; null if there is none.
      returned: always
      type: dict
      sample: {playbook: repair_pools, variables: {app_definition: java-17-latest, repair: halves}}
seen_at:
  description: When this was read, in UTC by the API server's clock.
  returned: success
  type: str
  sample: "2027-02-11T08:41:07Z"
missing:
  description: What could not be read, with the reason.
  returned: success
  type: dict
  sample: {}
"""

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._status.readiness.check import CODES
from ansible_collections.eduide.theia.plugins.module_utils._status.readiness.task import run_readiness


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            "checks": {"type": "list", "elements": "str", "choices": list(CODES), "default": list(CODES)},
            "calendar": {"type": "raw"},
            "time_zone": {"type": "str"},
        },
        supports_check_mode=True,
    )
    finish(module, run_readiness, "looking whether the installation is ready")


if __name__ == "__main__":
    main()
