# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping the names of people, on request, out of everything that leaves the collection."""

from __future__ import annotations

import hashlib
import hmac


class Pseudonyms:
    """Names for people that stay the same under one key and tell nothing without it."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._known: dict[str, str] = {}

    def of(self, name: str, kind: str = "user") -> str:
        """The pseudonym of a user, or of something of another kind that is named after one."""
        if name not in self._known:
            self._known[name] = hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()[:12]
        return f"{kind}-{self._known[name]}"
