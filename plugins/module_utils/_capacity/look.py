# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading capacity: all of it, or some pools object by object."""

from __future__ import annotations

import typing as t

from .._kubernetes.kinds import APP_DEFINITION, CONFIG_MAP, DEPLOYMENT, SERVICE, SESSION
from .._platform import snapshot as platform
from .._platform.parts import config_map_part, deployment_part, instances_of, service_part
from .._platform.rows import app_definition_row, session_row
from .quiet import PoolObjects
from .view import PARTS, REQUIRED, CapacityView, view_capacity

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation


def read(gateway: Gateway, installation: Installation) -> CapacityView:
    """Capacity as it is now. Without the right to see quotas the rest still stands."""
    return view_capacity(platform.read(gateway, installation, PARTS, REQUIRED))


def look_at(gateway: Gateway, names: t.Collection[str]) -> dict[str, PoolObjects]:
    """These app definitions with their pools; one that is gone is left out."""
    lists = (
        (APP_DEFINITION, app_definition_row),
        (SESSION, session_row),
        (SERVICE, service_part),
        (DEPLOYMENT, deployment_part),
        (CONFIG_MAP, config_map_part),
    )
    now = gateway.now()
    apps, sessions, *parts = gateway.map(lambda each: gateway.list(each[0], project=each[1]), lists, len(lists))
    by_uid = {row.uid: row for row in sessions}
    objects = [part for some in parts for part in some]
    return {
        app.name: PoolObjects(app, instances_of(app.uid, objects), by_uid, now) for app in apps if app.name in names
    }
