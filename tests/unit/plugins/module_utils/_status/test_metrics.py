# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics: their names keep Prometheus' conventions, every value is there once, and what is unknown is not zero."""

from __future__ import annotations

import re

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._status.metrics import HELP, RUN_HELP, render, render_run
from unit.metrics_world import APP, CAPACITY, POOL, RESULT, SESSIONS, VERDICT, everything, samples


def test_every_value_that_was_read_is_a_sample():
    found = samples(render(CAPACITY, SESSIONS, {"installation": "production"}))
    app = 'installation="production",app_definition="java-17-latest"'
    exam = app + ',exam="final \\"A\\\\B\\"\\n"'
    expected = {
        ("theia_app_definition_min_instances", app): 60,
        ("theia_app_definition_max_instances", app): 1000,
        ("theia_app_definition_sessions", app): 40,
        ("theia_app_definition_further_sessions", app): 207,
        ("theia_app_definition_further_sessions_exact", app): 1,
        ("theia_further_sessions", 'installation="production"'): 150,
        ("theia_further_sessions_exact", 'installation="production"'): 0,
        ("theia_app_definition_drifted_fields", f'{app},by="another_client"'): 2,
        ("theia_app_definition_drifted_fields", f'{app},by="earlier_run"'): 1,
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
    unknown = {**APP, "pool": None, "ledger": None, "max_instances": None, "sessions": None, "drift": None}
    nothing = {"quotas": None, "operator": None, "seen_at": None, "verdict": None}
    capacity = {"app_definitions": [unknown], **nothing, "verdicts": [{**VERDICT, "sessions": None}]}
    found = samples(render(capacity, {"sessions": []}, {}))
    assert found == {("theia_app_definition_min_instances", 'app_definition="java-17-latest"'): 60}


def test_a_run_that_ended_well_says_when_and_how_long_warming_took():
    labels, run = {"installation": "production"}, {"playbook": "pre_exam", "at": "2027-02-11T08:31:07Z"}
    success = ("theia_run_last_success_timestamp_seconds", 'installation="production",playbook="pre_exam"')
    warm = ("theia_exam_warmup_seconds", 'installation="production",app_definition="java-17-latest",exam="final"')
    found = samples(render_run(RESULT, labels, exam="final", **run))
    assert found == {success: 1802334667, warm: 24.5}


@pytest.mark.parametrize("result", [{}, {"app_definitions": [{"name": "java-17-latest", "seconds_to_warm": None}]}])
def test_a_run_that_waited_for_nothing_says_when_alone(result):
    text = render_run(result, {}, playbook="converge_exams", exam="final", at="2027-02-11T08:31:07Z")
    assert [name for name, _labels in samples(text)] == ["theia_run_last_success_timestamp_seconds"]


def test_names_keep_the_conventions_and_every_metric_says_what_it_is():
    text = everything({})
    names = {name for name, _labels in samples(text)}
    assert names == {*HELP, *RUN_HELP}
    for name in names:
        assert re.fullmatch(r"theia(_[a-z]+)+", name)
        assert not name.endswith(("_total", "_count", "_sum", "_bucket", "_percent", "_minutes"))
        assert text.count(f"# HELP {name} ") == text.count(f"# TYPE {name} gauge\n") == 1
        assert text.index(f"# HELP {name} ") < text.index(f"# TYPE {name} ") < text.index(f"\n{name}")
