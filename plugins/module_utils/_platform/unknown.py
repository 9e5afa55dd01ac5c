# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error for an app definition that is none: it says which there are, and which may be meant."""

from __future__ import annotations

import typing as t

from .._common.errors import NotFound
from .._common.sentences import nearest


def no_app_definition(name: str, known: t.Iterable[str], namespace: str) -> NotFound:
    there = sorted(known)
    return NotFound(
        f"there is no app definition {name!r} in namespace {namespace!r}; it has {', '.join(there) or 'none at all'}"
        f"{nearest(name, there)}"
    )
