# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The label that the operator makes of a user, and what becomes of a session whose user makes none."""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from .rows import SessionRow

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LONGEST = 63


def user_label(user: str) -> str:
    """As the operator writes it on the objects of a session: cut, with an underscore for all that it leaves out."""
    return re.sub(r"[^A-Za-z0-9]", "_", user.replace("@", "_at_"))[:_LONGEST]


def makes_label(user: str) -> bool:
    """Whether Kubernetes takes that label: it has to begin and end with a letter or digit."""
    return _LABEL.fullmatch(user_label(user)) is not None


def claim_failed(session: SessionRow) -> bool:
    """Whether it has reserved an instance at most: the label comes before the address list and the address."""
    return session.url is None and not makes_label(session.user)


def ends_operator(session: SessionRow) -> bool:
    """Whether the operator would end when this session is deleted.

    It asks for the Services of the instance by that label, and does not catch the answer. Of a session without a start
    strategy it does not ask.
    """
    return session.strategy == "eager" and claim_failed(session)
