#!/usr/bin/python
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: theia_rehearsal
short_description: Let synthetic students log in as they do at the start of an exam, and measure it
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Starts a session for each of many synthetic students through the REST service, spread over time as O(curve) says,
    and measures how long each waits for a URL.
  - Says whether the lines at which EduIDE alarms were held, that is a URL for 95 % of the launches, and within 15
    seconds for 95 % of those.
  - It is refused where O(allow_rehearsal) is not true, while an exam is under way, and if one of the students has a
    session already.
  - The sessions are there until they are stopped. The role C(rehearsal) stops them and looks that nothing is left.
  - Sessions are started through the service and looked at in the cluster, whatever O(api) says.
options:
  allow_rehearsal:
    description: Whether this installation is there for rehearsals. It belongs in the inventory.
    type: bool
    default: false
  app_definition:
    description: The app definition that the students use.
    type: str
    required: true
  users:
    description:
      - How many students come, up to 2000. They are called C(r0001@rehearsal.invalid) and so on, which takes a service
        without login, unless there are O(user_tokens).
    type: int
    required: true
  user_tokens:
    description:
      - Where students log in, a token for each of them. Their e-mail addresses are the users, and O(users) says how
        many of them come at most.
    type: list
    elements: str
  over_seconds:
    description: Within how many seconds all of them come, up to 7200.
    type: int
    default: 60
  curve:
    description:
      - How they spread over that time. It is cut into as many equal parts as there are numbers, and the numbers say how
        many come in one part compared with the others. V(1,4,3,1) is a rush in the second quarter.
    type: list
    elements: int
    default: [1]
  launch_timeout_seconds:
    description: After how long a launch without a URL has failed, up to 3600.
    type: int
    default: 180
  concurrency:
    description: Most launches that wait for an answer at once, up to 500. Who comes then goes in late, and is counted.
    type: int
    default: 64
  progress_file:
    description: Set by the action plugin; do not use it.
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
    support: none
  idempotent:
    support: none
    details:
      - Each run is a rehearsal of its own.
seealso:
  - module: eduide.theia.theia_session
"""

EXAMPLES = r"""
- name: Let 300 students come within two minutes, most of them in the second half minute
  eduide.theia.theia_rehearsal:
    namespace: theia-staging
    service_url: https://service.staging.example.org
    app_id: asdfghjkl
    allow_rehearsal: true
    app_definition: java-17-latest
    users: 300
    over_seconds: 120
    curve: [1, 4, 2, 1]
  register: rehearsal

- name: See who would come
  eduide.theia.theia_rehearsal:
    namespace: theia-staging
    service_url: https://service.staging.example.org
    app_id: asdfghjkl
    allow_rehearsal: true
    app_definition: java-17-latest
    users: 5
  check_mode: true
"""

RETURN = r"""
users:
  description: Who comes.
  returned: success
  type: list
  elements: str
  sample: [r0001@rehearsal.invalid]
launches:
  description: What became of each; empty in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    user: {description: Whose launch it was., returned: always, type: str, sample: r0001@rehearsal.invalid}
    seconds:
      description: From the request to a URL; null if there was none.
      returned: always
      type: float
      sample: 0.84
    late:
      description: How many seconds later than planned the request went out.
      returned: always
      type: float
      sample: 0.0
    reason: {description: Why there was no URL; else null., returned: always, type: str, sample: no answer}
    start:
      description:
        - V(warm) if it got an instance that was ready before it came, V(cold) if the instance was not, V(lazy) if there
          was none for it. V(unknown) if its pod is not to be seen, null if there is no session.
      returned: always
      type: str
      sample: warm
figures:
  description: What the launches say together; null in check mode.
  returned: success
  type: dict
  contains:
    users: {description: How many came., returned: success, type: int, sample: 300}
    succeeded: {description: How many got a URL., returned: success, type: int, sample: 298}
    success_percent: {description: Their share., returned: success, type: float, sample: 99.3}
    p50_seconds: {description: Within which half of them got it., returned: success, type: float, sample: 0.9}
    p95_seconds: {description: Within which 95 of 100 got it., returned: success, type: float, sample: 4.1}
    slowest_seconds: {description: What the slowest one took., returned: success, type: float, sample: 6.0}
    starts:
      description: The number and the first two of these times for each kind of start.
      returned: success
      type: dict
      sample: {warm: {count: 60, p50_seconds: 0.4, p95_seconds: 0.9}}
    failures: {description: "Why there was no URL, and how often.", returned: success, type: dict, sample: {}}
    late_starts:
      description: How many requests went out more than a second late.
      returned: success
      type: int
      sample: 0
    kept: {description: Whether the lines of EduIDE were held., returned: success, type: bool, sample: true}
sentences:
  description: The figures in sentences.
  returned: success
  type: list
  elements: str
  sample: ["kept: 298 of 300 students got a URL (99.3 %, wanted 95 %)"]
"""

from ansible_collections.eduide.theia.plugins.module_utils._common.options import (
    TheiaModule,
    kube_argument_spec,
    service_argument_spec,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.report import finish
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import operator_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._sessions.rehearse.options import rehearsal_argument_spec
from ansible_collections.eduide.theia.plugins.module_utils._sessions.rehearse.task import run_rehearsal


def main() -> None:
    module = TheiaModule(
        argument_spec={
            **kube_argument_spec(),
            **service_argument_spec(),
            **operator_argument_spec(),
            **rehearsal_argument_spec(),
        },
        supports_check_mode=True,
    )
    finish(module, run_rehearsal, "rehearsing")


if __name__ == "__main__":
    main()
