# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible_collections.eduide.theia.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """Shows how many students of C(theia_rehearsal) have a URL."""

    subject = "what"

    def render(self, report: dict[str, t.Any]) -> str:
        done, total, seconds = (report[key] for key in ("done", "total", "seconds"))
        return f"{done} of {total} students have a URL after {seconds:.0f} s"
