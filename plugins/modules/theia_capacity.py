#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_capacity
short_description: Set how many IDE instances Theia Cloud keeps ready and allows
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Changes the bounds and the time limit of app definitions, waits until their pools are warm, and takes changes back.
  - The platform rebuilds every idle instance whenever one of these values changes, so all changes to an app definition
    go out in one patch, and nothing is sent if nothing differs.
  - With O(hold) a change belongs to an exam. What was there before is written to the ledger of the installation (the
    ConfigMap C(theia-capacity)) before the first change, and O(state=baseline) brings it back when the last exam has
    ended.
  - A change is refused before anything is sent if ResourceQuotas and LimitRanges do not let the new pods in, because
    the idle instances would be lost to it; see O(accept).
  - The number of instances is never lowered below one that a session holds, for the platform would then leave orphans.
    Nor is a time limit shortened while a session is older than it, which the platform would end within a minute. Such
    an app definition is reported as draining and left as it is; the same task finishes the work later.
options:
  app_definitions:
    description:
      - The app definitions to change.
      - With O(state=baseline) only the names count, and without this option everything that the ledger holds is meant.
      - With O(state=present) it can be left out for an exam in O(hold) that holds something. What the ledger says of it
        is made to hold again then. O(drift) says what to do where another client changed it.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the app definition.
        type: str
        required: true
      warm:
        description:
          - Number of free, started instances that students should find.
          - It is turned into a bound once, from the claims of that moment. With O(hold) it comes on top of what other
            exams asked for and is then kept, however many instances students take; without, it means at least so many.
          - Needs an operator that runs with C(--eagerStart).
        type: int
      min_instances:
        description: Total number of instances in the pool, those that students hold included.
        type: int
      max_instances:
        description:
          - Most sessions that may exist. V(0) closes the app definition.
          - With O(hold) it is only ever raised, like O(app_definitions[].timeout_minutes); what is larger stays.
        type: int
      timeout_minutes:
        description:
          - Minutes after its creation at which the platform ends a session. V(0) means never.
          - Not with O(api=service), which cannot change it.
        type: int
      inactive_minutes:
        description:
          - Minutes without activity after which the platform ends a session, for an app definition with an activity
            tracker. Operators built before 2026-08-28 count them from the start of a session whose activity they cannot
            ask for, which are those on warm instances, and end it while it is in use.
          - Not with O(api=service), which cannot change it.
        type: int
  state:
    description:
      - V(present) makes the stated values hold.
      - V(baseline) ends O(hold), or with O(all_holds=true) every hold, and restores the values from before the first of
        them as soon as no hold is left and no session is in the way.
    type: str
    choices: [present, baseline]
    default: present
  hold:
    description:
      - Name of the exam for which the values are raised. Without it they are set for good, and what was there before is
        only found in the result.
    type: str
  all_holds:
    description:
      - With O(state=baseline) and without O(hold), end what all exams hold.
      - Without a word on whose hold ends, nothing is changed.
    type: bool
    default: false
  hold_from:
    description:
      - When that exam starts, as O(hold_until) is written. A change that would take warm instances away and not have
        them back by then has the outcome V(late), and nothing is changed. What a pod takes to start is the time that
        95 of 100 pods of the pool took, or 3 minutes as long as fewer than 5 are there.
    type: str
  hold_until:
    description:
      - When that exam ends, as ISO 8601 with an offset, or as C(HH:MM) of today in O(time_zone).
      - Kept for those who read the ledger; nothing happens by itself. A time limit that may end a session before is
        warned of.
    type: str
  late:
    description: Make a change although warm instances are not back before O(hold_from).
    type: bool
    default: false
  extend_time_limits:
    description:
      - Minutes that a session of the exam has to last. O(app_definitions[].timeout_minutes) and
        O(app_definitions[].inactive_minutes) of each app definition are raised to it in the same patch, where they are
        shorter, and come back with O(state=baseline). They are not shortened while that would end a session.
      - Up to 60 of them are time to spare. Limits that the hold has already are kept as long as no more than that is
        missing, so that an exam can be extended without a change of its instances under those who sit it.
    type: int
  drain_min_freed:
    description:
      - With O(state=baseline) and sessions on high instances, the bound is lowered once to the highest of them if that
        frees at least so many instances. The rest follows when the sessions have ended. Where only time limits have to
        wait for sessions, the bound goes to its baseline.
    type: int
    default: 10
  time_zone:
    description:
      - Name of a time zone for O(hold_until), such as Europe/Berlin.
      - The zone of the machine that the task runs on if not set.
    type: str
  drift:
    description:
      - What to do about a value that is neither the baseline nor one that a hold wrote, because another client changed
        it.
      - V(refuse) leaves such an app definition alone and fails.
      - V(overwrite) carries on from the ledger.
      - V(adopt) makes it the baseline. The instances of the exams come on top of it, and it remains after them.
      - V(repair_once) carries on from the ledger, and keeps in it which client that was. If the same client does so
        again within 24 hours, the two fight. Such an app definition is left alone, and the task fails. This one also
        counts as changed by another client what was put back to the baseline.
    type: str
    choices: [refuse, overwrite, adopt, repair_once]
    default: refuse
  accept:
    description:
      - Refusals to override.
      - V(verdict) sends a change although a ResourceQuota or LimitRange lets too few of the new pods in. Every change
        rebuilds the idle instances, so that warm ones are lost to it.
    type: list
    elements: str
    choices: [verdict]
    default: []
  repair:
    description:
      - Which kinds of damage to mend in the pools of O(app_definitions), after everything else that is asked for. An
        app definition of which nothing else is asked may be named for that alone.
      - V(address_lists) writes the user of a session into the empty list of the instance that the session holds.
      - V(dirty) rebuilds free instances that still have the label, the address or the files of an earlier user.
      - V(ownerless) deletes objects named like members of the pool that nothing owns.
      - V(halves) completes instances of which parts are missing. A single Service that is left is deleted first, since
        the operator makes both or none.
      - V(outdated) has the operator rebuild free instances of an earlier generation, make missing ones and remove those
        above the bound.
      - All but the first need an operator that leads, wait for a quiet pool, and never touch an instance that a session
        holds.
    type: list
    elements: str
    choices: [address_lists, dirty, ownerless, halves, outdated]
    default: []
  lockout:
    description:
      - What to do about the users of instances that a change of their app definition would lock out. With Keycloak the
        operator builds the address lists of all instances anew at every change, also those of instances that sessions
        hold, and only operators built since 2026-08-28 write the addresses back.
      - V(refuse) makes no such change.
      - V(repair) watches the lists after the change. One that is rebuilt and still empty after 2 seconds gets the user
        of its session back; RV(app_definitions[].lockouts) says for how long each user was locked out.
      - V(accept) makes the change and looks at nothing.
    type: str
    choices: [refuse, repair, accept]
    default: refuse
  quiet_seconds:
    description:
      - For how long, in seconds, no session may have been released before a change goes out. A change that meets
        releases may end the operator and leave instances of which parts are missing.
      - A pool that no session holds, and that was left alone for so long, is not waited for.
    type: float
    default: 5
  quiet_wait_seconds:
    description:
      - How long, in seconds, to wait for a quiet pool at most. Then the outcome is V(late), and nothing is changed.
      - Also how long to wait at most after a change until every instance up to the bound has all its parts. A pool that
        stands still meanwhile is mended.
    type: float
    default: 120
  wait:
    description:
      - Wait until the pools have what was asked for, or are complete because students already take instances.
      - Without C(--eagerStart) there are no pools, and nothing is waited for.
      - With O(state=baseline), wait for the sessions that keep values from being restored, and restore them when these
        have ended. The task succeeds if some are left; they are listed under RV(app_definitions[].draining).
    type: bool
    default: false
  wait_timeout_seconds:
    description:
      - How long O(wait) lasts at most. With O(state=present) the task then fails with the causes; the higher bounds
        stay in place.
    type: int
    default: 600
  settle_seconds:
    description:
      - For how long, in seconds, instances have to be warm before O(wait) ends. Pods of IDEs have no probes, so they
        are ready as soon as their containers run.
    type: float
    default: 3
  unchecked:
    description:
      - Work without access to the cluster, through the REST service alone. Only O(app_definitions[].min_instances) and
        O(app_definitions[].max_instances) that do not lower anything can then be set.
      - Nothing is known of pools, claims and ledger; RV(not_checked) lists it.
    type: bool
    default: false
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
  check_mode: {support: full}
  diff_mode: {support: full}
  idempotent: {support: full}
