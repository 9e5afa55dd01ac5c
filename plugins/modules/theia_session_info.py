#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_session_info
short_description: See who is working in Theia Cloud, and which sessions are in trouble and why
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the sessions of all users, each with its app definition, workspace, pod, usage and exam, and says what is
    wrong with it. Objects are found by owner uid, for sessions of the same name follow each other.
  - What could not be read is null, and named in one warning. It is never taken for zero or for a reason.
  - Session secrets and the environment of sessions are dropped while they are read.
options:
  gather:
    description:
      - What to read beside sessions and app definitions. Less is faster; what is not read is null.
      - V(objects) are Deployments, ReplicaSets, Services and pods, V(usage) is what pods use, V(addresses) are the
        address lists of claimed instances, V(exams) are the records of exams.
    type: list
    elements: str
    choices: [objects, usage, workspaces, addresses, exams]
    default: [objects, usage, workspaces, addresses, exams]
  other_pods:
    description:
      - Return the pods that belong to no session, too, such as free instances, sidecars and the operator. Not with
        O(api=service), which knows of none.
    type: bool
    default: false
  performance:
    description:
      - With O(api=service), read what the session uses. It has to be the only one selected.
      - With O(api=kubernetes) usage is part of O(gather).
    type: bool
    default: false
  fields:
    description: Only these fields of each session. Returning a session takes longer than reading it.
    type: list
    elements: str
  query:
    description:
      - A JMESPath expression over the result. What it finds is returned in RV(query_result), and RV(sessions) is left
        out.
      - Needs the Python library C(jmespath).
    type: str
  pseudonym_key:
    description:
      - Replaces users, and the names that the platform builds from them, by pseudonyms that are the same every time
        under the same key. Sessions can still be told apart by uid.
      - Texts of others, such as messages of the operator and of the cluster, are left out then.
    type: str
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._sessions
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_session
"""

EXAMPLES = r"""
- name: See all sessions
  eduide.theia.theia_session_info:
    namespace: theia-prod
  register: seen

- name: Find stuck and runaway sessions
  eduide.theia.theia_session_info:
    namespace: theia-prod
    findings: [failed, stuck_starting, no_url, no_pod, high_memory]
    sort_by: created

- name: See the ten sessions that use the most memory
  eduide.theia.theia_session_info:
    namespace: theia-prod
    sort_by: memory
    limit: 10
    fields: [name, user, pod]

- name: Count sessions, and return none of them
  eduide.theia.theia_session_info:
    namespace: theia-prod
    gather: [objects]
    limit: 0

- name: Find the addresses of users who are locked out
  eduide.theia.theia_session_info:
    namespace: theia-prod
    findings: [locked_out]
    query: sessions[].user

- name: See the usage of one's own session without access to the cluster
  eduide.theia.theia_session_info:
    api: service
    service_url: https://service.theia.example.org
    app_id: asdfghjkl
    user_token: "{{ my_token }}"
    names: [ws-java-17-latest-ada-session]
    performance: true
