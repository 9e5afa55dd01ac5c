# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That a session is let out of the shield of an exam is written down before it happens."""

from __future__ import annotations

import typing as t

from ..._common.batch import retry_on_conflict
from ..._common.errors import NotFound
from ..._exams import record as exam_record
from ..._kubernetes.kinds import CONFIG_MAP
from ..._safety.guard import ROUNDS

if t.TYPE_CHECKING:
    from ..._kubernetes.gateway import Gateway
    from .plan import ShieldExit


def note_exit(gateway: Gateway, way_out: ShieldExit, run: str) -> None:
    """Write into the exam's history who lets a session out of its shield and why, before it happens."""
    name = exam_record.record_name(way_out.exam)

    def attempt(_again: bool) -> None:
        record = gateway.get(CONFIG_MAP, name)
        if record is None:
            raise NotFound(f"the record {name} of the exam is gone, so its history cannot say why the shield was left")
        about = {"session": way_out.uid, "reason": way_out.reason}
        noted = exam_record.with_history(
            record, at=gateway.now(), action="shield_exit", run=run, outcome="allowed", **about
        )
        gateway.replace(CONFIG_MAP, name, noted)

    retry_on_conflict(ROUNDS, attempt, doing=f"the history in the record {name} was being written; try again")