seealso:
  - module: eduide.theia.theia_capacity_info
"""

EXAMPLES = r"""
- name: Have sixty warm Java IDEs for an exam
  eduide.theia.theia_capacity:
    namespace: theia-prod
    hold: pgdp-final
    hold_until: "2027-02-11T11:00:00+01:00"
    app_definitions:
      - name: java-17-latest
        warm: 60
    wait: true

- name: Bring back what was there before
  eduide.theia.theia_capacity:
    namespace: theia-prod
    hold: pgdp-final
    state: baseline

- name: Mend what an operator left of its pools when it ended
  eduide.theia.theia_capacity:
    namespace: theia-prod
    app_definitions:
      - name: java-17-latest
    repair: [address_lists, dirty, halves, outdated]
    lockout: repair

- name: Keep three instances of one app definition for good, through the REST service
  eduide.theia.theia_capacity:
    namespace: theia-prod
    api: service
    service_url: https://service.theia.example.org
    admin_token: "{{ theia_admin_token }}"
    app_definitions:
      - name: java-17-latest
        min_instances: 3
"""

RETURN = r"""
app_definitions:
  description: What was found and done, in the order of the option.
  returned: when the plan could be made
  type: list
  elements: dict
  contains:
    name: {description: Name of the app definition., returned: always, type: str, sample: java-17-latest}
    uid:
      description: Its uid; null if it is gone, and without access to the cluster.
      returned: always
      type: str
      sample: 7d0f0f5e-5b0e-4d52-a8a0-3f1f0c9f6a11
    outcome:
      description:
        - V(changed), V(unchanged), or V(draining) if sessions keep a bound from being lowered.
        - V(late) if it is no time for a change, because sessions are being released, or because warm instances would
          not be back before O(hold_from).
        - V(drift) if another client changed it, V(void) if it was created anew since its hold began, V(failed).
      returned: always
      type: str
      sample: changed
    note:
      description: What else is to be said about it.
      returned: always
      type: str
      sample: still held by eist-midterm
    before:
      description: The values as they were found.
      returned: always
      type: dict
      contains: &value_fields
        min_instances: {description: Total number of instances in the pool., returned: always, type: int, sample: 3}
        max_instances: {description: Most sessions that may exist., returned: always, type: int, sample: 1000}
        timeout_minutes:
          description: Minutes until a session is ended; null if nothing is set.
          returned: always
          type: int
          sample: 1440
        inactive_minutes:
          description: Minutes without activity until a session is ended; null if it has no activity tracker.
          returned: always
          type: int
          sample: 180
    after:
      description: The values afterwards, or as they would be in check mode.
      returned: always
      type: dict
      contains: *value_fields
    pods:
      description: What the change means for pods; null without access to the cluster.
      returned: always
      type: dict
      contains:
        starts: {description: Instances that start anew., returned: always, type: int, sample: 57}
        rebuilds: {description: Idle instances that are deleted and built anew., returned: always, type: int, sample: 3}
        removes: {description: Idle instances that are deleted for good., returned: always, type: int, sample: 0}
        warm_lost: {description: How many of these are warm until then., returned: always, type: int, sample: 3}
        cold_seconds:
          description:
            - For about how many seconds none is warm then, by how long pods of this pool took to start lately; null if
              no warm one goes, and with O(state=baseline).
          returned: always
          type: int
          sample: 45
    pool:
      description: The pool when it was last looked at, in check mode as it is now; null without access to the cluster.
      returned: always
      type: dict
      contains:
        total: {description: Instances in the pool., returned: always, type: int, sample: 60}
        free: {description: Instances that no session holds., returned: always, type: int, sample: 60}
        claimed: {description: Instances that a session holds., returned: always, type: int, sample: 0}
        warm:
          description:
            - Free instances whose pod is ready, built from the current app definition, with nothing left of an earlier
              user.
          returned: always
          type: int
          sample: 60
        cold: {description: Instances that should be warm and are not., returned: always, type: int, sample: 0}
        dirty:
          description: Free instances that still carry a label or the address of an earlier user after 30 seconds.
          returned: always
          type: int
          sample: 0
        outdated: {description: Free instances of an earlier app definition., returned: always, type: int, sample: 0}
        halves:
          description:
            - Instances up to the bound that lack a part, other than the ConfigMap of the login proxy, and whether a
              session holds them.
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
          sample: 0
    ledger:
      description: What the ledger says afterwards; null if it has no entry.
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
          description: Since when sessions keep the baseline from being restored, in UTC; null if none do.
          returned: always
          type: str
          sample: "2027-02-11T10:20:00Z"
    draining:
      description: The sessions on instances above the bound that was to be set, and those older than the time limit.
      returned: always
      type: list
      elements: dict
      contains:
        instance_id:
          description: Id of the instance; null if the time limit is what it would be ended by.
          returned: always
          type: int
          sample: 42
        session: {description: Name of the session., returned: always, type: str, sample: ws-java-17-latest-ada-session}
        session_uid: {description: Its uid., returned: always, type: str, sample: 0b8f7a1c-6d5f-4f0e-9b0a-0f4f5a6b7c8d}
        user:
          description: Who is in it; null if the session is just going.
          returned: always
          type: str
          sample: ada@example.org
    lockouts:
      description: Users on instances whose address lists the change emptied; with O(lockout=repair).
      returned: always
      type: list
      elements: dict
      contains:
        instance_id: {description: Id of the instance., returned: always, type: int, sample: 4}
        session: {description: Name of the session., returned: always, type: str, sample: ws-java-17-latest-ada-session}
        session_uid: {description: Its uid., returned: always, type: str, sample: 0b8f7a1c-6d5f-4f0e-9b0a-0f4f5a6b7c8d}
        user: {description: Who is in it., returned: always, type: str, sample: ada@example.org}
        outcome:
          description:
            - V(restored) if the address was written back, V(kept) if the list was never seen empty.
            - V(ended) if the session ended meanwhile, V(locked_out) if its user is still refused.
          returned: always
          type: str
          sample: restored
        gap_seconds:
          description: For how long the user was refused, as far as it was seen; null if the user was not let in again.
          returned: always
          type: float
          sample: 2.31
        filled_by:
          description: V(operator) or V(eduide.theia), whichever wrote the address back; null if nothing did.
          returned: always
          type: str
          sample: eduide.theia
        note: {description: What else is to be said about it., returned: always, type: str, sample: ""}
    seconds_to_warm:
      description: Seconds from the patch until the pool was warm; null without O(wait) or if it did not become warm.
      returned: always
      type: float
      sample: 24.5
    looks:
      description: What the wait saw, without looks that saw the same as the one before; empty without O(wait).
      returned: always
      type: list
      elements: dict
      contains:
        at: {description: When it looked., returned: always, type: str, sample: "2027-02-11T07:31:02Z"}
        warm: {description: Warm instances., returned: always, type: int, sample: 41}
        claimed: {description: Claimed instances., returned: always, type: int, sample: 2}
        cold: {description: Cold instances., returned: always, type: int, sample: 17}
