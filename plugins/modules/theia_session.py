#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_session
short_description: Stop sessions of Theia Cloud, report activity for them, or start one
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Stops one session or many in one task. Which may be stopped is decided before anything is sent, and check mode shows
    that decision for each of them.
  - A session is deleted as it was seen. If it changed in between, it and its objects are read and judged again, and it
    stays if the reason is gone. What a reason rests on, such as pods or address lists, is read again right before the
    first stop, and every ten seconds of a long run.
  - Live sessions of an open exam are never stopped, whatever else is stated. While a record of an exam cannot be read,
    nothing that is not dead is stopped. Dead is what failed before it had a URL, waited too long for one without a
    ready pod, or lost all its objects.
  - Sessions, and all sessions of an app definition, are protected by the annotation C(eduide-theia/protected), whose
    value is the reason.
  - The task fails if the stop of a session failed, if a session was refused that was asked for by name, uid, user or
    app definition and not by a rule such as a finding or an age, if a limit was passed, or if with O(wait) something of
    a stopped session was left or could not be looked for.
options:
  state:
    description:
      - V(absent) stops the sessions.
      - V(active) sets their last activity to now, so that the platform does not end them for inactivity. It is never
        lowered, and what this module wrote is noted on the session and never taken for the user's own activity.
      - V(present) starts one session without a workspace, for O(user) on O(app_definition), unless it is there. Its
        name is the one that the platform gives it, so that a user has one on each app definition. It is refused if the
        app definition has as many sessions as it may have, or the user.
    type: str
    choices: [absent, active, present]
    default: absent
  user:
    description:
      - With O(state=present), whose session it is. Where users log in, it is the e-mail address in their tokens.
      - With O(api=service) the user of O(user_token), since the service starts sessions for nobody else.
    type: str
  app_definition:
    description: With O(state=present), the app definition of the session.
    type: str
  canary:
    description:
      - With O(state=present), the name of an exam for which the session is a canary. It is noted on the session, and
        this session, given by its name or uid, may be stopped although the exam is under way.
      - If O(user) has a session on O(app_definition) that is no canary of this exam, the task fails.
    type: str
  records:
    description:
      - Records of sessions as M(eduide.theia.theia_session_info) returns them. The uid says which session is meant, and
        all findings in the record have to be true of it still; those of several records with one uid count together. A
        live session with V(over_user_limit) among them goes only while its user has more than are allowed.
      - Instead of names, uids and filters.
    type: list
    elements: dict
  only_dead:
    description:
      - Stop nothing that is not dead when its delete goes out. A session is dead if it failed before it had a URL, has
        waited too long for one without a ready pod, or all its objects are gone.
    type: bool
    default: false
  without_operator:
    description:
      - Stop sessions on prewarmed instances even if no operator leads. Their instances are not cleaned then, and go to
        the next student with the files of the last one.
    type: bool
    default: false
  protect:
    description: What is not to be stopped, beside what annotations protect.
    type: dict
    default: {}
    suboptions:
      sessions:
        description: Names of sessions.
        type: list
        elements: str
      app_definitions:
        description: App definitions whose sessions stay.
        type: list
        elements: str
      users:
        description: Users whose sessions stay, whatever the case of their names.
        type: list
        elements: str
  shield_exit:
    description:
      - Lets one live session out of the shield of an exam. It has to be the only one of the task, and be given by
        name, uid or record.
      - It is written to the history of the exam before the session is stopped. Once that session is gone, the task
        changes nothing.
    type: dict
    suboptions:
      uid:
        description: Uid of the session.
        type: str
        required: true
      exam:
        description: Name of the exam.
        type: str
        required: true
      reason:
        description: Why it has to go.
        type: str
        required: true
  run:
    description: Who is at work, for the history of an exam. The login name and the host if not set.
    type: str
  max_stop:
    description: Most sessions that a task may stop. If there are more, none is.
    type: int
    default: 50
  max_percent:
    description:
      - Most live sessions of the installation that a task may stop, as a share of all of them. If there are more, none
        is.
      - Does not count for less than five.
    type: int
    default: 20
  max_failures:
    description: After more failures than this, no other session is tried.
    type: int
  concurrency:
    description: How many sessions are worked on at the same time.
    type: int
    default: 16
  wait:
    description:
      - Wait until the objects of stopped sessions are gone, or their prewarmed instances clean for the next student.
      - With O(state=present), wait until the session has its URL and its pod is ready. If that does not happen in time
        the task fails with what is wrong, and the session stays.
    type: bool
    default: true
  wait_timeout_seconds:
    description: How long to wait for that.
    type: int
    default: 120
  fresh_seconds:
    description: With O(state=active), an activity younger than this is left as it is.
    type: int
    default: 60
  unchecked:
    description:
      - With O(api=service) and O(names), do without the cluster. RV(not_checked) lists what was not checked.
      - O(max_stop), O(max_failures), O(limit) and O(protect) hold here too. O(max_percent) and annotations cannot.
      - An activity is reported anew every time then, for the service does not tell the last one. Check mode looks for
        the sessions among those of the user of O(user_token), and says of the others that it is not known whether they
        exist.
    type: bool
    default: false
  progress_file:
    description: File to which progress is appended as lines of JSON. Set by the action plugin.
    type: path
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._sessions
  - eduide.theia._sessions.discard_data
  - eduide.theia._attributes
  - eduide.theia._attributes.actiongroup_theia
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(state=active) and O(unchecked=true) the last activity cannot be known, so it is reported every time.
notes:
  - The secret of a session that is started is made by the module or the service, and is nowhere in the result.
  - With O(state=present) and O(api=service) an answer that a gateway cuts is no failure. The cluster tells what became
    of the session.
  - With O(api=service) a session is stopped as its own user, whose O(user_token) is needed. It is looked up by uid
    right before and afterwards, but the service itself deletes by name.
