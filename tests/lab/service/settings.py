# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one stand-in service is told at its start."""

from __future__ import annotations

import typing as t

SECONDS_PER_MINUTE = 60.0


class Settings(t.NamedTuple):
    """The configuration that the real service takes from system properties, plus the switches of the lab."""

    namespace: str
    app_id: str
    admin_token: str = ""
    keycloak: bool = True
    admin_group: str = "/theia-cloud/admin"
    upstream: bool = False
    april: bool = False
    minute_seconds: float = SECONDS_PER_MINUTE
    gateway_timeout_seconds: float = SECONDS_PER_MINUTE
    ide_url: str | None = None

    def minutes(self, count: float) -> float:
        """Seconds that a number of platform minutes last in this lab."""
        return count * self.minute_seconds
