# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting workspaces through the REST service alone, which does it for its own user."""

from __future__ import annotations

import typing as t

from ..._common.errors import ServerFailed
from ..._safety.execution import Pace, carry_out
from ..._service.client import connect_service
from ..._sessions.service import token_user
from ..._sessions.stop.alone import untold_view
from ..record import WorkspaceSources
from ..service import assess_listed
from ..view import WorkspaceView
from .options import read_deletion_terms, read_unchecked_request
from .plan import DeletionItem, plan_deletion
from .prepare import DeletionExecution

Params = t.Mapping[str, t.Any]
# What nobody looks at if the cluster cannot be read.
NOT_CHECKED = ("uid", "sessions", "exams", "annotations", "max_percent", "volume")


def delete_unchecked(params: Params, *, check_mode: bool) -> DeletionExecution:
    """Delete workspaces of the token's user by name. All that the service does not tell is unknown to the plan."""
    request, terms = read_unchecked_request(params), read_deletion_terms(params, None)
    service = connect_service(params, check_mode=check_mode)
    user = token_user(service, params)
    untold = untold_view()
    listed = [assess_listed(workspace, untold.context.now) for workspace in service.workspaces(user)]
    in_use = dict.fromkeys((name for assessed in listed for name in assessed.record["live_sessions"]), "live")
    planned = plan_deletion(listed, (), request, terms, untold.context, staying=in_use)

    def delete(item: DeletionItem) -> DeletionItem:
        if not service.delete_workspace(user, item.name):
            raise ServerFailed("the service says that it did not delete it")
        return item

    if not check_mode:
        planned = carry_out(planned, delete, Pace(params["concurrency"], params["max_failures"]))
    sources = WorkspaceSources(sessions=untold.sources)
    return DeletionExecution(planned, WorkspaceView(sources, untold, {}))
