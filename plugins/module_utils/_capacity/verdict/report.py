# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verdict in words and as plain data: one sentence, what binds, and what would lift it."""

from __future__ import annotations

import json
import math
import typing as t

if t.TYPE_CHECKING:
    from .judge import Limit, Verdict

ONE = 1000
# What the login proxy needs is little; a container that needs more states it itself.
_DEFAULTS = {"memory": "64Mi", "cpu": "100m"}
_UNITS = {"Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "M": 1000**2, "G": 1000**3, "T": 1000**4}


def describe(verdict: Verdict) -> dict[str, t.Any]:
    """The verdict as the modules return it."""
    return {
        "app_definitions": list(verdict.names),
        "participants": verdict.participants,
        "sessions": verdict.sessions,
        "warm": verdict.warm,
        "stuck": verdict.stuck,
        "enough": verdict.enough,
        "confidence": "exact" if verdict.exact else "bound",
        "reasons": list(verdict.reasons),
        "limits": [_describe_limit(limit, limit.sessions == verdict.sessions) for limit in verdict.limits],
        "headline": headline(verdict),
        "sentence": sentence(verdict),
    }


def _describe_limit(limit: Limit, binds: bool) -> dict[str, t.Any]:
    return {
        "code": limit.code,
        "object": limit.name or None,
        "resource": limit.resource if limit.code == "quota" else None,
        "sessions": int(limit.sessions),
        "binds": binds,
        "hard": None
        if limit.hard is None
        else quantity(limit.resource, limit.hard)
        if limit.resource
        else str(limit.hard),
        "used": None if limit.used is None else quantity(limit.resource, limit.used),
        "each": quantity(limit.resource, limit.each) if limit.code == "quota" and limit.each else None,
        "cause": _cause(limit),
        "remedy": remedy(limit),
    }


def headline(verdict: Verdict) -> str:
    """The answer for a line of a terminal."""
    told = f"{' or '.join(verdict.names)}: {_number(verdict)} more students, {verdict.warm} on a warm instance"
    if verdict.stuck:
        told = f"{told}, {verdict.stuck} would be stuck"
    if verdict.binding:
        told = f"{told}; {' and '.join(dict.fromkeys(map(_short, verdict.binding)))}"
    return told


def _number(verdict: Verdict) -> str:
    if verdict.sessions is None:
        return "any number of"
    return str(verdict.sessions) if verdict.exact else f"at least {verdict.sessions}"


def _short(limit: Limit) -> str:
    if limit.refusal:
        named = f" of {', '.join(limit.refusal.containers)}" if limit.refusal.containers else ""
        return f"refused: {limit.resource}{named}"
    known = {"quota": f"quota {limit.name} {limit.resource}", "nodes": "nodes full"}
    return known.get(limit.code) or _cause(limit).partition(" of ")[0].partition(":")[0]


def sentence(verdict: Verdict) -> str:
    """The answer in one line: how many, how many of them warm, what binds, and what lifts it."""
    asked = verdict.participants
    name = " or ".join(verdict.names)
    told = f"{name}: {_number(verdict)} more students get a session, {verdict.warm} of them at once on a warm instance"
    if asked:
        told = f"{told}; {asked} are expected"
    if verdict.stuck:
        told = f"{told}; {verdict.stuck} free instances would take a student and never become ready"
    if verdict.binding:
        told = f"{told}; what binds: {' and '.join(dict.fromkeys(map(_cause, verdict.binding)))}"
    if verdict.limits and verdict.enough is not True:
        told = f"{told}; what lifts it: {'; '.join(dict.fromkeys(map(remedy, verdict.limits)))}"
    return told


def _cause(limit: Limit) -> str:
    if limit.refusal:
        return limit.refusal.text
    if limit.code == "quota":
        used, hard = quantity(limit.resource, limit.used or 0), quantity(limit.resource, limit.hard or 0)
        each = quantity(limit.resource, limit.each or 0)
        return f"ResourceQuota {limit.name} ({limit.resource}: {used} of {hard} used, {each} for each session)"
    if limit.code == "nodes":
        return f"the room on the {limit.resource} nodes that take such pods"
    if limit.code == "max_instances":
        return f"max_instances={limit.hard} of {limit.name}"
    return "sessionsPerUser=0: only instances of the pool can be given out"


def remedy(limit: Limit) -> str:
    """What to do, in numbers."""
    more = math.ceil(limit.lacking)
    if limit.code == "quota":
        raised = quantity(limit.resource, (limit.hard or 0) + more)
        return f"raise {limit.resource} of ResourceQuota {limit.name} to {raised}"
    if limit.code == "unlimited_container" and limit.refusal:
        return f"create {limit_range_text(limit.refusal.resources)}"
    if limit.code == "limit_range":
        return "change the LimitRange or what the app definition asks for"
    if limit.code == "nodes":
        return f"add nodes with room for {more * (limit.each or 1)} more pods"
    if limit.code == "max_instances":
        return f"raise max_instances of {limit.name} to {(limit.hard or 0) + more}"
    return "raise --sessionsPerUser in the arguments of the operator"


def limit_range_text(resources: t.Iterable[str]) -> str:
    """A LimitRange that states what a quota demands, as JSON that kubectl takes. It touches nothing that is stated."""
    wanted = sorted({name.rpartition(".")[2] for name in resources})
    default = {name: _DEFAULTS[name] for name in wanted if name in _DEFAULTS}
    item = {"type": "Container", "default": default, "defaultRequest": default}
    body = {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "theia-defaults"},
        "spec": {"limits": [item]},
    }
    return json.dumps(body)


def quantity(resource: str, amount: int) -> str:
    """Thousandths as people write them; memory and storage in the unit that takes the fewest digits."""
    if amount % ONE:
        return f"{amount}m"
    whole = amount // ONE
    if not whole or ("memory" not in resource and "storage" not in resource):
        return str(whole)
    exact = [f"{whole // unit}{suffix}" for suffix, unit in _UNITS.items() if whole % unit == 0]
    # Else rounded up to a mebibyte, which is still enough where it is a remedy.
    return min(exact, key=len, default=f"{-(-whole // _UNITS['Mi'])}Mi")
