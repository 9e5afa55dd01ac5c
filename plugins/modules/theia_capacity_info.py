#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_capacity_info
short_description: See the bounds, pools and quotas of a Theia Cloud installation
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Reads the bounds of app definitions, counts their pools, and shows what exams hold and how far quotas are used.
  - Through the REST service only the bounds can be seen.
options:
  app_definitions:
    description: Names of the app definitions to return; all of them if not set.
    type: list
    elements: str
  participants:
    description:
      - Number of further students who are expected. With it, RV(verdict) says how many get a session, what limits them
        and what lifts that. V(0) asks how many there could be.
      - Quotas, LimitRanges, nodes and the pods of the whole cluster are read for it. What may not be read makes the
        verdict a bound.
    type: int
  participants_of:
    description:
      - The same where it is known who chooses what, as a number for each name of an app definition.
    type: dict
  with_workspaces:
    description:
      - Whether each of them brings a new workspace, whose volume counts against quotas.
    type: bool
    default: false
  with_max_instances:
    description:
      - Bounds that are about to be raised, as a number for each name of an app definition. The verdict is told as if
        they were there already; larger ones stay.
    type: dict
  with_present:
    description:
      - Whether the sessions that these app definitions have already are of O(participants), so that only the others are
        still to come. Those in ERROR are none.
    type: bool
    default: false
  check_leader:
    description:
      - Watch whether an operator leads, which takes a second or two, and as long as its Lease lasts if none does.
    type: bool
    default: false
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_capacity
"""

EXAMPLES = r"""
- name: See what is warm, claimed and left in the quota
  eduide.theia.theia_capacity_info:
    namespace: theia-prod
  register: capacity

- name: Ask whether 420 more students get a session
  eduide.theia.theia_capacity_info:
    namespace: theia-prod
    app_definitions: [java-17-latest]
    participants: 420
  register: capacity

- name: Stop here if they do not
  ansible.builtin.assert:
    that: capacity.verdict.enough
    fail_msg: "{{ capacity.verdict.sentence }}"

- name: See the bounds without access to the cluster
  eduide.theia.theia_capacity_info:
    api: service
    service_url: https://service.theia.example.org
    admin_token: "{{ theia_admin_token }}"
    app_definitions: [java-17-latest]
