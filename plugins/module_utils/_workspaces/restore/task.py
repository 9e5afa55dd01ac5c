# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_workspace) does for C(state=present) with C(volume_from), from its options to its result."""

from __future__ import annotations

import typing as t

from ..._common.errors import EduideError, Misconfigured, NotFound
from ..._common.progress import Reporter
from ..._common.report import Report, Task
from ..._kubernetes.connect import connect
from ..._kubernetes.kinds import APP_DEFINITION
from ..._platform.leader import leads
from ..._platform.options import read_installation
from .. import results
from .execute import Restoring, candidates, look
from .plan import Found, find_volume, objection, owner_of

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway

Params = t.Mapping[str, t.Any]


def run_restore(task: Task) -> Report:
    """Give a kept volume to a workspace, unless it has it already."""
    params, check_mode = task.params, task.check_mode
    if params["api"] == "service":
        raise Misconfigured("volume_from goes through the cluster: the service knows no volumes")
    if not params["wait"]:
        raise Misconfigured("volume_from waits after each step, because the next one may only follow if it worked")
    gateway = connect(params, check_mode=check_mode)
    among = candidates(gateway)
    volume = find_volume(among, params["volume_from"])
    found = look(gateway, volume, owner_of(volume, among, params))
    if error := objection(found) or _unready(gateway, params, found):
        raise error
    if found.finished or check_mode:
        return _report(found, would=check_mode, restored=not found.finished)
    restoring = Restoring(
        gateway, found, timeout_seconds=params["wait_timeout_seconds"], progress=_progress(params["progress_file"])
    )
    try:
        found = restoring.carry_out()
    except EduideError as exc:
        failure = EduideError(
            f"{exc.advice}; the files are still in volume {volume.name}, and the same task goes on from here",
            **exc.details,
        )
        return _report(found, failure=failure, changed=restoring.changed)
    if restoring.left_empty:
        task.warn(f"volume {restoring.left_empty}: it is empty and stays, for it could not be removed; look at it")
    return _report(found)


def _unready(gateway: Gateway, params: Params, found: Found) -> EduideError | None:
    """What is needed for the first step, as long as that is not done."""
    workspace, app_definition = found.workspace, found.owner.app_definition
    if found.handed_over or (workspace and workspace.operator_status == "HANDLED"):
        return None
    if workspace is None and gateway.get(APP_DEFINITION, app_definition) is None:
        return NotFound(
            f"app definition {app_definition!r}: there is none of this name in {gateway.namespace}; state another "
            "app_definition"
        )
    if not leads(gateway, read_installation(params)):
        return EduideError(
            f"no operator leads, and only the operator makes the claim of a workspace; the files stay in volume "
            f"{found.volume.name}: run this again when one leads"
        )
    return None


def _progress(path: str | None) -> t.Callable[[str, int, int], None]:
    def tell(what: str, done: int, total: int) -> None:
        Reporter(path, what).report(done, total)

    return tell


def _report(
    found: Found,
    *,
    would: bool = False,
    restored: bool = True,
    changed: bool = False,
    failure: EduideError | None = None,
) -> Report:
    workspace, volume = found.workspace, found.volume
    outcome = "failed" if failure else "restored" if restored else "present"
    reason = f"its files are in volume {volume.name}"
    told = results.item(
        name=found.owner.name,
        uid=workspace.uid if workspace else None,
        user=found.owner.user,
        app_definition=workspace.app_definition if workspace else found.owner.app_definition,
        claim=found.claim.name if found.claim else None,
        volume=volume.name,
        outcome=outcome,
        would=would,
        reason=failure.advice if failure else reason if restored else f"{reason} already",
    )
    return results.report([told], precondition="uid_and_resource_version", changed=changed, failure=failure)