seealso:
  - module: eduide.theia.theia_session_info
"""

EXAMPLES = r"""
- name: Stop sessions that failed
  eduide.theia.theia_session:
    namespace: theia-prod
    findings: [failed]

- name: Stop a session by name, although its user's files are lost
  eduide.theia.theia_session:
    namespace: theia-prod
    names: [ws-java-17-latest-ada-session]
    discard_data: [named]

- name: Stop sessions that nobody used for two hours, at most ten
  eduide.theia.theia_session:
    namespace: theia-prod
    findings: [idle]
    thresholds:
      idle_minutes: 120
    sort_by: idle
    limit: 10
    discard_data: [idle]

- name: Find sessions whose image cannot be pulled
  eduide.theia.theia_session_info:
    namespace: theia-prod
    findings: [image_pull]
  register: stuck

- name: Stop those of them for which that is still so
  eduide.theia.theia_session:
    namespace: theia-prod
    records: "{{ stuck.sessions }}"

- name: Keep the session of a demonstration from being ended
  eduide.theia.theia_session:
    namespace: theia-prod
    state: active
    names: [ws-1-session]

- name: Start a session as a student would, and learn how long it takes
  eduide.theia.theia_session:
    namespace: theia-prod
    state: present
    user: probe@example.org
    app_definition: java-17-latest
  register: probe

- name: Stop it again
  eduide.theia.theia_session:
    namespace: theia-prod
    uids: ["{{ probe.session.uid }}"]
    discard_data: [named]
