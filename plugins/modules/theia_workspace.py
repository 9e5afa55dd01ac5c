#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_workspace
short_description: Delete workspaces of Theia Cloud that nobody uses, create one, or note which are in use
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Deletes one workspace or many in one task. Which may be deleted, and what becomes of the files in each, is decided
    before anything is sent, and check mode shows it.
  - A workspace with a live session on it stays. Sessions are looked at when it is judged, once more right before it is
    deleted, and again afterwards. No client can close the last milliseconds.
    RV(workspaces[].unguarded_milliseconds) says how many they were, and RV(workspaces[].late_sessions) which sessions
    came in them.
  - Workspaces whose app definition and user are part of an open exam are never deleted, for students come back to
    their files. While a record of an exam cannot be read, nothing is deleted.
  - Workspaces, and all workspaces of an app definition, are protected by the annotation C(eduide-theia/protected),
    whose value is the reason.
  - The task fails if a delete failed, if a workspace that was asked for by name, uid, user or app definition, and not
    by a rule such as an age, was refused or is in use, if a limit was passed, or if with O(wait) a claim or volume did
    not become what it should.
options:
  state:
    description:
      - V(absent) deletes the workspaces.
      - V(present) creates the one that O(name), O(user) and O(app_definition) describe, through the cluster. With
        O(volume_from) it gets a volume that was kept, with the files in it.
      - V(observed) notes on all workspaces with a session that they are in use, at most once a day, because the
        platform keeps no such time. O(unused_days) rests on that.
    type: str
    choices: [absent, present, observed]
    default: absent
  records:
    description:
      - Records of workspaces as M(eduide.theia.theia_workspace_info) returns them. The uid says which workspace is
        meant; one that was seen in use since it was listed stays.
      - Instead of names, uids and filters.
    type: list
    elements: dict
  live_sessions:
    description:
      - What to do about live sessions on a workspace. With V(refuse) the workspace stays.
      - With V(stop) its sessions are stopped first, if they may be stopped. Shield, protection and the limits of this
        task hold for them too.
    type: str
    choices: [refuse, stop]
    default: refuse
  discard_data:
    description:
      - V(selected) accepts that files in the pod of a session that O(live_sessions=stop) stops are lost. Without it
        such a session is not stopped, and its workspace stays.
    type: list
    elements: str
    choices: [selected]
    default: []
  without_operator:
    description:
      - Stop sessions on prewarmed instances even if no operator leads. Their instances are not cleaned then, and go to
        the next student with the files of the last one.
    type: bool
    default: false
  volume:
    description:
      - V(follow) leaves it to the reclaim policy of a volume what becomes of it.
      - V(retain) sets that policy to C(Retain) before its workspace is deleted, so that the files survive.
        RV(workspaces[].restore) says how to bring them back. Needs the right to patch C(persistentvolumes).
      - V(reclaim) removes the volume whatever its policy is, after its workspace is gone. A workspace that is gone
        already and left a Released volume is found by its record, or by name or uid if a note on the volume tells whose
        it was. Needs the same right.
      - That note, the annotation C(eduide-theia/workspace), is left by V(retain) and V(reclaim). It names the workspace
        and its user.
    type: str
    choices: [follow, retain, reclaim]
    default: follow
  protect:
    description: What is not to be deleted, beside what annotations protect.
    type: dict
    default: {}
    suboptions:
      workspaces:
        description: Names of workspaces.
        type: list
        elements: str
      app_definitions:
        description: App definitions whose workspaces stay.
        type: list
        elements: str
      users:
        description: Users whose workspaces stay, whatever the case of their names.
        type: list
        elements: str
  max_delete:
    description: Most workspaces that a task may delete, and most sessions that it may stop. If there are more, none is.
    type: int
    default: 50
  max_percent:
    description:
      - Most workspaces of the installation that a task may delete, as a share of all of them, and most live sessions
        that it may stop. If there are more, none is.
      - Does not count for less than five.
    type: int
    default: 20
  max_failures:
    description: After more failures than this, no other workspace is tried.
    type: int
  concurrency:
    description: How many workspaces are worked on at the same time.
    type: int
    default: 8
  wait:
    description:
      - Wait until the claims of deleted workspaces are gone and their volumes are what they should be; with
        O(state=present), until the operator has made a claim. With O(volume=reclaim) volumes are always waited for.
      - O(volume_from) cannot do without.
    type: bool
    default: true
  wait_timeout_seconds:
    description: How long to wait for that, in seconds. With O(volume_from), for each of its steps.
    type: int
    default: 120
  name:
    description: Name of the workspace, with O(state=present).
    type: str
  user:
    description: Whose it is, with O(state=present).
    type: str
  app_definition:
    description: App definition that it is for, with O(state=present).
    type: str
  label:
    description: Text for people, with O(state=present). The app definition and the user if not set.
    type: str
  volume_from:
    description:
      - With O(state=present), the volume whose files the workspace gets back. Either the name of a volume that is
        C(Released), or the name or uid of the workspace that was deleted with O(volume=retain).
      - O(name), O(user), O(app_definition) and O(label) are as they were, if that was noted on the volume. They have to
        be stated if it was not.
      - The task makes the workspace, replaces the empty claim that the operator makes for it by one for the volume, and
        gives the volume its reclaim policy back at the very end. It looks after each step whether that worked. Until
        the end no volume can be removed, whatever goes wrong, and the same task goes on from where it stopped.
      - Nothing is begun if the volume is not C(Released), if its reclaim policy is not C(Retain), if there is a
        workspace of that name already, or if no operator leads.
      - Needs the rights to list, get and patch C(persistentvolumes), and to create, patch and delete
        C(persistentvolumeclaims).
    type: str
  unchecked:
    description:
      - With O(api=service) and O(names), do without the cluster. RV(not_checked) lists what was not checked.
      - A workspace of which the service says that it has a session stays. O(protect), O(max_delete) and O(max_failures)
        hold here too.
    type: bool
    default: false
  progress_file:
    description: File to which progress is appended as lines of JSON. Set by the action plugin.
    type: path
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._workspaces
  - eduide.theia._attributes
  - eduide.theia._attributes.actiongroup_theia
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - With O(api=service) a workspace is deleted as its own user, whose O(user_token) is needed. It is looked up by uid
    right before and afterwards, but the service itself deletes by name, in use or not.
