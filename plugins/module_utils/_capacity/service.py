# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Capacity through the REST service: sending what was planned, and what little can be done without the cluster."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, Misconfigured, several
from .._common.report import Report
from .._platform.names import SPEC_FIELDS
from .._service.client import connect_service
from .plan import SERVICE_FIELDS, Change, Desired, Refused
from .result import differences

if t.TYPE_CHECKING:
    from .._service.scaling import Scaling
    from .job import Job
    from .send import Send

NOT_CHECKED = ["claimed instances", "ledger", "mode of the operator", "progress of the pool"]


def admin_patch(params: t.Mapping[str, t.Any]) -> Send:
    """Send a change through the service. It knows no versions, so nothing guards against a change in between.

    The service is asked once beforehand: a wrong token or address has to be noticed before the ledger is written.
    """
    service = connect_service(params)
    service.admin.scalings()

    def send(change: Change) -> None:
        service.admin.scale(change.app_definition.name, **change.patch)

    return send


def read_bounds(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """All that the service tells about capacity; what it cannot know is null."""
    service = connect_service(params)
    names = params["app_definitions"]
    found = service.admin.scalings() if names is None else [service.admin.scaling(name) for name in names]
    unknown: dict[str, t.Any] = {
        "uid": None,
        "timeout_minutes": None,
        "inactive_minutes": None,
        "sessions": None,
        "pool": None,
        "drift": None,
        "ledger": None,
    }
    return {
        "app_definitions": [{**unknown, **bounds._asdict()} for bounds in sorted(found)],
        "quotas": None,
        "operator": None,
        "seen_at": None,
        "missing": {},
    }


def run_unchecked(params: t.Mapping[str, t.Any], job: Job, *, check_mode: bool) -> Report:
    """Set bounds with the service alone: only what cannot harm anybody, since nothing is known of pools and claims."""
    if params["api"] != "service":
        raise Misconfigured("unchecked=true goes with api=service: with access to the cluster everything is checked")
    _refuse_what_needs_the_cluster(params, job)
    service = connect_service(params)
    found = {desired.name: service.admin.scaling(desired.name) for desired in job.all_desired}
    patches = {desired.name: _safe_patch(desired, found[desired.name]) for desired in job.all_desired}
    failures: dict[str, str] = {}
    for name, patch in patches.items():
        if patch and not check_mode:
            try:
                service.admin.scale(name, **patch)
            except EduideError as exc:
                failures[name] = exc.told
    items = [_describe(found[name], patch, failures.get(name)) for name, patch in patches.items()]
    diff = differences(items)
    return Report(
        bool(diff),
        {"app_definitions": items, "precondition": "none", "not_checked": NOT_CHECKED},
        diff,
        EduideError(several([f"{name}: {text}" for name, text in failures.items()])) if failures else None,
    )


def _refuse_what_needs_the_cluster(params: t.Mapping[str, t.Any], job: Job) -> None:
    asked = {
        "state=baseline": job.state == "baseline",
        "hold": job.terms.hold is not None,
        "wait": params["wait"],
        "warm": any(desired.warm is not None for desired in job.all_desired),
        **{
            field: any(field in desired.values for desired in job.all_desired)
            for field in sorted(SPEC_FIELDS.keys() - SERVICE_FIELDS)
        },
    }
    if needing := [option for option, is_set in asked.items() if is_set]:
        raise Refused(
            f"{', '.join(needing)} cannot be done with unchecked=true: it needs access to the cluster; "
            "only min_instances and max_instances can be raised through the service alone"
        )


def _safe_patch(desired: Desired, bounds: Scaling) -> dict[str, int]:
    live = bounds._asdict()
    wanted = {field: value for field, value in desired.values.items() if live[field] != value}
    low, high = wanted.get("min_instances", bounds.min_instances), wanted.get("max_instances", bounds.max_instances)
    if lowered := [field for field, value in wanted.items() if _lowers(live[field], value)]:
        raise Refused(
            f"{', '.join(lowered)} of {desired.name} would be lowered, and without access to the cluster nobody knows "
            "which sessions that would hurt; do it with cluster credentials, without unchecked"
        )
    if wanted and high is not None and low > high:
        raise Refused(
            f"{desired.name} would have min_instances={low} above max_instances={high}; "
            f"state max_instances of at least {low} too"
        )
    return wanted


def _lowers(live: int | None, value: int) -> bool:
    """Absent and negative bounds are no bounds."""
    return live is None or live < 0 or value < live


def _describe(bounds: Scaling, patch: dict[str, int], failure: str | None) -> dict[str, t.Any]:
    before = {
        **dict.fromkeys(SPEC_FIELDS),
        "min_instances": bounds.min_instances,
        "max_instances": bounds.max_instances,
    }
    return {
        "name": bounds.name,
        "uid": None,
        "outcome": "failed" if failure else ("changed" if patch else "unchanged"),
        "note": failure or "",
        "before": before,
        "after": before if failure else {**before, **patch},
        "pods": None,
        "pool": None,
        "ledger": None,
        "draining": [],
        "lockouts": [],
        "seconds_to_warm": None,
        "looks": [],
    }