"""

RETURN = r"""
sessions:
  description: The sessions asked for, and what became of each.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the session., returned: always, type: str, sample: ws-java-17-latest-ada-session}
    uid:
      description: Its uid; null if there is no such session.
      returned: always
      type: str
      sample: 2f4c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d11
    user: {description: Its user., returned: always, type: str, sample: ada@tum.de}
    app_definition: {description: Its app definition., returned: always, type: str, sample: java-17-latest}
    state: {description: Its state when it was judged., returned: always, type: str, sample: failed}
    data_at:
      description: "Where its files were, V(volume), V(pod) or V(none)."
      returned: always
      type: str
      sample: none
    exam: {description: The open exam that it is part of., returned: always, type: str, sample: pgdp-final}
    outcome:
      description:
        - V(stopped), V(gone) if it was gone already, V(kept_active) if the reason is no longer there, V(kept_shielded)
          by an exam, V(kept_protected), V(refused), V(skipped_cap) if a limit was passed, V(failed).
        - V(kept_active), too, where the clocks of the API server and of this machine are more than 5 minutes apart, and
          the reason holds by one of them alone.
        - With O(state=active), V(touched), V(fresh) if its activity is young enough, V(gone), V(refused),
          V(skipped_cap), V(failed).
        - With O(state=present), V(started), or V(present) if it was there already.
      returned: always
      type: str
      sample: stopped
    would: {description: Whether that is a prediction of check mode., returned: always, type: bool, sample: false}
    reason: {description: Why., returned: always, type: str, sample: "failed: Max sessions reached."}
    reasons:
      description: The findings for which it is stopped, V(named), or V(selected).
      returned: always
      type: list
      elements: str
      sample: [failed]
    ending:
      description:
        - What became of its objects, with O(wait). V(gone) if it had a pod of its own. Its prewarmed instance is
          V(fresh) with a new pod, V(rebuilt) with a new Deployment, or V(removed) because it is above the bound.
        - V(not_gone) and V(not_reset) if that did not happen in time; null without O(wait), or if it is not known. For
          want of a right that is a warning; after an error the task fails, and says that the sessions are stopped.
      returned: always
      type: str
      sample: fresh
session:
  description:
    - The record of the session, as M(eduide.theia.theia_session_info) returns it. Null if check mode predicts that it
      would be started.
  returned: when O(state=present)
  type: dict
  sample: {"name": "ws-java-17-latest-probe-example-org-session", "state": "running", "start": "eager"}
seconds_to_url:
  description:
    - Seconds from the start of the session until it had its URL. Null if it was there already, without O(wait), and in
      check mode.
  returned: when O(state=present)
  type: float
  sample: 1.2
outcomes: {description: How often each outcome occurs., returned: always, type: dict, sample: {stopped: 4, gone: 1}}
data_lost:
  description: How many of the stopped sessions had their files where.
  returned: always
  type: dict
  sample: {pod: 3, none: 1}
precondition:
  description:
    - What guarded the write. V(uid_and_resource_version) for a stop and V(resource_version) for an activity through the
      cluster, V(none) through the service. V(name) for a start through the cluster, which makes no second one of it.
  returned: always
  type: str
  sample: uid_and_resource_version
not_checked:
  description: What was not looked at, with O(unchecked=true).
  returned: always
  type: list
  elements: str
  sample: []
missing:
  description: What could not be read, with the reason. What rests on it is never a reason to stop a session.
  returned: always
  type: dict
  sample: {}
"""

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import Report, Task, finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._sessions.options import (
    selection_argument_spec,
    thresholds_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._sessions.start.options import start_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.options import stop_argument_spec

DOING = {"absent": "stopping sessions", "active": "reporting activity", "present": "starting a session"}


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **selection_argument_spec(),
            **thresholds_argument_spec(),
            **start_argument_spec(),
            **stop_argument_spec(),
            "state": {"type": "str", "choices": [*DOING], "default": "absent"},
            "fresh_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    finish(module, _run, DOING[module.params["state"]])


def _run(task: Task) -> Report:
    """Only what the state needs is imported: every task compiles its imports anew."""
    if task.params["state"] == "absent":
        from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop.task import run_absent

        return run_absent(task)
    if task.params["state"] == "present":
        from ansible_collections.eduide.theia.plugins.module_utils._sessions.start.task import run_present

        return run_present(task)
    from ansible_collections.eduide.theia.plugins.module_utils._sessions.report_activity.task import run_active

    return run_active(task)


if __name__ == "__main__":
    main()
