# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting workspaces through the REST service, which does it in use or not, with the cluster at hand."""

from __future__ import annotations

import typing as t

from ..._kubernetes.kinds import WORKSPACE
from ..._sessions.stop.service import StopThrough, send_and_confirm

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.rows import WorkspaceRow


def delete_through(through: StopThrough, gateway: Gateway) -> t.Callable[[WorkspaceRow], bool]:
    def send(row: WorkspaceRow) -> bool:
        return send_and_confirm(
            gateway, WORKSPACE, row, lambda: through.service.delete_workspace(through.user, row.name)
        )

    return send
