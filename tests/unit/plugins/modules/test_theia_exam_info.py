# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C(theia_exam_info) on a gateway that is a dictionary: exams with their phase, and calendars without a cluster."""

from __future__ import annotations

import json

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from integration.module_run import module
from unit.fakes import FakeGateway, app_definition
from unit.session_world import exam_record

DECLARED = {
    "name": "pgdp-final",
    "start": "2027-02-11T09:00",
    "end": "2027-02-11T11:00",
    "app_definitions": [{"name": "java-17-latest", "warm": 60}],
}


@pytest.fixture
def gateway():
    return FakeGateway()


@pytest.fixture
def run(cluster, gateway):
    def run(**options):
        cluster(gateway)
        return module("theia_exam_info", {"namespace": "theia-prod", **options})

    return run


def good(result):
    assert not result.get("failed"), result["msg"]
    return result


def instance(gateway, app, *, ready):
    owner = {"kind": "AppDefinition", "name": app["metadata"]["name"], "uid": app["metadata"]["uid"]}
    labels = {"theia-cloud.io/appdefinition-generation": "1"}
    base = f"instance-1-java-17-latest-{app['metadata']['uid'][-12:]}"
    for kind, name in ((kinds.SERVICE, base), (kinds.SERVICE, f"{base}-int"), (kinds.DEPLOYMENT, base)):
        metadata = {"name": name, "ownerReferences": [owner], "labels": labels}
        spec = {"template": {"spec": {"containers": []}}}
        gateway.put(kind, {"metadata": metadata, "spec": spec, "status": {"readyReplicas": int(ready)}})


@pytest.mark.parametrize(
    ("minutes", "ready", "phase"),
    [
        (-61, True, "declared"),
        (-45, False, "warming"),
        (-45, True, "warm"),
        (-30, False, "running"),
        (105, False, "running"),
        (106, False, "cooling"),
    ],
)
def test_each_exam_is_listed_with_its_phase(run, gateway, minutes, ready, phase):
    app = gateway.put(kinds.APP_DEFINITION, app_definition("java-17-latest", minInstances=1))
    instance(gateway, app, ready=ready)
    record = exam_record(app_definitions=[{"name": "java-17-latest", "warm": 1}], extra_time_minutes=0)
    gateway.put(kinds.CONFIG_MAP, record)
    gateway.put(kinds.CONFIG_MAP, exam_record(exam="gone", closed_at="2027-02-01T00:00:00Z"))
    gateway.advance(minutes * 60)
    found = good(run())
    assert {exam["name"]: exam["phase"] for exam in found["exams"]} == {"gone": "closed", "pgdp-final": phase}
    assert found["unreadable"] == []
    assert gateway.writes == []


def test_a_record_that_cannot_be_read_is_listed_and_warned_of(run, gateway):
    gateway.put(kinds.CONFIG_MAP, exam_record(exam="eist", start=None))
    found = good(run())
    assert found["unreadable"] == [
        {"record": "theia-exam-eist", "reason": "key 'exam' cannot be read (start is missing)"}
    ]
    assert "every live session is shielded" in found["warnings"][0]


def test_a_name_that_is_not_on_record_fails(run, gateway):
    gateway.put(kinds.CONFIG_MAP, exam_record())
    assert "pgdp-final is the nearest name" in run(names=["pgdp-finale"])["msg"]
    assert [exam["name"] for exam in run(names=["pgdp-final"])["exams"]] == ["pgdp-final"]


def test_a_calendar_is_checked_without_a_cluster(tmp_path):
    file = tmp_path / "calendar.yml"
    content = {"theia_time_zone": "Europe/Berlin", "theia_exams": [DECLARED, {**DECLARED, "name": "eist", "end": None}]}
    file.write_text(json.dumps(content))
    result = module("theia_exam_info", {"calendar": str(file)})
    assert result["failed"]
    assert "the calendar: entry 2 (eist): end is missing" in result["msg"]
    assert result["broken"] == [{"number": 2, "name": "eist", "problem": "end is missing"}]
    assert [exam["shield_until"] for exam in result["exams"]] == ["2027-02-11T10:15:00Z"]
    good(module("theia_exam_info", {"calendar": [DECLARED], "time_zone": "Europe/Berlin"}))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "it cannot be read"),
        ("theia_exams: [", "it is no YAML in line 1"),
        ("a: 2027-02-30T10:00:00", "it is no YAML"),
        ("just text", "it is no list of exams"),
    ],
)
def test_a_file_that_is_no_calendar_is_told(tmp_path, content, told):
    file = tmp_path / "calendar.yml"
    if content is not None:
        file.write_text(content)
    assert told in module("theia_exam_info", {"calendar": str(file)})["msg"]


def test_times_without_quotes_are_understood(tmp_path):
    file = tmp_path / "calendar.yml"
    file.write_text(
        "theia_exams:\n- {name: a, start: 2027-02-11T09:00:00+01:00, end: 2027-02-11T11:00:00+01:00, "
        "app_definitions: [{name: java}]}\n"
    )
    assert good(module("theia_exam_info", {"calendar": str(file)}))["exams"][0]["start"] == "2027-02-11T08:00:00Z"
