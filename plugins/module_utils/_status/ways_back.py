# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the app definitions come back whose bounds are not what the ledger says."""

from __future__ import annotations

import typing as t

from .._capacity.drift import deviations
from .._capacity.way_back import WayBack, way_back
from .._exams.record import read_all
from .._safety.clocks import doubted

if t.TYPE_CHECKING:
    from .._capacity.view import CapacityView
    from .._platform.lists import Snapshot


def ways_back(capacity: CapacityView, snapshot: Snapshot) -> dict[str, WayBack]:
    """By app definition. Records that could not be read are as good as none."""
    records, _unreadable = read_all(snapshot.lists.exams or ())
    now, machine_now = snapshot.now, doubted(snapshot.now, snapshot.skew)
    apps, entries = capacity.app_definitions, capacity.ledger.entries
    return {
        name: way_back(name, apps.get(name), capacity.ledger, records, now=now, machine_now=machine_now)
        for name, entry in entries.items()
        if not entry.open_holds or (name in apps and deviations(apps[name], entry))
    }


def describe_ways_back(capacity: CapacityView, snapshot: Snapshot) -> dict[str, dict[str, t.Any]]:
    return {name: way._asdict() for name, way in sorted(ways_back(capacity, snapshot).items())}
