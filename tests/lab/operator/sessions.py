# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way a session goes, by the mode of the operator."""

from __future__ import annotations

import typing as t

from lab.kube import Resource
from lab.operator import labels
from lab.operator.eager import EagerSessions
from lab.operator.lazy import LazySessions


class SessionHandler(t.Protocol):
    """Called for one event of a session after the other. Changes of a session are nobody's business."""

    async def added(self, session: Resource) -> None: ...

    async def deleted(self, session: Resource) -> None: ...


class LazyOnly:
    """Without ``--eagerStart``."""

    def __init__(self, lazy: LazySessions) -> None:
        self._lazy = lazy

    async def added(self, session: Resource) -> None:
        await self._lazy.added(session)

    async def deleted(self, session: Resource) -> None:
        """What belongs to the session goes with its owner."""


class EagerWithFallback:
    """With ``--eagerStart``: a pool instance if one is free, else a pod of its own."""

    def __init__(self, eager: EagerSessions, lazy: LazySessions) -> None:
        self._eager = eager
        self._lazy = lazy

    async def added(self, session: Resource) -> None:
        if await self._eager.added(session) != "no-capacity":
            return
        if await self._lazy.added(session):
            await self._eager.mark_as_fallback(session)

    async def deleted(self, session: Resource) -> None:
        if labels.annotations_of(session).get(labels.START_STRATEGY) == "eager":
            await self._eager.deleted(session)
