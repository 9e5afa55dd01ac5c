# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a task fails that ended sessions or workspaces: all that could be done is done by then."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError, several
from .decision import Item, Plan

I = t.TypeVar("I", bound=Item[t.Any, t.Any, t.Any])  # noqa: E741 (the items of a plan)


def unmet(
    planned: Plan[I],
    described: t.Iterable[t.Mapping[str, t.Any]],
    kept: t.Collection[str],
    asked: t.Callable[[I], bool],
) -> list[str]:
    """What failed, and what was kept although it was asked for: a green task would say that it is gone."""
    return [
        f"{entry['name']}: {entry['reason']}"
        for item, entry in zip(planned.items, described, strict=True)
        if entry["outcome"] == "failed" or (entry["outcome"] in kept and asked(item))
    ]


def failure_of(planned: Plan[t.Any], problems: t.Sequence[str]) -> EduideError | None:
    """What was not done."""
    if planned.over_cap:
        return EduideError(f"{planned.over_cap}; they are listed in the result")
    return EduideError(several(problems)) if problems else None
