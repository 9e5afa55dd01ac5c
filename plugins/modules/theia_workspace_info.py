#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_workspace_info
short_description: See whose files Theia Cloud keeps, where, who uses them, and what deleting them would do
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Lists the workspaces of all users, each with its claim, volume and sessions, and says what deleting it would do to
    the files in it.
  - Lists beside them what workspaces left behind, and the claims that belong to members of a pool.
  - What could not be read is null, and named in one warning. A session whose objects could not be read counts as live.
options:
  gather:
    description:
      - What to read beside workspaces, sessions and app definitions. Less is faster; what is not read is null.
      - V(objects) are the Deployments, ReplicaSets, Services and pods by which a dead session is told from a live one,
        V(exams) are the records of exams, V(observation) is the record of when the use of workspaces was looked
        at, and V(collector) is the platform's own garbage collector.
    type: list
    elements: str
    choices: [objects, exams, claims, volumes, quotas, collector, observation]
    default: [objects, exams, claims, volumes, quotas, collector, observation]
  fields:
    description: Only these fields of each workspace. Returning a workspace takes longer than reading it.
    type: list
    elements: str
  query:
    description:
      - A JMESPath expression over the result. What it finds is returned in RV(query_result), and RV(workspaces) is left
        out.
      - Needs the Python library C(jmespath).
    type: str
  pseudonym_key:
    description:
      - Replaces users, and the names that the platform builds from them, by pseudonyms that are the same every time
        under the same key. Workspaces can still be told apart by uid.
      - Texts of others, such as labels and errors, are left out then.
    type: str
extends_documentation_fragment:
  - eduide.theia._kube
  - eduide.theia._service
  - eduide.theia._operator
  - eduide.theia._workspaces
  - eduide.theia._attributes
  - eduide.theia._attributes.info_module
  - eduide.theia._attributes.actiongroup_theia
seealso:
  - module: eduide.theia.theia_workspace
  - module: eduide.theia.theia_session_info
"""

EXAMPLES = r"""
- name: See all workspaces
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
  register: seen

- name: Find out what deleting a student's workspaces would do to the files
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
    users: [ada@tum.de]
    fields: [name, live_sessions, volume, deletion]

- name: See what the ten largest workspaces take
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
    sort_by: size
    limit: 10

- name: Find workspaces that nobody used for half a year
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
    unused_days: 180

- name: List volumes that were kept when their claim went
  eduide.theia.theia_workspace_info:
    namespace: theia-prod
    limit: 0
    query: orphans.volumes[].name

- name: See one's own workspaces without access to the cluster
  eduide.theia.theia_workspace_info:
    api: service
    service_url: https://service.theia.example.org
    app_id: asdfghjkl
    user_token: "{{ my_token }}"
