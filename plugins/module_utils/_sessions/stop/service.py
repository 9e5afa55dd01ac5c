# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions through the REST service, which does it for their own user and knows no preconditions."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ..._common.errors import (
    Conflict,
    EduideError,
    Misconfigured,
    ServerFailed,
    several,
)
from ..._common.waiting import wait_until
from ..._kubernetes.kinds import SESSION
from ..._platform.lists import Lists, Snapshot
from ..._platform.rows import SessionRow
from ..._safety.execution import Pace, carry_out
from ..._safety.guard import Seen
from ..._safety.shield import NOBODY
from ..._service.client import Service, connect_service
from ..record import Context
from ..service import REASON, assess_listed, token_user
from ..view import View
from .execute import StopExecution
from .options import read_stop_request, read_stop_terms
from .plan import StopItem, plan_stop

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._kubernetes.kinds import Kind

Params = t.Mapping[str, t.Any]
CONFIRM_SECONDS = 10.0
# What nobody looks at if the cluster cannot be read.
NOT_CHECKED = ("uid", "findings", "exams", "protection", "operator", "data", "instance")


def send_and_confirm(gateway: Gateway, kind: Kind, row: Seen, send: t.Callable[[], object]) -> bool:
    """Look at the object right before it is deleted by name, and make sure by its uid that it is gone afterwards."""
    found = gateway.get(kind, row.name)
    if found is None or found["metadata"]["uid"] != row.uid:
        return False
    if found["metadata"]["resourceVersion"] != row.resource_version:
        raise Conflict(f"{kind.kind} {row.name!r} was changed")
    send()
    _unused, gone = wait_until(
        lambda: gateway.get(kind, row.name),
        lambda now: now is None or now["metadata"]["uid"] != row.uid,
        timeout_seconds=CONFIRM_SECONDS,
    )
    if not gone:
        raise ServerFailed(
            f"the service accepted to delete {kind.kind} {row.name!r}, and {CONFIRM_SECONDS:.0f} s later it is there"
        )
    return True


class StopThrough(t.NamedTuple):
    """The service as a way to stop sessions of one user, and to delete their workspaces."""

    service: Service
    user: str

    def sender(self, gateway: Gateway) -> t.Callable[[SessionRow], bool]:
        def send(row: SessionRow) -> bool:
            return send_and_confirm(gateway, SESSION, row, lambda: self.service.stop_session(self.user, row.name))

        return send


def stop_through(params: Params, *, check_mode: bool) -> StopThrough:
    service = connect_service(params, check_mode=check_mode)
    if not service.user:
        raise Misconfigured(
            "user_token names no user by e-mail address, and the service deletes for their own user only"
        )
    return StopThrough(service, service.user)


def stop_unchecked(params: Params, *, check_mode: bool) -> StopExecution:
    """Stop sessions of the token's user by name. All that the service does not tell is unknown to the plan."""
    request = read_stop_request(params)
    terms = read_stop_terms(params, None)
    stated = request.selection._replace(names=frozenset(), users=frozenset())
    if (
        params["api"] != "service"
        or request.records is not None
        or not request.selection.names
        or stated.states_anything
        or request.sort_by
        or params["only_dead"]
    ):
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


def untold_view() -> View:
    """Nobody looked at the cluster; its time is not known either, and nothing rests on it."""
    now = datetime.now(UTC)
    context = Context(now, "", shield=NOBODY._replace(untold=REASON))
    return View(Snapshot(Lists(sessions=[]), {}, now, ""), context, {})


def failure_of(
    items: t.Iterable[t.Mapping[str, t.Any]], outcomes: t.Collection[str] = ("failed",)
) -> EduideError | None:
    """Everything that could be done is done by now; the task still fails if something was not."""
    failed = [f"{item['name']}: {item['reason']}" for item in items if item["outcome"] in outcomes]
    return EduideError(several(failed)) if failed else None
