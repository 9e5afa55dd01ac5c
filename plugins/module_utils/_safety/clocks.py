# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server's clock counts for the shield, and it is not believed blindly: another clock may be the right one."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import format_time
from .decision import Decision
from .shield import shielded

if t.TYPE_CHECKING:
    from .case import Case

# Clocks that are set by anything at all agree by seconds.
FARTHEST = timedelta(minutes=5)


def doubted(now: datetime, skew: timedelta) -> datetime | None:
    """This machine's time if the API server's is too far from it; None: there is no doubt."""
    return now - skew if abs(skew) > FARTHEST else None


def describe_doubt(now: datetime, machine_now: datetime | None) -> str | None:
    """The warning that such a run begins with."""
    if machine_now is None:
        return None
    return (
        f"{apart(now, machine_now)}, and nobody knows which is right: no session or workspace is ended that either of "
        "them puts into an exam, or that is due by one of them alone, and no such exam is closed without "
        "end_early_reason"
    )


def shielded_by_the_other_clock(case: Case) -> Decision | None:
    """Nothing is ended whose shield depends on which of two clocks is right."""
    machine_now = case.context.machine_now
    if machine_now is None:
        return None
    objection = shielded(case, at=machine_now)
    if objection is None:
        return None
    why = apart(case.context.now, machine_now)
    return objection._replace(text=f"{objection.text}, by the clock of this machine: {why}")


def due_by_one_clock(case: Case) -> Decision | None:
    """Nothing is ended for what it is by one of two clocks alone."""
    machine_now = case.context.machine_now
    if machine_now is None or case.due_by_both_clocks:
        return None
    return Decision(
        "kept_active",
        f"it is due by the clock of the API server, {format_time(case.context.now)}, and not by that of this machine, "
        f"{format_time(machine_now)}: {apart(case.context.now, machine_now)}; set right the one that is wrong",
    )


def apart(now: datetime, machine_now: datetime) -> str:
    minutes = int(abs((now - machine_now).total_seconds()) // 60)
    return f"the clocks of the API server and of this machine are {minutes} min apart"