"""

RETURN = r"""
workspaces:
  description:
    - The selected workspaces in order. Through the REST service only name, user, app definition, label and sessions are
      known, and everything else is null.
  returned: when O(query) is not set
  type: list
  elements: dict
  contains:
    name: {description: Name of the workspace., returned: always, type: str, sample: ws-java-17-latest-ada}
    uid:
      description: Uid of the workspace.
      returned: always
      type: str
      sample: 5b1c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d11
    namespace: {description: Namespace of the installation., returned: always, type: str, sample: theia-prod}
    user: {description: Its user., returned: always, type: str, sample: ada@tum.de}
    app_definition:
      description: The app definition that it was last used with.
      returned: always
      type: str
      sample: java-17-latest
    label: {description: Its name for people., returned: always, type: str, sample: java-17-latest of ada@tum.de}
    created: {description: When it was created in UTC., returned: always, type: str, sample: "2027-02-11T08:00:00Z"}
    age_seconds: {description: Seconds since then., returned: always, type: int, sample: 3600}
    operator_status:
      description: The operator's word for how far it is; null if it has none yet.
      returned: always
      type: str
      sample: HANDLED
    error: {description: The platform's error code and text., returned: always, type: str, sample: "520:no storage"}
    protected: {description: Why it is never deleted; null if it may be., returned: always, type: str, sample: demo}
    claim:
      description: What asks for its storage; null if there is none or claims could not be read.
      returned: always
      type: dict
      contains:
        name: {description: Name of the claim., returned: always, type: str, sample: ws-ada-java-17-latest-0c2b1a7d11}
        phase: {description: Phase of the claim., returned: always, type: str, sample: Bound}
        found_by:
          description:
            - V(storage) if the workspace names it, V(label) if it is labelled with the workspace's name, V(owner) if
              the workspace owns it.
          returned: always
          type: str
          sample: storage
        requested_bytes: {description: What was asked for., returned: always, type: int, sample: 262144000}
        capacity_bytes: {description: What was given., returned: always, type: int, sample: 262144000}
        storage_class: {description: Its storage class., returned: always, type: str, sample: csi-rbd-sc}
    volume:
      description: Where the files are; null if there is none or volumes could not be read.
      returned: always
      type: dict
      contains:
        name:
          description: Name of the volume.
          returned: always
          type: str
          sample: pvc-9a1c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d22
        phase: {description: Phase of the volume., returned: always, type: str, sample: Bound}
        reclaim_policy:
          description: Whether the volume itself goes with its claim. It may differ from that of the storage class.
          returned: always
          type: str
          sample: Delete
    sessions:
      description:
        - Sessions on it, in whatever state. That is what they say themselves, and the one that the operator deletes
          with the workspace by its name.
      returned: always
      type: list
      elements: str
      sample: [ws-java-17-latest-ada-session]
    live_sessions:
      description: Those of them that are not dead. With one the workspace is in use.
      returned: always
      type: list
      elements: str
      sample: [ws-java-17-latest-ada-session]
    last_used:
      description:
        - Now with a live session on it, else RV(workspaces[].last_seen). The platform keeps no such time.
      returned: always
      type: str
      sample: "2027-02-11T09:00:00Z"
    last_seen:
      description: When a session was last seen on it, to the day; null if none was seen.
      returned: always
      type: str
      sample: "2027-02-10T22:00:00Z"
    unused_since:
      description:
        - Since when it is known to be unused. Null with a session on it, if a pod mounts its claim, where its use was
          not looked at, and if its annotation C(eduide-theia/last-seen) is no time at which it was.
      returned: always
      type: str
      sample: "2027-01-02T22:00:00Z"
    unused_seconds: {description: Seconds since then., returned: always, type: int, sample: 3456000}
    exam:
      description: The open exam that its app definition and user are part of.
      returned: always
      type: str
      sample: pgdp-final
    deletion:
      description:
        - What deleting it would do to the files. V(volume_deleted); V(volume_released) if the volume stays and must be
          reclaimed by hand; V(no_volume) if there are none; null if that could not be read.
      returned: always
      type: str
      sample: volume_deleted
    deletion_note:
      description: RV(workspaces[].deletion) in words.
      returned: always
      type: str
      sample: volume is deleted
query_result:
  description: What O(query) found.
  returned: when O(query) is set
  type: raw
  sample: [pvc-9a1c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d22]
orphans:
  description: What workspaces left behind; null through the REST service.
  returned: success
  type: dict
  contains:
    claims:
      description: Claims whose workspace is gone.
      returned: always
      type: list
      elements: dict
      contains: &claim
        name: {description: Name of the claim., returned: always, type: str, sample: ws-bob-c-latest-1c2b1a7d11}
        workspace: {description: What its label names., returned: always, type: str, sample: ws-c-latest-bob}
        phase: {description: Phase of the claim., returned: always, type: str, sample: Bound}
        created: {description: When it was created., returned: always, type: str, sample: "2026-11-02T08:00:00Z"}
        volume: {description: Its volume., returned: always, type: str, sample: pvc-1b1c1f6e-7f0e-4c5e}
        storage_class: {description: Its storage class., returned: always, type: str, sample: csi-rbd-sc}
        requested_bytes: {description: What was asked for., returned: always, type: int, sample: 262144000}
        capacity_bytes: {description: What was given., returned: always, type: int, sample: 262144000}
    volumes:
      description: Volumes that are still there although their claim is gone, so that a person has to look after them.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: Name of the volume.
          returned: always
          type: str
          sample: pvc-2b1c1f6e-7f0e-4c5e-9d5b-6e0c2b1a7d44
        claim: {description: The claim it was for., returned: always, type: str, sample: ws-eve-c-latest-2c2b1a7d11}
        workspace:
          description: The workspace whose files it holds, if that is noted on it.
          returned: always
          type: str
          sample: ws-c-latest-eve
        user: {description: The user of that workspace., returned: always, type: str, sample: eve@tum.de}
        phase:
          description: Phase of the volume. In any but V(Released) the cluster could not remove it.
          returned: always
          type: str
          sample: Released
        message:
          description: Why it is in this phase, in the cluster's words; null if it says nothing.
          returned: always
          type: str
          sample: "VolumeFailedDelete: rbd image is still being used"
        created: {description: When it was created., returned: always, type: str, sample: "2026-11-02T08:00:00Z"}
        reclaim_policy: {description: Why it is still there., returned: always, type: str, sample: Retain}
        storage_class: {description: Its storage class., returned: always, type: str, sample: csi-rbd-sc}
        capacity_bytes: {description: Its size., returned: always, type: int, sample: 262144000}
pool_claims:
  description:
    - Claims of members of a pool. They carry the label of a workspace's claim and belong to no workspace.
  returned: success
  type: list
  elements: dict
  contains: *claim
summary:
  description: Totals of the selected workspaces, before O(limit), and of all claims of the namespace.
  returned: success
  type: dict
  contains:
    total: {description: Number of workspaces., returned: always, type: int, sample: 40}
    in_use: {description: Those with a live session., returned: with O(api=kubernetes), type: int, sample: 12}
    never_seen:
      description: Those of which it is not known when they were used.
      returned: with O(api=kubernetes)
      type: int
      sample: 3
    by_app_definition: {description: By app definition., returned: always, type: dict, sample: {java-17-latest: 40}}
    by_deletion:
      description: By what deleting them would do.
      returned: with O(api=kubernetes)
      type: dict
      sample: {volume_deleted: 40}
    by_storage_class:
      description: Number and bytes of all claims of the namespace by storage class.
      returned: with O(api=kubernetes)
      type: dict
      sample: {csi-rbd-sc: {claims: 41, requested_bytes: 10747904000, capacity_bytes: 10747904000}}
    claims:
      description:
        - Number and bytes of all claims of the namespace by what they belong to. That is V(workspaces), V(pools),
          V(orphans) or V(others).
      returned: with O(api=kubernetes)
      type: dict
      sample: {workspaces: {claims: 40, requested_bytes: 10485760000, capacity_bytes: 10485760000}}
    quotas:
      description: Quotas of the namespace that limit claims and storage.
      returned: with O(api=kubernetes)
      type: list
      elements: dict
      contains:
        quota: {description: Name of the quota., returned: always, type: str, sample: theia-quota}
        resource: {description: What is limited., returned: always, type: str, sample: persistentvolumeclaims}
        used: {description: What is in use., returned: always, type: str, sample: "41"}
        hard: {description: What is allowed., returned: always, type: str, sample: "500"}
        percent: {description: Share in use., returned: always, type: float, sample: 8.2}
garbage_collector:
  description:
    - What the platform's own garbage collector would delete in its next round, by the age of workspaces alone. Null if
      there is none; all fields are null if its setting cannot be read.
  returned: success
  type: dict
  contains:
    ttl_seconds: {description: Age that it allows., returned: always, type: int, sample: 1209600}
    would_delete: {description: Number of workspaces beyond it., returned: always, type: int, sample: 7}
    would_delete_in_use:
      description: Those of them with a live session.
      returned: always
      type: list
      elements: str
      sample: [ws-java-17-latest-ada]
observation:
  description: When the use of workspaces was looked at. Null if it never was, or not for too long.
  returned: success
  type: dict
  contains:
    since: {description: The first look., returned: always, type: str, sample: "2026-12-01T22:00:00Z"}
    last: {description: The last look., returned: always, type: str, sample: "2027-02-10T22:00:00Z"}
    longest_gap_seconds: {description: The longest time without a look., returned: always, type: int, sample: 86400}
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
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.info import run_info
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.options import selection_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.view import GATHERED


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **selection_argument_spec(),
            "gather": {"type": "list", "elements": "str", "choices": list(GATHERED), "default": list(GATHERED)},
            "fields": {"type": "list", "elements": "str"},
            "query": {"type": "str"},
            "pseudonym_key": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    finish(module, run_info, "listing workspaces")


if __name__ == "__main__":
    main()
