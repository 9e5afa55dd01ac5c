#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_session_diagnosis_info
short_description: Say in one sentence what is wrong with a session of Theia Cloud, and what would fix it
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Gathers everything known about the selected sessions, and draws a conclusion from it.
  - Reads of each session its pod, and once for all of them the events of the namespace and the end of the operator's
    log. It is meant for few sessions; M(eduide.theia.theia_session_info) lists many.
  - What may not be read is named in a warning and in RV(missing), and everything else is told all the same.
  - Secrets are taken out of messages and log lines.
  - Everything is read from the cluster, whatever O(api) says; how to reach the service is not used.
options:
  gather:
    description:
      - What to gather beside the record of M(eduide.theia.theia_session_info).
      - V(events) are those of the session, its Deployment, ReplicaSets and pods. V(conditions) are the conditions and
        the CPU limit of its pod. V(operator_log) are the lines of the operator's log that name the session; reading
        them takes the right to V(get) C(pods/log).
    type: list
    elements: str
    choices: [events, conditions, operator_log]
    default: [events, conditions, operator_log]
  log_lines:
    description: How many lines of the operator's log to return of each session at most.
    type: int
    default: 20
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._sessions
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_session_info
  - module: eduide.theia.theia_session
"""

EXAMPLES = r"""
- name: Learn what is wrong with a session
  eduide.theia.theia_session_diagnosis_info:
    namespace: theia-prod
    names: [ws-java-17-latest-ada-session]
  register: found

- name: Learn what keeps a student from working, without asking for the operator's log
  eduide.theia.theia_session_diagnosis_info:
    namespace: theia-prod
    users: [ada@tum.de]
    gather: [events, conditions]
"""

RETURN = r"""
diagnoses:
  description: One entry for each selected session, in order.
  returned: success
  type: list
  elements: dict
  contains:
    session:
      description: Its record, as in RV(eduide.theia.theia_session_info#module:sessions).
      returned: always
      type: dict
      sample: {name: ws-java-17-latest-ada-session, user: ada@tum.de, state: failed}
    dead:
      description: Whether no user can be in it, so that removing it takes nothing from its user.
      returned: always
      type: bool
      sample: true
    code:
      description:
        - The finding that explains the others, V(no_operator) if none leads where something waits for an operator, or
          null if nothing is wrong that could be seen.
      returned: always
      type: str
      sample: failed
    sentence:
      description: What is wrong with it.
      returned: always
      type: str
      sample: It failed for good, because the operator was restarted while it was at work on it.
    remedy:
      description:
        - What would fix it; the filter P(eduide.theia.command#filter) writes a command from it that can be pasted.
          Null if nothing has to be done or nothing can be done from here.
      returned: always
      type: dict
      contains:
        playbook: {description: Name of a playbook., returned: for a playbook, type: str, sample: unlock_user}
        variables: {description: Its variables., returned: for a playbook, type: dict, sample: {user: ada@tum.de}}
        kubectl:
          description: Words that follow C(kubectl).
          returned: otherwise
          type: list
          elements: str
          sample: ["-n", theia-prod, edit, appdefinitions.theia.cloud/java-17-latest]
    cpu_percent:
      description: Share of its CPU limit that its container uses; null if there is no limit or no measurement.
      returned: always
      type: int
      sample: 12
    events:
      description: The latest events, oldest first; null if not gathered.
      returned: always
      type: list
      elements: dict
      contains:
        about: {description: Uid of the object., returned: always, type: str, sample: 2f4c1f6e-7f0e-4c5e-9d5b}
        object: {description: Kind and name of the object., returned: always, type: str, sample: Pod/session-1-5d4f-x2z}
        type: {description: V(Normal) or V(Warning)., returned: always, type: str, sample: Warning}
        reason: {description: The event in one word., returned: always, type: str, sample: FailedScheduling}
        message: {description: The event in words., returned: always, type: str, sample: 0/40 nodes are available}
        times: {description: How often it happened., returned: always, type: int, sample: 3}
        last_seen: {description: When it happened last., returned: always, type: str, sample: "2027-02-11T08:58:00Z"}
    conditions:
      description: Conditions of its pod; null if not gathered.
      returned: always
      type: list
      elements: dict
      contains:
        type: {description: The condition., returned: always, type: str, sample: Ready}
        status: {description: "V(True), V(False) or V(Unknown).", returned: always, type: str, sample: "False"}
        reason: {description: "Why, in one word.", returned: always, type: str, sample: ContainersNotReady}
        message: {description: "Why, in words.", returned: always, type: str, sample: containers are not ready}
        since: {description: Since when., returned: always, type: str, sample: "2027-02-11T08:30:00Z"}
    operator_log:
      description: The last lines of the operator's log that name it; null if not gathered.
      returned: always
      type: list
      elements: str
      sample: ["12:01:07 INFO [ws-java-17-latest-ada-session] Handling session"]
operator_leads:
  description: Whether an operator leads the installation; null if that could not be read.
  returned: success
  type: bool
  sample: true
sessions_per_user:
  description: Most sessions that the operator lets a user have; null if unlimited or unknown.
  returned: success
  type: int
  sample: 10
missing:
  description: What could not be read, with the reason.
  returned: success
  type: dict
  sample: {}
seen_at:
  description: When this was read, in UTC by the API server's clock.
  returned: success
  type: str
  sample: "2027-02-11T09:00:00Z"
"""

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._sessions.diagnosis_info import run_diagnosis
from ansible_collections.eduide.theia.plugins.module_utils._sessions.options import (
    selection_argument_spec,
    thresholds_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._sessions.search import SOURCES


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **selection_argument_spec(),
            **thresholds_argument_spec(),
            "gather": {"type": "list", "elements": "str", "choices": list(SOURCES), "default": list(SOURCES)},
            "log_lines": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    finish(module, run_diagnosis, "looking into sessions")


if __name__ == "__main__":
    main()
