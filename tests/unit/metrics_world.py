# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An installation of which everything was read, and what the file of metrics says of one."""

from __future__ import annotations

import re

from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import POOL_STATES

LINE = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (?P<value>\S+)')
POOL = {state: number for number, state in enumerate(POOL_STATES)}
HOLD = {"exam": 'final "A\\B"\n', "asked": {"warm": 60}, "add": 57, "until": None, "ended": False}
APP = {
    "name": "java-17-latest",
    "min_instances": 60,
    "max_instances": 1000,
    "sessions": 40,
    "pool": POOL,
    "ledger": {"holds": [HOLD]},
}
CAPACITY = {
    "app_definitions": [APP],
    "quotas": [{"quota": "theia", "resource": "pods", "percent": 27.9}],
    "operator": {"leading": True},
    "seen_at": "2027-02-11T08:41:07Z",
}
SESSIONS = {"sessions": [{"findings": [{"code": "failed"}, {"code": "no_pod"}]}, {"findings": [{"code": "failed"}]}]}


def samples(text):
    """Values by name and labels in a file of metrics; every line that is no comment has to be a sample."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            key = match["name"], match["labels"] or ""
            assert key not in found
            found[key] = float(match["value"])
    return found
