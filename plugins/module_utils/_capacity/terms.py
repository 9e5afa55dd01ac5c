# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a caller states about bounds: for one app definition, and for the whole task."""

from __future__ import annotations

import typing as t

from .ledger import lasting

if t.TYPE_CHECKING:
    from .drift import Policy
    from .ledger import Values


class Desired(t.NamedTuple):
    """What the caller states for one app definition: a number of free instances, and values of its spec."""

    name: str
    warm: int | None
    values: dict[str, int]
    session_minutes: int | None = None
    """How long its sessions have to last; values that are stated say it for themselves."""

    @property
    def asked(self) -> Values:
        limits = {} if self.session_minutes is None else lasting(self.session_minutes, {})
        return {**limits, **({} if self.warm is None else {"warm": self.warm}), **self.values}

    def beside(self, held: Values) -> Desired:
        """The same with the time limits that are held already, where these last: each patch may hurt who is in."""
        if self.session_minutes is None:
            return self
        return self._replace(values={**lasting(self.session_minutes, held), **self.values})


class HoldTerms(t.NamedTuple):
    """What the caller states for the whole task."""

    hold: str | None
    until: str | None
    drift: Policy
    api: t.Literal["kubernetes", "service"]
    drain_min_freed: int | None = None
    """How many instances a patch must free that does not restore the baseline yet; None: there is no such patch."""
