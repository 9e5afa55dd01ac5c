# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the handlers of sessions share."""

from __future__ import annotations

import typing as t

from lab.kube import Cluster
from lab.operator.arguments import Settings
from lab.operator.routes import Routes, UrlPolls
from lab.operator.statuses import Statuses


class Context(t.NamedTuple):
    cluster: Cluster
    settings: Settings
    statuses: Statuses
    routes: Routes
    polls: UrlPolls

    @classmethod
    def of(cls, cluster: Cluster, settings: Settings) -> Context:
        statuses = Statuses(cluster, april=settings.switches.april)
        return cls(cluster, settings, statuses, Routes(cluster, settings), UrlPolls(settings, statuses))
