# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which sessions are meant, and when a state of theirs is a finding."""

    DOCUMENTATION = r"""
options:
  names:
    description: Names of sessions. A name says nothing about which session of that name it is; O(uids) do.
    type: list
    elements: str
  uids:
    description: Uids of sessions.
    type: list
    elements: str
  users:
    description: Users whose sessions are meant, compared exactly.
    type: list
    elements: str
  app_definitions:
    description: App definitions whose sessions are meant. One that neither exists nor has sessions is an error.
    type: list
    elements: str
  workspaces:
    description: Workspaces whose sessions are meant.
    type: list
    elements: str
  states:
    description:
      - States that a session may be in.
      - V(failed) means that the operator gave up, and that there is no URL or nothing behind it; V(running) and
        V(unready) that there is a URL, and a pod that is ready or not; V(starting) that the operator is at work or no
        URL was found yet; V(pending) that the operator has not seen it.
    type: list
    elements: str
    choices: [failed, running, unready, starting, pending]
  findings:
    description:
      - Findings of which a session has to have at least one. V(any) stands for all of them.
      - V(failed), the operator gave up. V(no_pod), its Deployment, Service and pod are gone. V(locked_out), the
        address list of its instance is empty, so that its user is refused. V(stuck_starting), the operator does not
        come to an end. V(no_url), handled, and still without URL and ready pod. V(unseen), an operator leads and has
        not looked at it.
      - V(blocks_user), dead, and its user can start no other. V(over_user_limit), its user has more than are allowed;
        stopping for it ends no more than are too many, dead ones and those without a ready pod first, then the oldest,
        or in the order of O(sort_by).
      - V(pod_refused), V(unschedulable), V(image_pull), V(crash_loop), V(cannot_start), V(not_ready) and V(oom_killed)
        are causes seen at its pod, init containers among them. V(high_memory), its container comes near its limit.
        V(orphaned), its app definition or workspace is gone.
      - V(too_old), older than allowed. V(idle), unused for O(thresholds.idle_minutes), if that is known. V(not_reaped),
        the platform itself should have ended it. V(no_url_but_running), no URL although its pod is ready.
      - V(error_but_working), the operator calls it failed and it works, as after a change of the operator that leads.
        V(terminating), deleted and held by a finalizer. V(evicted), an earlier pod of it is gone, ended by the cluster,
        or known only by its successor, which is younger than the session's address.
        V(misrouted), its address leads to a sidecar, which an operator built before 2026-08-28 took for the IDE. These
        and V(not_reaped) and V(no_url_but_running) are reported, and never a reason to stop a session.
    type: list
    elements: str
    choices:
      - any
      - failed
      - no_pod
      - locked_out
      - misrouted
      - stuck_starting
      - no_url
      - unseen
      - blocks_user
      - terminating
      - pod_refused
      - unschedulable
      - image_pull
      - crash_loop
      - cannot_start
      - not_ready
      - error_but_working
      - evicted
      - oom_killed
      - high_memory
      - orphaned
      - over_user_limit
      - not_reaped
      - no_url_but_running
      - too_old
      - idle
  exam:
    description: Name of an exam whose shield the sessions are under.
    type: str
  older_than_minutes:
    description: Only sessions created at least so long ago.
    type: int
  younger_than_minutes:
    description: Only sessions created less long ago.
    type: int
  sort_by:
    description:
      - The oldest, the largest, the longest unused or the most often restarted first; by name if not set.
      - Sessions of which it is not known come last.
    type: str
    choices: [created, memory, idle, restarts]
  limit:
    description: Only so many, the first of the sorted ones.
    type: int
  thresholds:
    description: When a state has lasted long enough to be a finding.
    type: dict
    default: {}
    suboptions:
      unseen_minutes:
        description: How long a session may wait for an operator that leads. Default V(2).
        type: int
      stuck_starting_minutes:
        description: How long an operator may be at work on it. Default V(5).
        type: int
      no_url_minutes:
        description: How long a handled session may be without URL. Default V(10).
        type: int
      no_pod_minutes:
        description: How long after its last sign of life all its objects may be missing. Default V(5).
        type: int
      high_memory_percent:
        description: Share of its memory limit that its container may use. Default V(85).
        type: int
      too_old_minutes:
        description: Age that it may reach. Default V(480); sessions are stopped for their age only if this is set.
        type: int
      idle_minutes:
        description:
          - How long it may be unused. Without it no session is idle.
          - One interval of the operator's activity monitor is added, because activity is known no better than that.
        type: int
"""

    DISCARD_DATA = r"""
options:
  discard_data:
    description:
      - Reasons for which it is accepted that the files of a live session end with its pod. Without one of the reasons
        of a stop being listed here such a session is refused.
      - Reasons are findings, V(named) for a session given by name, by uid, or by a record without findings, and
        V(selected) for one that only filters selected.
    type: list
    elements: str
    choices:
      - named
      - selected
      - failed
      - no_pod
      - locked_out
      - stuck_starting
      - no_url
      - unseen
      - blocks_user
      - pod_refused
      - unschedulable
      - image_pull
      - crash_loop
      - cannot_start
      - not_ready
      - oom_killed
      - high_memory
      - orphaned
      - over_user_limit
      - too_old
      - idle
    default: []
"""
