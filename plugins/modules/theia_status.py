#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_status
short_description: Look at a whole installation of Theia Cloud at once, and note which workspaces are in use
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Returns what M(eduide.theia.theia_capacity_info), M(eduide.theia.theia_session_info) and
    M(eduide.theia.theia_workspace_info) say of one and the same moment. Each kind of object is listed once for all of
    them.
  - Everything is read from the cluster, whatever O(api) says; how to reach the service is not used.
  - Of the sessions those are returned that have a finding, of the workspaces only their numbers.
  - The look can count as one of O(eduide.theia.theia_workspace#module:state=observed), because the same sessions and
    workspaces are looked at.
options:
  note_use:
    description:
      - Note on all workspaces with a session that they are in use, at most once a day for each. Nothing else is
        written. An account that may not write that gets a warning.
    type: bool
    default: true
  course:
    description: Return the exams on record and when each session began, which pages draw over time.
    type: bool
    default: false
  watch_minutes:
    description:
      - Look again every 15 seconds for so many minutes, and say when nobody will be left. It ends as soon as no session
        is left. What else is returned is read after that.
      - V(0) looks once.
    type: int
    default: 0
  time_zone:
    description: Time zone in which RV(watch.sentence) tells times, such as Europe/Berlin. UTC if not stated.
    type: str
  progress_file:
    description: Set by the action plugin of this module, which shows on the terminal what is written there.
    type: path
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._attributes
  - eduide.theia._attributes.actiongroup_theia
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: eduide.theia.theia_capacity_info
  - module: eduide.theia.theia_session_info
  - module: eduide.theia.theia_workspace_info
  - module: eduide.theia.theia_workspace
"""

EXAMPLES = r"""
- name: See what is warm, who is in trouble and what is left
  eduide.theia.theia_status:
    namespace: theia-prod
  register: status

- name: Look without writing anything down
  eduide.theia.theia_status:
    namespace: theia-prod
    note_use: false

- name: Watch the end of an exam, until nobody is left
  eduide.theia.theia_status:
    namespace: theia-prod
    watch_minutes: 30
    time_zone: Europe/Berlin
"""

RETURN = r"""
capacity:
  description:
    - What M(eduide.theia.theia_capacity_info) returns, the leader included, and the verdicts on how many more students
      get a session.
  returned: success
  type: dict
  sample: {app_definitions: [], operator: {eager: true, leading: true}, seen_at: "2027-02-11T08:41:07Z"}
sessions:
  description: What M(eduide.theia.theia_session_info) returns of all sessions with a finding.
  returned: success
  type: dict
  sample: {sessions: [], summary: {total: 0}, unknown_findings: [], missing: {}, seen_at: "2027-02-11T08:41:07Z"}
workspaces:
  description:
    - What M(eduide.theia.theia_workspace_info) returns of all workspaces, without naming one. Claims, volumes and
      quotas are not read for it.
  returned: success
  type: dict
  sample: {workspaces: [], summary: {total: 800, in_use: 40}, garbage_collector: null, missing: {}}
ways_back:
  description:
    - By app definition whose bounds are not what the capacity ledger says, how they become so.
  returned: success
  type: dict
  sample:
    java-17-latest:
      run: {playbook: pre_exam, variables: {exam: pgdp-final, drift: overwrite}}
      note: null
exams:
  description:
    - The exams on record as M(eduide.theia.theia_exam_info) returns them, with their history. Null without O(course),
      and if they could not be listed.
  returned: success
  type: list
  elements: dict
  sample: [{name: pgdp-final, start: "2027-02-11T08:00:00Z", end: "2027-02-11T10:00:00Z", closed_at: null}]
logins:
  description: All sessions without the names of their users; null without O(course).
  returned: success
  type: list
  elements: dict
  contains:
    uid:
      description: The uid of the session.
      returned: always
      type: str
      sample: 0b54f4ad-8a5e-4f0c-9d2c-6a4a8a3f5a11
    app_definition:
      description: Its app definition.
      returned: always
      type: str
      sample: java-17-latest
    created:
      description: When it was created.
      returned: always
      type: str
      sample: "2027-02-11T08:00:12Z"
    start:
      description: How it started, as M(eduide.theia.theia_session_info) says it; null if that is not known.
      returned: always
      type: str
      sample: eager
    url_by:
      description:
        - When it had its URL at the latest, by the last write of its status. Null if it has none, and if its status was
          written later for other reasons.
      returned: always
      type: str
      sample: "2027-02-11T08:00:14Z"
    ready_at:
      description: When its pod became ready; null if it is not, or was started again, or if the session has no URL.
      returned: always
      type: str
      sample: "2027-02-11T07:31:20Z"
watch:
  description: What was seen in O(watch_minutes); null if that is 0.
  returned: success
  type: dict
  contains:
    from:
      description: When the first look was.
      returned: always
      type: str
      sample: "2027-02-11T08:41:07Z"
    to:
      description: When the last look was.
      returned: always
      type: str
      sample: "2027-02-11T08:53:07Z"
    ended:
      description: Sessions of the first look that had ended at the last one.
      returned: always
      type: int
      sample: 31
    came:
      description: Sessions of the last look that were not there at the first one.
      returned: always
      type: int
      sample: 0
    left:
      description: Sessions at the last look.
      returned: always
      type: int
      sample: 29
    empty_at:
      description: When nobody is left if sessions go on ending at this rate; null if none ended.
      returned: always
      type: str
      sample: "2027-02-11T09:04:20Z"
    sentence:
      description: The same in words, with what it rests on.
      returned: always
      type: str
      sample: "empty at about 10:04: 31 of 60 sessions ended in 12 minutes, 29 are left"
    looks:
      description: What each look saw of pools, quotas and sessions.
      returned: always
      type: list
      elements: dict
      sample: []
use:
  description: What became of noting the use; null without O(note_use).
  returned: success
  type: dict
  contains:
    workspaces:
      description: The workspaces in use, as M(eduide.theia.theia_workspace) returns them.
      returned: always
      type: list
      elements: dict
      sample: []
    outcomes:
      description: Number of workspaces by outcome.
      returned: always
      type: dict
      sample: {stamped: 3, fresh: 37}
    observation:
      description: Since when their use was looked at without too long a gap; null if it was not.
      returned: always
      type: dict
      sample: {since: "2026-11-02T08:00:00Z", last: "2027-02-11T08:41:07Z", longest_gap_seconds: 86400}
    failure:
      description: Why this look could not be noted; null if it was. The task does not fail for that.
      returned: always
      type: str
      sample: "ws-1: the API server refuses it (500)"
"""

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._status.task import run_status


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            "note_use": {"type": "bool", "default": True},
            "course": {"type": "bool", "default": False},
            "watch_minutes": {"type": "int", "default": 0},
            "time_zone": {"type": "str"},
            "progress_file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    finish(module, run_status, "looking at the installation")


if __name__ == "__main__":
    main()
