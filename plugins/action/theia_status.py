# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.eduide.theia.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """Shows who is left while C(theia_status) watches."""

    subject = "what"

    def render(self, report: dict[str, t.Any]) -> str:
        return f"{report['sessions']} sessions after {report['seconds']:.0f} s; {report['sentence']}"
