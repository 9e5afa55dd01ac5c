# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes with the patches of one task: quiet pools before them, and address lists and whole pools after them."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, several
from .._common.progress import SILENT, ProgressFile
from .._kubernetes.kinds import APP_DEFINITION
from .._platform.leader import holder, succeeded
from .lockout import Gap, Policy, Seat, seats
from .look import look_at
from .readmit import watch_lists
from .settle import Quiet, make_whole, wait_until_quiet

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation


class Care(t.NamedTuple):
    """What the caller states about it."""

    lockout: Policy
    quiet_seconds: float
    quiet_wait_seconds: float
    progress: ProgressFile = SILENT
    """Is told what it waits for, and of looks that fail."""


class Aftermath(t.NamedTuple):
    """What the patches of a task did to pools and users."""

    gaps: tuple[Gap, ...] = ()
    failures: t.Mapping[str, str] = {}
    """What is wrong in the end, by app definition."""
    warnings: tuple[str, ...] = ()

    def joined(self, later: Aftermath) -> Aftermath:
        return Aftermath(
            (*self.gaps, *later.gaps), {**self.failures, **later.failures}, (*self.warnings, *later.warnings)
        )


class Surroundings:
    """Made right before the patches of one round go out."""

    def __init__(
        self, gateway: Gateway, installation: Installation, care: Care, names: t.Collection[str], *, keycloak: bool
    ) -> None:
        self._gateway, self._installation, self._care, self._keycloak = gateway, installation, care, keycloak
        pools = look_at(gateway, names) if keycloak and care.lockout == "repair" else {}
        self._seats = [seat for pool in pools.values() for seat in seats(pool, rebuilt_by="change")]
        self._leader = holder(gateway, installation)

    def after(self, sent: t.Collection[str]) -> Aftermath:
        """What becomes of the app definitions whose patch has arrived. Students first."""
        if not sent:
            return Aftermath()
        gaps, failures = self._readmit([seat for seat in self._seats if seat.app_definition in sent])
        for name in {gap.seat.app_definition for gap in gaps if gap.outcome == "locked_out"}:
            locked = [gap for gap in gaps if gap.outcome == "locked_out" and gap.seat.app_definition == name]
            told = [f"{gap.seat.user} on instance {gap.seat.instance_id}: {gap.note}" for gap in locked]
            failures[name] = f"the bounds are set, but users are locked out: {several(told)}"
        wrong = make_whole(
            self._gateway,
            sent,
            keycloak=self._keycloak,
            timeout_seconds=self._care.quiet_wait_seconds,
            progress=self._care.progress,
        )
        for name, text in wrong.items():
            remedy = "repair=[halves, outdated] mends it (playbook repair_pools)"
            broken = f"the bounds are set, but its pool is not whole: {text}; {remedy}"
            failures[name] = f"{failures[name]}; {broken}" if name in failures else broken
        return Aftermath(tuple(gaps), failures, self._succession())

    def _readmit(self, locked: list[Seat]) -> tuple[list[Gap], dict[str, str]]:
        if not locked:
            return [], {}
        names = {seat.app_definition for seat in locked}
        try:
            live = {name: self._gateway.get(APP_DEFINITION, name) for name in names}
        except EduideError as exc:
            return [], dict.fromkeys(names, f"the bounds are set, but address lists could not be watched: {exc.advice}")
        generations = {name: obj["metadata"]["generation"] for name, obj in live.items() if obj}
        there = [seat for seat in locked if seat.app_definition in generations]
        return watch_lists(self._gateway, there, generations, timeout_seconds=self._care.quiet_wait_seconds), {}

    def _succession(self) -> tuple[str, ...]:
        """The operator may end itself where a change meets releases; its successor is what is seen of that."""
        if not succeeded(self._gateway, self._installation, self._leader):
            return ()
        return ("the operator ended while the pools were changed, and another one leads since; what it left is mended",)


def quiet(gateway: Gateway, care: Care, names: t.Collection[str]) -> Quiet:
    """Wait until the pools of these app definitions are quiet."""
    return wait_until_quiet(
        gateway,
        names,
        quiet_seconds=care.quiet_seconds,
        timeout_seconds=care.quiet_wait_seconds,
        progress=care.progress,
    )
