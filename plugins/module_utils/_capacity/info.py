# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_capacity_info) does: bounds, pools and quotas as they are, and verdicts on request."""

from __future__ import annotations

import typing as t

from .._common.report import Report
from .._kubernetes.connect import connect
from .._platform import snapshot as platform
from .._platform.leader import watch
from .._platform.options import read_installation
from .result import describe_capacity
from .service import read_bounds
from .verdict import task as verdict_tasks
from .verdict.view import PARTS as VERDICT_PARTS
from .view import REQUIRED, SHOWN, pick, view_capacity

if t.TYPE_CHECKING:
    from .._common.report import Task


def run_info(task: Task) -> Report:
    """What C(theia_capacity_info) does."""
    params = task.params
    if params["api"] == "service":
        return Report(changed=False, fields=read_bounds(params))
    asked = verdict_tasks.question(params)
    gateway = connect(params)
    installation = read_installation(params)
    seen = platform.read(gateway, installation, (*SHOWN, *(VERDICT_PARTS if asked else ())), REQUIRED)
    snapshot = view_capacity(seen)
    for name in params["app_definitions"] or ():
        pick(snapshot, name, gateway.namespace)
    for what, reason in snapshot.missing.items():
        # What a verdict lacks is among its reasons.
        task.warn(None if what in VERDICT_PARTS else f"{what} could not be read and is null: {reason}")
    lead = watch(gateway, installation) if snapshot.operator and params["check_leader"] else None
    leading, led_seconds = (lead.leading, lead.led_seconds) if lead else (None, None)
    fields = describe_capacity(snapshot, params["app_definitions"], leading=leading, led_seconds=led_seconds)
    if asked:
        fields |= verdict_tasks.verdicts(gateway, installation, seen, snapshot, asked)
    return Report(changed=False, fields=fields)
