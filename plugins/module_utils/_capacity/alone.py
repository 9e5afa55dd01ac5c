# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Setting bounds through the REST service alone, which tells them and nothing else."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from .._common.batch import run_batch
from .._common.errors import Misconfigured
from .._platform.names import SPEC_FIELDS
from .._platform.rows import AppDefinitionRow
from .._service.client import UNTOLD_BY_SERVICE, connect_service
from .changes import plan_changes
from .execute import Execution
from .ledger import read_ledger
from .plan import SERVICE_FIELDS, Refused
from .service import send_through
from .view import REQUIRED, CapacityView

if t.TYPE_CHECKING:
    from .._service.scaling import Scaling
    from .job import Job

Params = t.Mapping[str, t.Any]
# What nobody looks at if the cluster cannot be read.
NOT_CHECKED = ("claimed instances", "ledger", "mode of the operator", "progress of the pool")


def set_unchecked(params: Params, job: Job, *, check_mode: bool) -> Execution:
    """Set bounds. All that the service does not tell is unknown to the plan, which then lowers nothing."""
    if params["api"] != "service":
        raise Misconfigured("unchecked=true goes with api=service: with access to the cluster everything is checked")
    _refuse_what_needs_the_cluster(job)
    service = connect_service(params)
    view = _untold_view([service.admin.scaling(desired.name) for desired in job.all_desired])
    changes = {change.app_definition.name: change for change in plan_changes(view, job, params["namespace"] or "")}
    patches = [change for change in changes.values() if change.patch and not check_mode]
    attempts = run_batch(patches, send_through(service), concurrency=1)
    failures = {attempt.item.app_definition.name: attempt.text for attempt in attempts if attempt.error}
    sent = frozenset(change.app_definition.name for change in patches).difference(failures)
    return Execution(view, changes, sent, failures, conflicts={}, ledger_written=False)


def _untold_view(bounds: t.Iterable[Scaling]) -> CapacityView:
    """The bounds, and nothing of instances, sessions and exams; its time is this machine's, and nothing rests on it."""
    unknown: dict[str, int | None] = dict.fromkeys(SPEC_FIELDS)
    rows = [
        AppDefinitionRow(
            each.name, "", 0, "", {**unknown, "min_instances": each.min_instances, "max_instances": each.max_instances}
        )
        for each in bounds
    ]
    return CapacityView(
        app_definitions={row.name: row for row in rows},
        pools={},
        ledger=read_ledger(None),
        operator=None,
        sessions={},
        quotas=None,
        missing=dict.fromkeys(REQUIRED[1:], UNTOLD_BY_SERVICE),
        now=datetime.now(UTC),
    )


def _refuse_what_needs_the_cluster(job: Job) -> None:
    asked = {
        "state=baseline": job.state == "baseline",
        "hold": job.terms.hold is not None,
        "wait": job.wait is not None,
        "repair": bool(job.repair),
        "warm": any(desired.warm is not None for desired in job.all_desired),
        **{
            field: any(field in desired.asked for desired in job.all_desired)
            for field in sorted(SPEC_FIELDS.keys() - SERVICE_FIELDS)
        },
    }
    if needing := [option for option, is_set in asked.items() if is_set]:
        raise Refused(
            f"{', '.join(needing)} cannot be done with unchecked=true: it needs access to the cluster; "
            "only min_instances and max_instances can be raised through the service alone"
        )