"""

RETURN = r"""
sessions:
  description:
    - The selected sessions in order. Through the REST service only names are known, and everything else is null.
  returned: when O(query) is not set
  type: list
  elements: dict
  contains:
    name: {description: Name of the session., returned: always, type: str, sample: ws-java-17-latest-ada-session}
    uid:
      description: Uid of the session.
      returned: always
      type: str
      sample: 2f4c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d11
    namespace: {description: Namespace of the installation., returned: always, type: str, sample: theia-prod}
    user: {description: Its user., returned: always, type: str, sample: ada@tum.de}
    app_definition: {description: Its app definition., returned: always, type: str, sample: java-17-latest}
    workspace: {description: Its workspace; null if it has none., returned: always, type: str, sample: ws-1}
    data_at:
      description:
        - Where its user's files are. V(volume) if the workspace's volume is mounted, V(pod) if they end with the pod,
          V(none) if there is no pod or never was a URL; null if that could not be read.
      returned: always
      type: str
      sample: pod
    created: {description: When it was created in UTC., returned: always, type: str, sample: "2027-02-11T08:00:00Z"}
    age_seconds: {description: Seconds since then., returned: always, type: int, sample: 3600}
    last_activity:
      description: When the platform says it was last used, in UTC; null if it says nothing.
      returned: always
      type: str
      sample: "2027-02-11T08:58:00Z"
    activity_known:
      description:
        - Whether RV(sessions[].last_activity) can be believed. It cannot in sessions on prewarmed instances, without a
          working activity monitor, right after the start, and where it is our own last report.
        - Where a finding rests on it, it is also asked whether the operator that leads has written it. One that has
          taken over lately, or whose monitor did not come up with it, has not.
      returned: always
      type: bool
      sample: true
    idle_seconds:
      description: Seconds since the last activity; null if that is not known.
      returned: always
      type: int
      sample: 120
    state:
      description:
        - V(failed), V(running), V(unready), V(starting) or V(pending), as in O(states); null if its objects could not
          be read.
      returned: always
      type: str
      sample: running
    start:
      description:
        - V(eager) on a prewarmed instance, V(lazy) with a pod of its own, V(lazy-fallback) with one because no
          instance was free; null if that is not decided yet or unknown.
      returned: always
      type: str
      sample: eager
    instance_id: {description: Number of its prewarmed instance; null if none., returned: always, type: int, sample: 7}
    operator_status:
      description: The operator's word for how far it is; null if it has none yet.
      returned: always
      type: str
      sample: HANDLED
    operator_message: {description: What the operator says., returned: always, type: str, sample: Session timed out}
    error: {description: The platform's error code and text., returned: always, type: str, sample: "553:limit reached"}
    url: {description: Its address without a scheme., returned: always, type: str, sample: ide.example.org/java-7/}
    exam: {description: The open exam that it is part of., returned: always, type: str, sample: pgdp-final}
    protected: {description: Why it is never stopped; null if it may be., returned: always, type: str, sample: demo}
    pod:
      description: Its pod; null if there is none or pods could not be read. Usage is that of the IDE's container.
      returned: always
      type: dict
      contains:
        name: {description: Name of the pod., returned: always, type: str, sample: instance-7-java-17-latest-5d4f-x2z}
        node: {description: Node that it runs on., returned: always, type: str, sample: node-3}
        phase: {description: Phase of the pod., returned: always, type: str, sample: Running}
        ready: {description: Whether it is ready and not going., returned: always, type: bool, sample: true}
        restarts: {description: Restarts of all its containers., returned: always, type: int, sample: 0}
        waiting_reason:
          description: Why a container waits; null if none does.
          returned: always
          type: str
          sample: CrashLoopBackOff
        cpu_millicores: {description: CPU in use; null if not measured., returned: always, type: int, sample: 124}
        memory_bytes:
          description: Memory in use; null if not measured.
          returned: always
          type: int
          sample: 1073741824
        memory_limit_bytes: {description: Its limit; null if none., returned: always, type: int, sample: 3000000000}
        memory_percent: {description: Share of the limit in use., returned: always, type: int, sample: 35}
    findings:
      description: What is wrong with it, the worst first.
      returned: always
      type: list
      elements: dict
      contains:
        code: {description: The finding., returned: always, type: str, sample: high_memory}
        evidence: {description: What it rests on., returned: always, type: str, sample: 96 % of its memory limit}
        since:
          description: Since when, in UTC; null if nothing records it.
          returned: always
          type: str
          sample: "2027-02-11T08:30:00Z"
query_result:
  description: What O(query) found.
  returned: when O(query) is set
  type: raw
  sample: [ada@tum.de]
other_pods:
  description: Pods that belong to no session.
  returned: when O(other_pods=true)
  type: list
  elements: dict
  contains:
    app: {description: Its label C(app)., returned: always, type: str, sample: java-17-latest-9}
    name: {description: Name of the pod., returned: always, type: str, sample: instance-9-java-17-latest-5d4f-8kq}
    node: {description: Node that it runs on., returned: always, type: str, sample: node-3}
    phase: {description: Phase of the pod., returned: always, type: str, sample: Running}
    ready: {description: Whether it is ready and not going., returned: always, type: bool, sample: true}
    restarts: {description: Restarts of all its containers., returned: always, type: int, sample: 0}
    waiting_reason: {description: Why a container waits., returned: always, type: str, sample: ImagePullBackOff}
    cpu_millicores: {description: CPU in use; null if not measured., returned: always, type: int, sample: 3}
    memory_bytes: {description: Memory in use; null if not measured., returned: always, type: int, sample: 412876800}
    memory_limit_bytes: {description: Its limit; null if none., returned: always, type: int, sample: 3000000000}
    memory_percent: {description: Share of the limit in use., returned: always, type: int, sample: 13}
summary:
  description: Totals of the selected sessions, before O(limit).
  returned: success
  type: dict
  contains:
    total: {description: Number of sessions., returned: always, type: int, sample: 40}
    by_app_definition: {description: By app definition., returned: always, type: dict, sample: {java-17-latest: 40}}
    by_state: {description: By state., returned: always, type: dict, sample: {running: 38, failed: 2}}
    by_start: {description: By way of starting., returned: always, type: dict, sample: {eager: 38, unknown: 2}}
    by_finding: {description: By finding., returned: always, type: dict, sample: {failed: 2}}
    sessions_per_user:
      description: Most sessions that the operator lets a user have; null if unlimited or unknown.
      returned: always
      type: int
      sample: 10
    users_near_limit:
      description: Users with four fifths of that or more.
      returned: always
      type: list
      elements: dict
      contains:
        user: {description: The user., returned: always, type: str, sample: ada@tum.de}
        sessions: {description: Number of the user's sessions., returned: always, type: int, sample: 9}
    users_over_limit:
      description: Users with more than that, which happens with prewarmed instances.
      returned: always
      type: list
      elements: dict
      contains:
        user: {description: The user., returned: always, type: str, sample: ada@tum.de}
        sessions: {description: Number of the user's sessions., returned: always, type: int, sample: 11}
unknown_findings:
  description: Findings that could not be told of at least one selected session.
  returned: success
  type: list
  elements: str
  sample: [high_memory]
missing:
  description: What could not be read, with the reason.
  returned: success
  type: dict
  sample: {}
seen_at:
  description: When this was read, in UTC by the API server's clock; null through the REST service.
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
from ansible_collections.eduide.theia.plugins.module_utils._sessions.info import run_info
from ansible_collections.eduide.theia.plugins.module_utils._sessions.options import (
    selection_argument_spec,
    thresholds_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._sessions.view import GATHERED


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **selection_argument_spec(),
            **thresholds_argument_spec(),
            "gather": {"type": "list", "elements": "str", "choices": list(GATHERED), "default": list(GATHERED)},
            "other_pods": {"type": "bool", "default": False},
            "performance": {"type": "bool", "default": False},
            "fields": {"type": "list", "elements": "str"},
            "query": {"type": "str"},
            "pseudonym_key": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    finish(module, run_info, "listing sessions")


if __name__ == "__main__":
    main()
