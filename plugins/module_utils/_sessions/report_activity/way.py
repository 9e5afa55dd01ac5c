# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How activity is reported: through the cluster, through the service beside it, or through the service alone."""

from __future__ import annotations

import typing as t

from ..._platform.rows import SessionRow

if t.TYPE_CHECKING:
    from ..._common.batch import Mapper
    from .plan import ActivityReport

Send = t.Callable[[SessionRow], bool]
"""Reports activity for the session that was seen; False if it is gone, Conflict if it was changed."""


class Target(t.NamedTuple):
    name: str
    uid: str | None = None
    row: SessionRow | None = None
    """None: it does not exist, or nobody can tell what it is like."""


class Way(t.NamedTuple):
    """For whom, by what, and what the result says of it."""

    targets: t.Sequence[Target]
    act: t.Callable[[Target], ActivityReport]
    precondition: str
    across: Mapper | None = None
    missing: t.Mapping[str, str] = {}
    not_checked: t.Sequence[str] = ()
