#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_exam_info
short_description: See which exams are declared and where each stands, or check a calendar
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the exams that are on record in an installation, the earliest first, each with its phase.
  - With O(calendar) it reads a calendar instead and says what is wrong with it. No cluster is needed for that, so it is
    a check for the repository in which a team keeps its calendar.
  - Records are in the cluster, whatever O(api) says; how to reach the service is not used.
options:
  names:
    description: Only these exams. One that is not on record fails the task.
    type: list
    elements: str
  calendar:
    description:
      - The calendar to check. A list of exams, or a path of a YAML file that is such a list or has one under
        C(theia_exams), and maybe C(theia_time_zone) beside it.
      - Each exam has the options C(name) to C(users) of M(eduide.theia.theia_exam), and its times have a date.
      - An entry that is wrong fails the task; all others are in the result.
    type: raw
  time_zone:
    description:
      - Name of the time zone of times without an offset in O(calendar), such as Europe/Berlin.
      - Times for people are shown in it.
    type: str
  history:
    description: Return what was done about each exam.
    type: bool
    default: false
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_exam
"""

EXAMPLES = r"""
- name: See all exams
  eduide.theia.theia_exam_info:
    namespace: theia-prod
    time_zone: Europe/Berlin
  register: found

- name: Look up why an exam was closed
  eduide.theia.theia_exam_info:
    namespace: theia-prod
    names: [pgdp-final]
    history: true

- name: Check the calendar in a pipeline, without a cluster
  eduide.theia.theia_exam_info:
    calendar: calendar.yml
"""

RETURN = r"""
exams:
  description: The exams on record, or those of the calendar that can be declared.
  returned: success, and failure for a broken calendar
  type: list
  elements: dict
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
      returned: without O(calendar)
      type: str
      sample: "2027-02-11T10:50:00Z"
    source: {description: V(calendar) or V(manual)., returned: without O(calendar), type: str, sample: calendar}
    phase:
      description:
        - V(declared) before its lead; V(warming), then V(warm) when its instances are ready, before its start;
          V(running) until its shield ends; V(cooling) after that; V(closed).
      returned: without O(calendar)
      type: str
      sample: running
    sentence:
      description: Its times for people, in O(time_zone) and in UTC.
      returned: without O(calendar)
      type: str
      sample: pgdp-final ended on 2027-02-11 11:50 CET (10:50 UTC)
    history:
      description: What was done about it, the latest last.
      returned: with O(history)
      type: list
      elements: dict
      sample: [{at: "2027-02-10T12:00:00Z", action: declared, run: ada@control, outcome: recorded}]
unreadable:
  description: Records that cannot be read. While there is one, every live session is shielded.
  returned: success without O(calendar)
  type: list
  elements: dict
  contains:
    record: {description: Name of the ConfigMap., returned: always, type: str, sample: theia-exam-eist}
    reason: {description: What is wrong with it., returned: always, type: str, sample: "key 'exam' cannot be read"}
broken:
  description: Entries of the calendar that declare no exam.
  returned: with O(calendar)
  type: list
  elements: dict
  contains:
    number: {description: "Place in the list, counted from 1.", returned: always, type: int, sample: 3}
    name: {description: Name of the exam; null if it has none., returned: always, type: str, sample: eist-midterm}
    problem: {description: What is wrong with it., returned: always, type: str, sample: end is missing}
seen_at:
  description: When this was read, in UTC by the API server's clock.
  returned: success without O(calendar)
  type: str
  sample: "2027-02-11T08:10:00Z"
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
from ansible_collections.eduide.theia.plugins.module_utils._exams.info import run_info
from ansible_collections.eduide.theia.plugins.module_utils._exams.options import exam_info_argument_spec


def main() -> None:
    module = TheiaModule(
        argument_spec={**kube_argument_spec(), **service_argument_spec(), **exam_info_argument_spec()},
        supports_check_mode=True,
    )
    finish(module, run_info, "reading the exams")


if __name__ == "__main__":
    main()
