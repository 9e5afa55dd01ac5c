# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_rehearsal) does, from its options to its result."""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError, Misconfigured
from ..._common.progress import Reporter
from ..._common.report import Report, Task
from ..._common.secrets import KNOWN
from ..._kubernetes.connect import connect
from ..._platform.options import read_installation
from ..._platform.snapshot import read
from ..._service.client import connect_service, token_user
from ..view import parts_of, view_sessions
from .execute import wave
from .options import check_limits
from .plan import Arrival, arrival_times, figures, objection, require, synthetic_users, tell, with_starts

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from ..._platform.options import Installation
    from ..._service.client import Service
    from ..view import SessionView

Params = t.Mapping[str, t.Any]


def run_rehearsal(task: Task) -> Report:
    """Let the wave come, and measure it. What it started is there until it is stopped."""
    params = task.params
    arrivals = _arrivals(params)
    if not params["allow_rehearsal"]:
        raise Misconfigured(
            "allow_rehearsal is not true: a rehearsal takes instances from students; set it in the inventory of an "
            "installation that is there for that"
        )
    # Whether the service can be reached is told before anybody comes.
    connect_service(params)
    gateway, installation = connect(params, check_mode=task.check_mode), read_installation(params)
    view = _look(gateway, installation)
    task.warn(view.unread, view.doubt)
    app_definition, users = params["app_definition"], [arrival.user for arrival in arrivals]
    require(app_definition, view.sources.app_definitions or (), gateway.namespace)
    if reason := objection(users, view.sources.sessions, view.context.shield, view.context.now):
        raise EduideError(reason)
    if task.check_mode:
        return Report(changed=True, fields={"users": users, "launches": [], "figures": None, "sentences": []})

    def service_of(arrival: Arrival) -> Service:
        return connect_service(
            {**params, "user_token": arrival.token, "timeout_seconds": params["launch_timeout_seconds"]}
        )

    launches = wave(
        gateway,
        service_of,
        app_definition,
        arrivals,
        timeout_seconds=params["launch_timeout_seconds"],
        concurrency=params["concurrency"],
        progress=Reporter(params["progress_file"], "launched"),
    )
    launches = with_starts(launches, _look(gateway, installation), app_definition)
    found = figures(launches)
    items = [launch._asdict() for launch in launches]
    return Report(changed=True, fields={"users": users, "launches": items, "figures": found, "sentences": tell(found)})


def _arrivals(params: Params) -> list[Arrival]:
    check_limits(params)
    tokens = params["user_tokens"]
    for token in tokens or ():
        KNOWN.add(token)
    users = synthetic_users(params["users"])
    if tokens is not None:
        tokens = tokens[: len(users)]
        users = [token_user(token) or "" for token in tokens]
    if not users or not all(users) or len(set(users)) < len(users):
        raise Misconfigured(
            "user_tokens: each needs the e-mail address of another user; one has none, or one comes twice"
        )
    times = arrival_times(len(users), params["over_seconds"], params["curve"])
    return [Arrival(*each) for each in zip(users, times, tokens or [None] * len(users), strict=True)]


def _look(gateway: Gateway, installation: Installation) -> SessionView:
    return view_sessions(read(gateway, installation, parts_of(("objects", "exams")), ("sessions", "app_definitions")))
