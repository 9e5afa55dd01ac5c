# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of an installation at one time."""

from __future__ import annotations

import typing as t

from .rows import AppDefinitionRow, SessionRow, WorkspaceRow
from .workloads import AddressListRow, DeploymentRow, PodRow, ReplicaSetRow, ServiceRow, UsageRow


class Lists(t.NamedTuple):
    """The lists of one snapshot. None: not asked for, or could not be read. That is never the same as empty."""

    sessions: t.Sequence[SessionRow]
    app_definitions: t.Sequence[AppDefinitionRow] | None = None
    workspaces: t.Sequence[WorkspaceRow] | None = None
    deployments: t.Sequence[DeploymentRow] | None = None
    replica_sets: t.Sequence[ReplicaSetRow] | None = None
    services: t.Sequence[ServiceRow] | None = None
    pods: t.Sequence[PodRow] | None = None
    usage: t.Sequence[UsageRow] | None = None
    address_lists: t.Sequence[AddressListRow] | None = None
