# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST service acts for one user: what belongs to others is left to the cluster."""

from __future__ import annotations

import typing as t

from .decision import Decision

if t.TYPE_CHECKING:
    from .case import Case


def of_another_user(case: Case) -> Decision | None:
    user = case.terms.safeguards.only_user
    if user in (None, case.subject.user):
        return None
    return Decision("refused", f"it belongs to another user than {user}, for whom alone the REST service acts here")