repairs:
  description: The damage that was found of the kinds in O(repair), and what became of it.
  returned: when the plan could be made with access to the cluster
  type: list
  elements: dict
  contains:
    app_definition: {description: Its app definition., returned: always, type: str, sample: java-17-latest}
    kind: {description: One of the kinds of O(repair)., returned: always, type: str, sample: halves}
    instance_id: {description: Id of the instance., returned: always, type: int, sample: 7}
    evidence: {description: What is wrong with it., returned: always, type: str, sample: it has no external Service}
    deletes:
      description: The objects to delete, each as kind and name.
      returned: always
      type: list
      elements: str
      sample: [Service/instance-7-java-17-latest-0b8f7a1c6d5f-int]
    session_uid:
      description: Uid of the session that holds the instance; null if none does.
      returned: always
      type: str
      sample: 0b8f7a1c-6d5f-4f0e-9b0a-0f4f5a6b7c8d
    outcome:
      description:
        - V(repaired), or V(kept_claimed) if a session holds the instance, so that it has to wait for its end.
        - V(late) if sessions are being released, V(refused) if users would be locked out, V(failed).
      returned: always
      type: str
      sample: repaired
    would: {description: Whether this is a prediction of check mode., returned: always, type: bool, sample: false}
    note: {description: What else is to be said about it., returned: always, type: str, sample: ""}
precondition:
  description: V(resource_version) if patches were guarded against changes in between, V(none) through the REST service.
  returned: when the plan could be made
  type: str
  sample: resource_version
applied:
  description: V(no) if the task failed before anything was changed, V(unknown) if a change was sent and not answered.
  returned: failure without RV(app_definitions), once the options were accepted
  type: str
  sample: "no"
not_checked:
  description: What was not checked for want of access to the cluster.
  returned: with O(unchecked=true)
  type: list
  elements: str
  sample: [claimed instances, ledger, mode of the operator, progress of the pool]
"""

from ansible_collections.eduide.theia.plugins.module_utils._capacity.options import capacity_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._capacity.task import run_task
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
            **capacity_argument_spec(),
        },
        required_if=[("state", "present", ("app_definitions", "hold"), True)],
        required_by=dict.fromkeys(("hold_from", "hold_until", "extend_time_limits"), "hold"),
        supports_check_mode=True,
    )
    finish(module, run_task, "setting the capacity")


if __name__ == "__main__":
    main()