seealso:
  - module: eduide.theia.theia_workspace_info
  - module: eduide.theia.theia_session
"""

EXAMPLES = r"""
- name: Delete a workspace, unless somebody is at work in it
  eduide.theia.theia_workspace:
    namespace: theia-prod
    names: [ws-java-17-latest-ada]

- name: Delete what a student has, but keep the files
  eduide.theia.theia_workspace:
    namespace: theia-prod
    users: [ada@example.org]
    volume: retain
  register: deleted

- name: Say how to bring the files back
  ansible.builtin.debug:
    msg: "{{ deleted.workspaces | map(attribute='restore') | flatten }}"

- name: Delete what nobody was seen to use for two months
  eduide.theia.theia_workspace:
    namespace: theia-prod
    unused_days: 60
    max_delete: 200

- name: Delete the workspaces of a course that is over, and end what still runs in them
  eduide.theia.theia_workspace:
    namespace: theia-prod
    app_definitions: [pgdp-2025]
    live_sessions: stop
    discard_data: [selected]
    max_percent: 100

- name: Create one
  eduide.theia.theia_workspace:
    namespace: theia-prod
    state: present
    name: ws-demo
    user: demo@example.org
    app_definition: java-17-latest

- name: Give a student back what was kept of a workspace that was deleted
  eduide.theia.theia_workspace:
    namespace: theia-prod
    state: present
    volume_from: ws-java-17-latest-ada

- name: Note which workspaces are in use
  eduide.theia.theia_workspace:
    namespace: theia-prod
    state: observed
