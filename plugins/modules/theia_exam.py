#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_exam
short_description: Declare, change, extend and close an exam
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Keeps the record of an exam, a ConfigMap C(theia-exam-NAME) in the namespace of the installation. While its shield
    holds, no module of this collection stops a live session of that exam.
  - The shield holds from O(lead_minutes) before O(start) until O(extra_time_minutes) and O(grace_minutes) after O(end),
    by the clock of the API server. While it holds it only grows. What a later declaration leaves out stays, and a
    warning names it. Only closing the exam with O(end_early_reason) makes it smaller.
  - It changes no app definition; M(eduide.theia.theia_capacity) warms instances.
  - The record keeps a history of the last 50 changes.
  - Records are in the cluster, whatever O(api) says; how to reach the service is not used.
options:
  name:
    description: Name of the exam, up to 50 lower-case letters, digits and hyphens.
    type: str
    required: true
  state:
    description:
      - V(declared) puts the exam on record. With O(app_definitions) it is stated anew, and what is left out has its
        default. Without them the other options change the exam that is on record.
      - V(closed) ends it. Before its shield holds that withdraws it, and afterwards it only tidies up. While the shield
        holds it takes O(end_early_reason). Where the clocks of the API server and of the machine that runs this are
        more than 5 minutes apart, it also does while the shield holds by the other one.
    type: str
    choices: [declared, closed]
    default: declared
  start:
    description:
      - When it starts. A time with an offset, or one of O(time_zone), or C(HH:MM) of today.
      - If not set, the start on record, or now if the exam is not on record.
    type: str
  end:
    description: When it ends, in the same forms. Needed together with O(app_definitions).
    type: str
  lead_minutes:
    description: Minutes before O(start) from which on instances are warm and the shield holds. 30 if not set.
    type: int
  extra_time_minutes:
    description: Minutes after O(end) that some students may go on, as compensation for a disadvantage. 0 if not set.
    type: int
  grace_minutes:
    description: Minutes after that in which students submit and the shield still holds. 15 if not set.
    type: int
  participants:
    description: Number of students who are expected.
    type: int
  app_definitions:
    description: What the exam is written on.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the app definition, one that the installation has.
        type: str
        required: true
      warm:
        description: Number of free, started instances that students should find. 0 if not set.
        type: int
      max_instances:
        description: Most sessions that have to be possible.
        type: int
      timeout_minutes:
        description: Minutes after its creation before which the platform must not end a session; V(0) means never.
        type: int
  users:
    description:
      - Who takes part. If empty or not set, everybody on O(app_definitions).
      - Names are compared without case. A warning counts those who have neither a session nor a workspace.
    type: list
    elements: str
  time_zone:
    description:
      - Name of the time zone of times without an offset, such as Europe/Berlin. Times for people are shown in it.
      - If not set, C(HH:MM) is a time of the machine that the task runs on, and a date needs an offset.
    type: str
  source:
    description: Where the declaration comes from. A V(calendar) may withdraw later what it declared.
    type: str
    choices: [calendar, manual]
    default: manual
  must_be_due:
    description: Refuse an exam whose shield begins in more than 12 hours.
    type: bool
    default: false
  end_early_reason:
    description: With O(state=closed), why students lose their shield before its time. It is kept in the history.
    type: str
  run:
    description: Who is at work, for the history. The login name and the host if not set.
    type: str
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._attributes
  - eduide.theia._attributes.actiongroup_theia
attributes:
  check_mode: {support: full}
  diff_mode: {support: full}
  idempotent: {support: full}
seealso:
  - module: eduide.theia.theia_exam_info
  - module: eduide.theia.theia_capacity
"""

EXAMPLES = r"""
- name: Declare an exam
  eduide.theia.theia_exam:
    namespace: theia-prod
    name: pgdp-final
    start: "2027-02-11T09:00"
    end: "2027-02-11T11:00"
    time_zone: Europe/Berlin
    extra_time_minutes: 30
    participants: 420
    app_definitions:
      - name: java-17-latest
        warm: 60

- name: Extend it by half an hour while it is under way
  eduide.theia.theia_exam:
    namespace: theia-prod
    name: pgdp-final
    end: "2027-02-11T11:30:00+01:00"

- name: Close it before its time
  eduide.theia.theia_exam:
    namespace: theia-prod
    name: pgdp-final
    state: closed
    end_early_reason: fire alarm, the exam is written again next week
"""

RETURN = r"""
exam:
  description: The exam as it is on record afterwards, or would be.
  returned: success
  type: dict
  contains:
    name: {description: Name of the exam., returned: always, type: str, sample: pgdp-final}
    start: {description: When it starts in UTC., returned: always, type: str, sample: "2027-02-11T08:00:00Z"}
    end: {description: When it ends in UTC., returned: always, type: str, sample: "2027-02-11T10:00:00Z"}
    lead_minutes: {description: Minutes of preparation before it., returned: always, type: int, sample: 30}
    extra_time_minutes: {description: Minutes that some may go on., returned: always, type: int, sample: 30}
    grace_minutes: {description: Minutes for submitting., returned: always, type: int, sample: 15}
    participants: {description: Expected students; null if not stated., returned: always, type: int, sample: 420}
    app_definitions:
      description: What it is written on, each with what was stated about it.
      returned: always
      type: list
      elements: dict
      sample: [{name: java-17-latest, warm: 60}]
    users:
      description: Who takes part; empty for everybody on the app definitions.
      returned: always
      type: list
      elements: str
      sample: []
    shield_from:
      description: When its shield begins in UTC.
      returned: always
      type: str
      sample: "2027-02-11T07:30:00Z"
    shield_until:
      description: When its shield ends in UTC.
      returned: always
      type: str
      sample: "2027-02-11T10:45:00Z"
    closed_at:
      description: When it was closed in UTC; null if it is open.
      returned: always
      type: str
      sample: "2027-02-11T10:50:00Z"
    source: {description: V(calendar) or V(manual)., returned: always, type: str, sample: manual}
action:
  description:
    - What was written into the history; null if nothing changed.
    - V(declared), V(changed), V(extended), V(reopened), V(closed), V(closed_early) or V(withdrawn).
  returned: success
  type: str
  sample: declared
sentence:
  description: The same for people, times in O(time_zone) and in UTC.
  returned: success
  type: str
  sample: pgdp-final lasts from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC)
session_minutes:
  description:
    - Minutes that a session of the exam may have to last, which are those of the shield and an hour more.
  returned: success
  type: int
  sample: 255
closed_minutes:
  description: Minutes since it was closed, rounded up; null if it is open.
  returned: success
  type: int
  sample: 0
known:
  description: The exams that could have been meant.
  returned: failure because there is no exam of this name
  type: list
  elements: str
  sample: [pgdp-final]
"""

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish
from ansible_collections.eduide.theia.plugins.module_utils._exams.options import exam_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._exams.task import run_task


def main() -> None:
    module = TheiaModule(
        argument_spec={**kube_argument_spec(), **service_argument_spec(), **exam_argument_spec()},
        supports_check_mode=True,
    )
    finish(module, run_task, "keeping the record of an exam")


if __name__ == "__main__":
    main()
