# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps an app definition from getting its former values back, and how much of them it can have already."""

from __future__ import annotations

import typing as t

from .._platform.pool import Instance, Pool
from .._platform.rows import AppDefinitionRow, LiveSession
from .ledger import Entry, Values, more_generous


def claims_in_the_way(app: AppDefinitionRow, pool: Pool | None, wanted: Values) -> tuple[Instance, ...]:
    """The claims in the way of lowering the bound: below a claim, an instance loses its owner and becomes an orphan."""
    minimum = wanted.get("min_instances")
    if pool is None or minimum is None or minimum >= (app.values["min_instances"] or 0):
        return ()
    return tuple(pool.claims_above(minimum))


def lowered_unseen(app: AppDefinitionRow, pool: Pool | None, wanted: Values) -> list[str]:
    """The bounds that would be lowered although nobody knows who is on the instances; absent ones bound nothing."""
    if pool is not None:
        return []
    live = {field: app.values[field] for field in wanted}
    return [field for field, now in live.items() if wanted[field] != now and _is_less(wanted[field], now)]


def _is_less(wanted: int | None, live: int | None) -> bool:
    return wanted is not None and (live is None or live < 0 or wanted < live)


def outlasting_sessions(
    app: AppDefinitionRow, sessions: t.Sequence[LiveSession], wanted: Values
) -> tuple[LiveSession, ...]:
    """The sessions that are older than a limit which is to be shorter: the operator would end them within a minute."""
    found = {}
    for field in ("timeout_minutes", "inactive_minutes"):
        limit = wanted.get(field)
        if limit is None or limit <= 0 or more_generous(field, app.values[field], limit) == limit:
            continue
        for session in sessions:
            idle = session.age_minutes if session.idle_minutes is None else session.idle_minutes
            if (session.age_minutes if field == "timeout_minutes" else idle) >= limit:
                found[session.uid] = session
    return tuple(found.values())


def narrowing(app: AppDefinitionRow, pool: Pool, entry: Entry, least_freed: int | None) -> Values:
    """The bound that can be had already on the way to the baseline; empty for none.

    With no claim in the way that is the baseline, whoever a shorter time limit has to wait for. Else it is the highest
    claim, below which nothing is lowered, and only once: each patch rebuilds what is idle, so it has to be worth that
    and free at least so many instances.
    """
    lowest = entry.baseline.get("min_instances", app.min_instances) or 0
    bound = max(pool.highest_claimed_id, lowest)
    if bound == lowest:
        return {"min_instances": bound} if bound < app.min_instances else {}
    if least_freed is None or entry.narrowed or app.min_instances - bound < max(least_freed, 1):
        return {}
    return {"min_instances": bound}
