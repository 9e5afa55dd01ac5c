# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether students would find what an exam that is about to start declares."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._common.errors import Forbidden
from .._kubernetes.kinds import APP_DEFINITION, DEPLOYMENT, SERVICE
from .._platform import pool as instance_pool
from .._platform.rows import app_definition_row
from .._platform.workloads import deployment_row, service_row
from .record import Recorded

if t.TYPE_CHECKING:
    from .._common.report import Task
    from .._kubernetes.gateway import Gateway


def warm_by_name(task: Task, gateway: Gateway, exams: t.Sequence[Recorded], now: datetime) -> t.Mapping[str, bool]:
    """By name, of those that are about to start. If it cannot be read, none is said to be warm."""
    soon = [exam for exam in exams if exam.is_open(now) and now < exam.exam.start]
    if not soon:
        return {}
    try:
        apps = gateway.list(APP_DEFINITION, project=app_definition_row)
        services = gateway.list(SERVICE, project=service_row)
        deployments = gateway.list(DEPLOYMENT, project=deployment_row)
    except Forbidden as exc:
        task.warn(f"whether instances are warm is not known, so no phase is warm: {exc}")
        return {}
    pools = {
        app.name: instance_pool.count(
            app.uid, app.generation, services=services, deployments=deployments, addresses=None, now=now
        )
        for app in apps
    }
    return {
        exam.name: all(
            definition.name in pools and pools[definition.name].warm_count >= definition.warm
            for definition in exam.exam.app_definitions
        )
        for exam in soon
    }
