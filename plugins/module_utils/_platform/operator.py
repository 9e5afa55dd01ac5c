# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator's Deployment and Lease say about how it runs."""

from __future__ import annotations

import itertools
import typing as t

from .._common.errors import EduideError
from .._common.timestamps import parse_time
from .names import OPERATOR_CONTAINER


class Operator(t.NamedTuple):
    """The arguments of the operator that decide what a session or a pool change leads to."""

    eager: bool
    keycloak: bool
    sessions_per_user: int | None
    monitor: bool
    activity_tracker: bool
    monitor_interval_minutes: int
    requested_storage: str | None = None
    """How large the volume of a new workspace is."""
    storage_class: str | None = None


def read_operator(deployment: t.Mapping[str, t.Any]) -> Operator:
    """Read the mode from the arguments: they are what the operator obeys, whatever a chart's values say.

    A negative ``--sessionsPerUser`` means unlimited and is returned as None, as is an absent one.
    """
    given = _arguments(deployment)
    per_user = _number(given, "sessionsPerUser", -1)
    return Operator(
        eager=_switch(given, "eagerStart"),
        keycloak=_switch(given, "keycloak"),
        sessions_per_user=per_user if per_user >= 0 else None,
        monitor=_switch(given, "enableMonitor"),
        activity_tracker=_switch(given, "enableActivityTracker"),
        monitor_interval_minutes=_number(given, "monitorInterval", 1),
        requested_storage=given.get("requestedStorage") or None,
        storage_class=given.get("storageClassName") or None,
    )


def renewed(first: t.Mapping[str, t.Any] | None, second: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a leader renewed its Lease between two reads.

    Only the values of the two reads are compared, never a clock: the operator's clock need not agree with ours.
    """
    before = ((first or {}).get("spec") or {}).get("renewTime")
    after = ((second or {}).get("spec") or {}).get("renewTime")
    return after is not None and after != before


def led_seconds(lease: t.Mapping[str, t.Any] | None) -> float | None:
    """For how long its holder has been leading; both times are the holder's own, so no clocks are compared."""
    spec = (lease or {}).get("spec") or {}
    acquired, renewed_at = parse_time(spec.get("acquireTime")), parse_time(spec.get("renewTime"))
    return (renewed_at - acquired).total_seconds() if acquired and renewed_at else None


def _arguments(deployment: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Both spellings occur: ``--name=value`` in one element and ``--name`` followed by its value."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    container = next((c for c in containers if c.get("name") == OPERATOR_CONTAINER), containers[0])
    words = [str(word) for word in [*(container.get("command") or []), *(container.get("args") or [])]]
    given: dict[str, str] = {}
    for word, following in itertools.pairwise([*words, "--"]):
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            given[name] = value if equals or following.startswith("--") else following
    return given


def _switch(given: t.Mapping[str, str], name: str) -> bool:
    return name in given and given[name].lower() != "false"


def _number(given: t.Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    try:
        return int(text)
    except ValueError as exc:
        raise EduideError(
            f"the operator's argument --{name}={text} is no whole number; correct it in the operator's Deployment"
        ) from exc
