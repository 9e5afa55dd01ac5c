# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics: their names keep Prometheus' conventions, every value is there once, and what is unknown is not zero."""

from __future__ import annotations

import re

from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import HELP, render
from unit.metrics_world import APP, CAPACITY, POOL, SESSIONS, samples


def test_every_value_that_was_read_is_a_sample():
    found = samples(render(CAPACITY, SESSIONS, {"installation": "production"}))
    app = 'installation="production",app_definition="java-17-latest"'
    exam = app + ',exam="final \\"A\\\\B\\"\\n"'
    expected = {
        ("theia_app_definition_min_instances", app): 60,
        ("theia_app_definition_max_instances", app): 1000,
        ("theia_app_definition_sessions", app): 40,
        **{("theia_pool_instances", f'{app},state="{state}"'): value for state, value in POOL.items()},
        ("theia_exam_warm_instances", exam): 60,
        ("theia_exam_added_instances", exam): 57,
        ("theia_exam_ended", exam): 0,
        ("theia_sessions_in_trouble", 'installation="production",finding="failed"'): 2,
        ("theia_sessions_in_trouble", 'installation="production",finding="no_pod"'): 1,
        ("theia_quota_used_ratio", 'installation="production",quota="theia",resource="pods"'): 0.279,
        ("theia_operator_leading", 'installation="production"'): 1,
        ("theia_last_look_timestamp_seconds", 'installation="production"'): 1802335267,
    }
    assert found == expected


def test_what_could_not_be_read_has_no_sample():
    unknown = {**APP, "pool": None, "ledger": None, "max_instances": None, "sessions": None}
    capacity = {"app_definitions": [unknown], "quotas": None, "operator": None, "seen_at": None}
    found = samples(render(capacity, {"sessions": []}, {}))
    assert found == {("theia_app_definition_min_instances", 'app_definition="java-17-latest"'): 60}


def test_names_keep_the_conventions_and_every_metric_says_what_it_is():
    text = render(CAPACITY, SESSIONS, {})
    names = {name for name, _labels in samples(text)}
    assert names == set(HELP)
    for name in names:
        assert re.fullmatch(r"theia(_[a-z]+)+", name)
        assert not name.endswith(("_total", "_count", "_sum", "_bucket", "_percent", "_minutes"))
        assert text.count(f"# HELP {name} ") == text.count(f"# TYPE {name} gauge\n") == 1
        assert text.index(f"# HELP {name} ") < text.index(f"# TYPE {name} ") < text.index(f"\n{name}")
