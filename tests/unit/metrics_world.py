# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An installation of which everything was read, a run that warmed it, and what files of metrics say of both."""

from __future__ import annotations

import re

from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import POOL_STATES, render, render_run

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
    "drift": [{"by_another_client": True}, {"by_another_client": True}, {"by_another_client": False}],
}
VERDICT = {"app_definitions": ["java-17-latest"], "sessions": 207, "confidence": "exact"}
CAPACITY = {
    "app_definitions": [APP],
    "quotas": [{"quota": "theia", "resource": "pods", "percent": 27.9}],
    "operator": {"leading": True},
    "seen_at": "2027-02-11T08:41:07Z",
    "verdict": {"app_definitions": ["c-latest", "java-17-latest"], "sessions": 150, "confidence": "bound"},
    "verdicts": [VERDICT],
}
SESSIONS = {"sessions": [{"findings": [{"code": "failed"}, {"code": "no_pod"}]}, {"findings": [{"code": "failed"}]}]}
RESULT = {"app_definitions": [{"name": "java-17-latest", "seconds_to_warm": 24.5}]}


def everything(labels):
    """All that playbooks write."""
    run = {"playbook": "pre_exam", "exam": "final", "at": "2027-02-11T08:31:07Z"}
    return render(CAPACITY, SESSIONS, labels) + render_run(RESULT, labels, **run)


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
