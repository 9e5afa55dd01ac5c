# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping sessions through the REST service, which does it for their own user and knows no preconditions."""

from __future__ import annotations

import collections
import typing as t

from ..._common.batch import run_batch
from ..._common.errors import (
    Conflict,
    EduideError,
    Misconfigured,
    ServerFailed,
    several,
)
from ..._common.report import Report, differences
from ..._common.waiting import wait_until
from ..._kubernetes.kinds import SESSION
from ..._platform.rows import SessionRow
from ..._safety.guard import Seen
from ..._safety.options import read_safeguards
from ..._service.client import Service, connect_service
from ..service import the_user
from .options import read_stop_request

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


def stop_unchecked(params: Params, *, check_mode: bool) -> Report:
    """Stop sessions of the token's user by name, with nothing but the service to ask."""
    request, safeguards = read_stop_request(params), read_safeguards(params, "sessions", "max_stop")
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
    user = the_user(service, params)
    there = {session.name: session for session in service.sessions(user) if session.name in request.selection.names}
    chosen = sorted(there) if request.limit is None else sorted(there)[: request.limit]
    kept = {
        name: why
        for name in chosen
        if (why := safeguards.protection.of("session", name, there[name].app_definition, user))
    }
    going = [name for name in chosen if name not in kept]
    # Of what share of all sessions these are nobody can tell here.
    over_cap = safeguards.caps.exceeded(len(going), 0, 0, things="sessions", counted="live sessions", ended="stopped")
    outcomes: dict[str, tuple[str, str]] = {name: ("kept_protected", why) for name, why in kept.items()}
    if over_cap:
        outcomes |= dict.fromkeys(going, ("skipped_cap", over_cap))
    elif check_mode:
        outcomes |= dict.fromkeys(going, ("stopped", "named by this task"))
    else:
        done = run_batch(
            going,
            lambda name: _stop(service, user, name),
            concurrency=params["concurrency"],
            max_failures=params["max_failures"],
        )
        outcomes |= {attempt.item: attempt.settle(lambda _name, *ending: ending) for attempt in done}
    outcomes |= dict.fromkeys(request.selection.names - there.keys(), ("gone", "there is no such session"))
    items = [
        {
            **dict.fromkeys(("uid", "state", "data_at", "exam", "ending")),
            "name": name,
            "user": user if name in there else None,
            "app_definition": there[name].app_definition if name in there else None,
            "outcome": outcome,
            "would": check_mode,
            "reason": reason,
            "reasons": ["named"] if name in there else [],
        }
        for name, (outcome, reason) in sorted(outcomes.items())
    ]
    stopped = sum(item["outcome"] == "stopped" for item in items)
    fields = {
        "sessions": items,
        "outcomes": dict(collections.Counter(item["outcome"] for item in items)),
        "data_lost": {"unknown": stopped},
        "precondition": "none",
        "not_checked": list(NOT_CHECKED),
        "missing": {},
    }
    failure = EduideError(f"{over_cap}; they are listed in the result") if over_cap else failure_of(items)
    return Report(stopped > 0, fields, differences(items, ("stopped",)), failure)


def failure_of(
    items: t.Iterable[t.Mapping[str, t.Any]], outcomes: t.Collection[str] = ("failed",)
) -> EduideError | None:
    """Everything that could be done is done by now; the task still fails if something was not."""
    failed = [f"{item['name']}: {item['reason']}" for item in items if item["outcome"] in outcomes]
    return EduideError(several(failed)) if failed else None


def _stop(service: Service, user: str, name: str) -> tuple[str, str]:
    if not service.stop_session(user, name):
        raise ServerFailed("the service says that it did not stop it")
    return "stopped", "named by this task"