"""

RETURN = r"""
app_definitions:
  description: The app definitions, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Name of the app definition., returned: always, type: str, sample: java-17-latest}
    uid:
      description: Its uid; null through the REST service, like everything below the bounds.
      returned: always
      type: str
      sample: 7d0f0f5e-5b0e-4d52-a8a0-3f1f0c9f6a11
    min_instances: {description: Total number of instances in the pool., returned: always, type: int, sample: 60}
    max_instances: {description: Most sessions that may exist., returned: always, type: int, sample: 1000}
    timeout_minutes:
      description: Minutes until a session is ended; null if nothing is set.
      returned: always
      type: int
      sample: 1440
    inactive_minutes:
      description:
        - Minutes without activity until a session is ended; null if it has no activity tracker, or with O(api=service).
      returned: always
      type: int
      sample: 180
    sessions: {description: Number of its sessions., returned: always, type: int, sample: 40}
    pool:
      description: The pool, counted by the owners of its Services.
      returned: always
      type: dict
      contains:
        total: {description: Instances in the pool., returned: always, type: int, sample: 60}
        free: {description: Instances that no session holds., returned: always, type: int, sample: 20}
        claimed: {description: Instances that a session holds., returned: always, type: int, sample: 40}
        warm:
          description:
            - Free instances whose pod is ready, built from the current app definition, with nothing left of an earlier
              user.
          returned: always
          type: int
          sample: 20
        cold: {description: Instances that should be warm and are not., returned: always, type: int, sample: 0}
        dirty:
          description: Free instances that still carry a label or the address of an earlier user after 30 seconds.
          returned: always
          type: int
          sample: 0
        outdated: {description: Free instances of an earlier app definition., returned: always, type: int, sample: 0}
        halves:
          description:
            - Instances up to the bound of which a part is missing, and whether a session holds them. The operator never
              completes some of them, and O(eduide.theia.theia_capacity#module:repair=halves) does.
          returned: always
          type: list
          elements: dict
          sample: [{instance_id: 2, lacks: [external Service], held: false}]
        surplus:
          description: Ids of free instances above the bound, which the operator has yet to remove.
          returned: always
          type: list
          elements: int
          sample: []
        missing:
          description: Ids up to the bound of which nothing is there.
          returned: always
          type: list
          elements: int
          sample: []
        locked_out:
          description: Claimed instances whose list of allowed addresses is empty, so that their user is refused.
          returned: always
          type: int
          sample: 0
        ownerless:
          description: Objects named like members of the pool that nothing owns.
          returned: always
          type: list
          elements: str
          sample: []
        abandoned:
          description:
            - Ids of instances that sessions hold and the app definition owns no more, since its bound was lowered
              below them.
          returned: always
          type: list
          elements: int
          sample: []
        highest_claimed_id:
          description: Highest id that a session holds, V(0) if none does. The bound is not lowered below it.
          returned: always
          type: int
          sample: 40
    ledger:
      description: What exams hold; null if the ledger has no entry.
      returned: always
      type: dict
      contains:
        baseline:
          description: Values from before the first hold, of the fields that were changed.
          returned: always
          type: dict
          sample: {min_instances: 3}
        holds:
          description: What exams added.
          returned: always
          type: list
          elements: dict
          contains:
            exam: {description: Name of the exam., returned: always, type: str, sample: pgdp-final}
            asked: {description: What it asked for., returned: always, type: dict, sample: {warm: 60}}
            add: {description: Instances that it adds., returned: always, type: int, sample: 57}
            until:
              description: When the exam ends, in UTC; null if that was not stated.
              returned: always
              type: str
              sample: "2027-02-11T10:00:00Z"
            ended: {description: Whether it has ended and waits., returned: always, type: bool, sample: false}
        draining_since:
          description: Since when claimed instances keep the baseline from being restored, in UTC; null if none do.
          returned: always
          type: str
          sample: "2027-02-11T10:20:00Z"
    drift:
      description: Fields that open exams hold and whose value is another one by now; null through the REST service.
      returned: always
      type: list
      elements: dict
      contains:
        field: {description: The option., returned: always, type: str, sample: min_instances}
        path: {description: The field in the app definition., returned: always, type: str, sample: /spec/minInstances}
        wanted: {description: Value that the exams need., returned: always, type: int, sample: 63}
        live: {description: Value that is there; null if none is., returned: always, type: int, sample: 3}
        by_another_client:
          description: Whether another client wrote it; if not, an earlier run did not get so far.
          returned: always
          type: bool
          sample: true
        manager:
          description: The client that wrote it, by its field manager; null if it was none.
          returned: always
          type: str
          sample: argocd-controller
        at:
          description: When it was written, in UTC; null if that is not recorded.
          returned: always
          type: str
          sample: "2027-02-11T03:17:51Z"
quotas:
  description: Use of resource quotas, one entry for each resource; null if it cannot be read.
  returned: success
  type: list
  elements: dict
  contains:
    quota: {description: Name of the ResourceQuota., returned: always, type: str, sample: theia}
    resource: {description: The limited resource., returned: always, type: str, sample: limits.memory}
    used: {description: Used amount as a Kubernetes quantity., returned: always, type: str, sample: 180G}
    hard: {description: Allowed amount as a Kubernetes quantity., returned: always, type: str, sample: 600Gi}
    percent:
      description: Share that is used; null where nothing is allowed.
      returned: always
      type: float
      sample: 27.9
operator:
  description: How the operator runs; null if its Deployment cannot be found.
  returned: success
  type: dict
  contains:
    eager: {description: Whether it keeps pools., returned: always, type: bool, sample: true}
    keycloak: {description: Whether a login protects sessions., returned: always, type: bool, sample: true}
    sessions_per_user:
      description: Most sessions of one user; null if unlimited.
      returned: always
      type: int
      sample: 10
    leading: {description: Whether one leads; null without O(check_leader)., returned: always, type: bool, sample: true}
    led_seconds:
      description: For how long the one that leads has been leading; null if none leads, or without O(check_leader).
      returned: always
      type: int
      sample: 86400
seen_at:
  description: When this was read, in UTC by the API server's clock; null through the REST service.
  returned: success
  type: str
  sample: "2027-02-11T08:41:07Z"
verdict:
  description:
    - How many further students get a session from now on, on all of these app definitions together; null if there is no
      app definition.
    - Free instances come first, then sessions with a pod of their own.
  returned: with O(participants) or O(participants_of)
  type: dict
  contains: &verdict_fields
    app_definitions:
      description: The app definitions that students may choose.
      returned: always
      type: list
      elements: str
      sample: [java-17-latest]
    participants:
      description: How many are still expected; null if that was not stated.
      returned: always
      type: int
      sample: 420
    sessions:
      description:
        - The largest number of further students who get a session; null if nothing that was read limits it.
        - Of several app definitions, a number that holds in whatever order students come, and whatever they choose
          unless O(participants_of) says it.
      returned: always
      type: int
      sample: 207
    warm: {description: How many of them find a warm instance., returned: always, type: int, sample: 60}
    stuck:
      description: Free instances that would take a student and never become ready.
      returned: always
      type: int
      sample: 0
    enough:
      description: Whether all participants get a session; null if their number was not stated.
      returned: always
      type: bool
      sample: false
    confidence:
      description: V(exact), or V(bound) where fewer or more may get one for the reasons in RV(verdict.reasons).
      returned: always
      type: str
      sample: exact
    reasons:
      description: What the number does not take into account.
      returned: always
      type: list
      elements: str
      sample: []
    limits:
      description: What allows fewer than are expected, and what binds, the tightest first.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description:
            - V(quota), V(nodes), V(max_instances) or V(sessions_per_user).
            - V(unlimited_container) if a quota demands what a container does not state and no LimitRange fills in, so
              that no new pod is let in; V(limit_range) if a LimitRange forbids the pods.
          returned: always
          type: str
          sample: quota
        object:
          description: Name of the quota, LimitRange or app definition; null for others.
          returned: always
          type: str
          sample: theia
        resource: {description: The resource of a quota., returned: always, type: str, sample: requests.memory}
        sessions: {description: How many sessions it allows by itself., returned: always, type: int, sample: 207}
        binds: {description: Whether nothing allows fewer., returned: always, type: bool, sample: true}
        hard: {description: The limit., returned: always, type: str, sample: 400Gi}
        used: {description: What is used of a quota., returned: always, type: str, sample: 12G}
        each: {description: What a session takes of a quota., returned: always, type: str, sample: 1972Mi}
        cause: {description: The limit in words., returned: always, type: str, sample: max_instances=40 of c-latest}
        remedy:
          description: What lifts it for all participants, or for one student more if their number was not stated.
          returned: always
          type: str
          sample: raise max_instances of c-latest to 60
    headline:
      description: How many and what binds, short enough for a terminal.
      returned: always
      type: str
      sample: "java-17-latest: 207 more students, 60 on a warm instance; quota theia requests.memory"
    sentence:
      description: All of it in one line.
      returned: always
      type: str
      sample: "c-latest: 40 more students get a session, 10 of them at once on a warm instance"
verdicts:
  description: The same for each of these app definitions alone.
  returned: with O(participants) or O(participants_of)
  type: list
  elements: dict
  contains: *verdict_fields
missing:
  description: What could not be read, with the reason. The values that rest on it are null.
  returned: success
  type: dict
  sample: {}
"""

from ansible_collections.eduide.theia.plugins.module_utils._capacity.info import run_info
from ansible_collections.eduide.theia.plugins.module_utils._capacity.options import verdict_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **verdict_argument_spec(),
            "check_leader": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("participants", "participants_of"), ("app_definitions", "participants_of")],
        supports_check_mode=True,
    )
    finish(module, run_info, "reading the capacity")


if __name__ == "__main__":
    main()