"""

RETURN = r"""
workspaces:
  description: The workspaces asked for, and what became of each.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: Name of the workspace., returned: always, type: str, sample: ws-java-17-latest-ada}
    uid:
      description: Its uid; null if there is no such workspace.
      returned: always
      type: str
      sample: 2f4c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d11
    user: {description: Its user., returned: always, type: str, sample: ada@example.org}
    app_definition: {description: Its app definition., returned: always, type: str, sample: java-17-latest}
    exam:
      description: The open exam that its app definition and user are part of.
      returned: with O(state=absent)
      type: str
      sample: pgdp-final
    claim:
      description: Its claim.
      returned: with O(state=absent) or O(state=present)
      type: str
      sample: ws-ada-java-17-latest-6e0c2b1a7d11
    volume:
      description: Its volume; null if it could not be read.
      returned: with O(state=absent) or O(volume_from)
      type: str
      sample: pvc-8c2d9c3e-0f0b-4b58-9a55-0d1f6c1f7a10
    sessions:
      description: The sessions that were on it when it was judged, dead ones among them.
      returned: with O(state=absent)
      type: list
      elements: str
      sample: []
    outcome:
      description:
        - V(deleted), V(reclaimed) if it was gone and its volume is removed, V(gone) if it was gone already,
          V(kept_in_use) by a session, V(kept_active) if it is no longer what it was chosen for, V(kept_shielded) by an
          exam, V(kept_protected), V(refused), V(skipped_cap) if a limit was passed, V(failed).
        - V(kept_active), too, where the clocks of the API server and of this machine are more than 5 minutes apart, and
          it is old or unused enough by one of them alone.
        - With O(state=present), V(created), or V(present) if it was there. With O(volume_from), V(restored), V(present)
          if it had the volume already, V(failed) if a step did not work.
        - With O(state=observed), V(stamped), V(fresh) if that was done less than a day ago, V(gone), V(failed).
      returned: always
      type: str
      sample: deleted
    would: {description: Whether that is a prediction of check mode., returned: always, type: bool, sample: false}
    reason: {description: Why., returned: always, type: str, sample: named by this task}
    deletion:
      description:
        - What becomes of the files, said before it happens. V(volume_deleted); V(volume_released) if the volume stays
          and must be reclaimed by hand; V(no_volume) if there are none.
        - Null if nothing becomes of them, or if the volume could not be read.
      returned: with O(state=absent)
      type: str
      sample: volume_deleted
    deletion_note:
      description: RV(workspaces[].deletion) in words.
      returned: with O(state=absent)
      type: str
      sample: volume is deleted
    ending:
      description:
        - What was seen of that in the end, with O(wait), in the same words. V(not_gone) if it did not happen in time;
          null without O(wait), or if the volume could not be read.
      returned: with O(state=absent)
      type: str
      sample: volume_deleted
    restore:
      description:
        - Shell commands that give the volume to a new workspace of the same name, for people without this collection.
          They are one chain, in which no command runs unless all before it succeeded. O(volume_from) does the same.
          Empty if no volume stays.
      returned: with O(state=absent)
      type: list
      elements: str
      sample: []
    late_sessions:
      description:
        - Sessions that are on it although it is gone, because they came between the last look and the delete. One that
          the operator has removed again by then is not seen. Null if they could not be listed.
      returned: with O(state=absent)
      type: list
      elements: str
      sample: []
    unguarded_milliseconds:
      description: For how long, until the delete was answered, the sessions had not been listed.
      returned: with O(state=absent)
      type: float
      sample: 11.2
outcomes: {description: How often each outcome occurs., returned: always, type: dict, sample: {deleted: 4, gone: 1}}
sessions:
  description:
    - The sessions that were stopped or were to be, with O(live_sessions=stop), as
      RV(eduide.theia.theia_session#module:sessions).
  returned: with O(state=absent)
  type: list
  elements: dict
  sample: []
observation:
  description:
    - Since when the use of workspaces was looked at without a gap, with O(state=observed). Null if that could
      not be written down.
  returned: with O(state=observed)
  type: dict
  sample: {since: "2026-10-01T06:00:00Z", last: "2026-11-22T19:00:00Z", longest_gap_seconds: 86520}
precondition:
  description:
    - What guarded the write. V(uid_and_resource_version) for a delete through the cluster, V(none) through the service,
      V(name) for a workspace that is created. With O(volume_from), V(uid_and_resource_version) guards what is
      written to claims and volumes.
  returned: with O(state=absent) or O(state=present)
  type: str
  sample: uid_and_resource_version
not_checked:
  description: What was not looked at, with O(unchecked=true).
  returned: with O(state=absent) or O(state=present)
  type: list
  elements: str
  sample: []
missing:
  description: What could not be read, with the reason.
  returned: with O(state=absent) or O(state=present)
  type: dict
  sample: {}
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import Report, Task, finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.create import run_present
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.delete.options import deletion_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.delete.task import run_absent
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.options import (
    ONE,
    check_state,
    selection_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.restore.task import run_restore
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage.task import run_observed

Params = t.Mapping[str, t.Any]

RUNS = {
    "absent": (run_absent, "deleting workspaces"),
    "present": (run_present, "creating the workspace"),
    "observed": (run_observed, "noting which workspaces are in use"),
}


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **selection_argument_spec(),
            **deletion_argument_spec(),
            **{name: {"type": "str"} for name in ONE},
            "state": {"type": "str", "choices": list(RUNS), "default": "absent"},
        },
        supports_check_mode=True,
    )
    finish(module, _run, _doing(module.params))


def _run(task: Task) -> Report:
    check_state(task.params)
    return run_restore(task) if task.params["volume_from"] else RUNS[task.params["state"]][0](task)


def _doing(params: Params) -> str:
    return "bringing files back" if params["volume_from"] else RUNS[params["state"]][1]


if __name__ == "__main__":
    main()
