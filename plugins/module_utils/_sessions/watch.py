# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shield, leader and clock in a long run, for each of them may change while it goes on."""

from __future__ import annotations

import typing as t

from .._common.reading import SharedRead
from .._exams.view import PARTS, shield_of
from .._platform.snapshot import read, with_leader
from .._safety import guard
from .._safety.execution import ShieldWatch

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .record import Context
    from .view import SessionView


class ContextWatch:
    """What decisions rest on beside objects, as it is now. ``latest`` is the view with the leader seen last."""

    def __init__(self, gateway: Gateway, installation: Installation, view: SessionView) -> None:
        self.latest = view
        self._gateway, self._installation = gateway, installation
        shield = view.context.shield
        self._shield = ShieldWatch(shield, lambda: shield_of(read(gateway, installation, PARTS, required=())))
        self._leader = SharedRead(self._watch_leader, known=view)

    def get(self) -> Context:
        shield = self._shield.get()
        view = self.latest
        if view.context.leading:
            view = self._leader.get(guard.RECORDS_SECONDS).content
        return view.context.at(self._gateway.now(), self._gateway.skew(), shield)

    def _watch_leader(self) -> SessionView:
        self.latest = self.latest.of(with_leader(self._gateway, self._installation, self.latest.snapshot))
        return self.latest
