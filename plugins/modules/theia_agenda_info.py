#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_agenda_info
short_description: Tell what should be done for all exams now
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Compares a calendar, the exams on record and what they hold with the clock of the API server, and tells what has to
    be done so that they agree. It changes nothing; the role C(exam_convergence) does what it tells.
  - The answer follows from what is there, never from an earlier run. A run that was missed or killed needs no care.
  - A value that another client wrote over that of an exam is put right. If the same client does so again, that is told
    and left.
  - An exam that is under way stays, whatever the calendar says. One that leaves the calendar before its lead is
    withdrawn.
  - Records are in the cluster, whatever O(api) says; how to reach the service is not used.
options:
  calendar:
    description:
      - The calendar, as for M(eduide.theia.theia_exam_info). Without one the exams on record are all there is.
      - An empty calendar withdraws what an earlier one declared.
    type: raw
  time_zone:
    description:
      - Name of the time zone of times without an offset in O(calendar), such as Europe/Berlin.
      - Times for people are shown in it.
    type: str
  extend_time_limits:
    description:
      - Whether sessions of exams have to last as long as the shield and an hour more; RV(warm) says how long that is.
    type: bool
    default: true
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_exam
  - module: eduide.theia.theia_capacity
"""

EXAMPLES = r"""
- name: Learn what a calendar would change now
  eduide.theia.theia_agenda_info:
    namespace: theia-prod
    calendar: calendar.yml
  register: agenda

- name: Learn when something has to be done next
  eduide.theia.theia_agenda_info:
    namespace: theia-prod
    time_zone: Europe/Berlin
"""

RETURN = r"""
declare:
  description: Exams of the calendar whose record is missing or says something else.
  returned: success
  type: list
  elements: dict
  sample:
    - name: pgdp-final
      start: "2027-02-11T08:00:00Z"
      end: "2027-02-11T10:00:00Z"
      lead_minutes: 30
      extra_time_minutes: 30
      grace_minutes: 15
      participants: 420
      app_definitions: [{name: java-17-latest, warm: 60}]
      users: []
withdraw:
  description: Exams that left the calendar before their lead.
  returned: success
  type: list
  elements: str
  sample: []
warm:
  description:
    - Exams that are under way, each as in RV(declare), whether they hold something already or not.
    - In each, C(session_minutes) is how long its sessions have to last; null without O(extend_time_limits).
  returned: success
  type: list
  elements: dict
  sample: []
cool:
  description: Exams that are over and hold something, and those of RV(cool_only).
  returned: success
  type: list
  elements: str
  sample: [eist-midterm]
cool_only:
  description:
    - By exam, the app definitions that no exam holds any more and whose bounds are not lowered yet, as
      O(eduide.theia.theia_capacity#module:app_definitions) takes them.
    - The exam may be declared anew and hold something else by now, which has to stay.
  returned: success
  type: dict
  sample: {pgdp-quiz: [{name: java-17-latest}]}
close:
  description: Exams that are over and not closed.
  returned: success
  type: list
  elements: str
  sample: [eist-midterm]
steps:
  description: What would change, in order.
  returned: success
  type: list
  elements: dict
  contains:
    do:
      description:
        - V(declare), V(withdraw), V(warm), V(cool) or V(close).
        - V(repair) what another client changed, or V(finish) what an earlier run began.
      returned: always
      type: str
      sample: cool
    exam: {description: Name of the exam., returned: always, type: str, sample: eist-midterm}
    why: {description: Why it has to be done., returned: always, type: str, sample: it holds nothing yet}
changes:
  description: How many steps there are.
  returned: success
  type: int
  sample: 2
problems:
  description:
    - Entries of the calendar and records that cannot be read, and exams that are not ended because by one of two clocks
      that disagree their shield holds. They keep no other exam from being seen to.
  returned: success
  type: list
  elements: str
  sample: ["entry 3 (eist-midterm) of the calendar: end is missing"]
closed_early:
  description: >-
    Exams that somebody closed while the calendar still has them ahead or under way, with what to do if they take place.
    Nothing is done for them.
  returned: success
  type: list
  elements: str
  sample: []
fights:
  description:
    - Changes of another client that were put right within the last 24 hours and that it made again, with what to do
      about it.
  returned: success
  type: list
  elements: str
  sample: []
next_change_at:
  description: When something has to be done next, in UTC, if nothing else happens; null if nothing is declared.
  returned: success
  type: str
  sample: "2027-02-11T10:45:01Z"
next_change_text:
  description: The same for people, in O(time_zone) and in UTC.
  returned: success
  type: str
  sample: 2027-02-11 11:45 CET (10:45 UTC)
seen_at:
  description: When this was read, in UTC by the API server's clock.
  returned: success
  type: str
  sample: "2027-02-11T08:10:00Z"
"""

from ansible_collections.eduide.theia.plugins.module_utils._capacity.agenda_info import run_agenda
from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            "calendar": {"type": "raw"},
            "time_zone": {"type": "str"},
            "extend_time_limits": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    finish(module, run_agenda, "working out what to do for exams")


if __name__ == "__main__":
    main()
