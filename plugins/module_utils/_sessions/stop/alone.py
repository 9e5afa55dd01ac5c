# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions through the REST service alone, which does it for its own user."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ..._common.errors import Misconfigured, ServerFailed
from ..._platform.lists import Lists, Snapshot
from ..._safety.execution import Pace, carry_out
from ..._safety.shield import NOBODY
from ..._safety.targets import is_names_only
from ..._service.client import UNTOLD_BY_SERVICE, connect_service
from ..record import Context
from ..service import assess_listed, token_user
from ..view import SessionView
from .options import read_stop_request, read_stop_terms
from .plan import StopItem, plan_stop
from .prepare import StopExecution

Params = t.Mapping[str, t.Any]
# What nobody looks at if the cluster cannot be read.
NOT_CHECKED = ("uid", "findings", "exams", "protection", "operator", "data", "instance")


def stop_unchecked(params: Params, *, check_mode: bool) -> StopExecution:
    """Stop sessions of the token's user by name. All that the service does not tell is unknown to the plan."""
    request = read_stop_request(params)
    terms = read_stop_terms(params, None)
    if params["api"] != "service" or not is_names_only(request) or params["only_dead"]:
        raise Misconfigured(
            "unchecked is for api=service with names: without the cluster nothing else can be told apart"
        )
    service = connect_service(params, check_mode=check_mode)
    user = token_user(service, params)
    view = untold_view()
    sessions = [assess_listed(session) for session in service.sessions(user)]
    planned = plan_stop(sessions, request, terms, view.context)

    def stop(item: StopItem) -> StopItem:
        if not service.stop_session(user, item.name):
            raise ServerFailed("the service says that it did not stop it")
        return item

    if not check_mode:
        planned = carry_out(planned, stop, Pace(params["concurrency"], params["max_failures"]))
    return StopExecution(planned, view, {})


def untold_view() -> SessionView:
    """Nobody looked at the cluster; its time is not known either, and nothing rests on it."""
    now = datetime.now(UTC)
    context = Context(now, "", shield=NOBODY._replace(untold=UNTOLD_BY_SERVICE))
    return SessionView(Snapshot(Lists(sessions=[]), {}, now, ""), context, {})
