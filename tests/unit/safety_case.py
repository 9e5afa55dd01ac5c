# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session or workspace with nothing that speaks against its end, for tests of the laws."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from ansible_collections.eduide.theia.plugins.module_utils._safety.case import Safeguards, Subject
from ansible_collections.eduide.theia.plugins.module_utils._safety.limits import Caps
from ansible_collections.eduide.theia.plugins.module_utils._safety.shield import NOBODY, Shield


class Case(t.NamedTuple):
    subject: Subject
    safeguards: Safeguards = Safeguards(Caps("max_stop"))
    shield: Shield = NOBODY
    now: datetime = datetime(2027, 2, 11, 9, tzinfo=UTC)
    machine_now: datetime | None = None
    let_out: tuple[str, ...] = ()
    due_by_both_clocks: bool = True

    @property
    def terms(self) -> Case:
        return self

    @property
    def context(self) -> Case:
        return self
