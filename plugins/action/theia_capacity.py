# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.sentences import counted
from ansible_collections.eduide.theia.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """Shows how many instances are warm, or who or what is in the way, while C(theia_capacity) waits."""

    subject = "app_definition"

    def render(self, report: dict[str, t.Any]) -> str:
        if "draining" in report:
            sessions = counted(report["draining"], "session")
            return f"{report['app_definition']}: {sessions} in the way, {report['seconds']:.0f} s gone"
        if "waits_for" in report:
            return f"{report['app_definition']}: {report['waits_for']}, {report['seconds']:.0f} s gone"
        steps = [f"{number} {step}" for step, number in (report.get("steps") or {}).items()]
        about = report.get("about_seconds")
        parts = [f"{report['warm']} of {report['goal']} warm", *steps]
        if report["cold"]:
            parts.append(f"{report['seconds']:.0f} s gone" if about is None else f"about {about:.0f} s")
        return f"{report['app_definition']}: {', '.join(parts)}"
