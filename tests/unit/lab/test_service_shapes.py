# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, errors and answers of the stand-in service: the parts that are pure."""

from __future__ import annotations

import re

import pytest

from lab.operator.names import session_of_workspace, valid_name
from lab.service.body import Body
from lab.service.errors import PlainError, PlatformError
from lab.service.names import ephemeral_session_name, generated_workspace_name, workspace_label
from lab.service.performance import amount_and_format, in_bytes
from lab.service.shapes import app_definition_entry, scaling_entry, session_entry
from lab.service.startup_metrics import NAME, StartupMetrics


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("Ada.Lovelace+1@tum.de", "ada-lovelace-1-tum-de", id="invalid-characters"),
        pytest.param("17-java", "a17-java", id="starts-with-a-digit"),
        pytest.param("x" * 61 + "-y", "x" * 61 + "z", id="cut-and-ends-in-a-dash"),
        pytest.param("", "", id="empty"),
    ],
)
def test_names_are_made_valid(text, name):
    assert valid_name(text) == name


def test_an_ephemeral_session_has_one_name_per_user_and_app_definition():
    assert ephemeral_session_name("ada@tum.de", "java-17-latest") == "ws-java-17-latest-ada-tum-de-session"


def test_long_users_can_share_the_name_of_an_ephemeral_session():
    stem = "somebody.with.a.very.long.name.indeed.and.more"
    first = ephemeral_session_name(stem + ".one@tum.de", "java-17-latest")
    assert first == ephemeral_session_name(stem + ".two@tum.de", "java-17-latest")
    assert len(first) == 62


def test_a_generated_workspace_carries_the_time_and_is_cut_to_54():
    name = generated_workspace_name("a.rather.long.address@students.example.org", "java-17-latest", 1767225600000)
    assert name.startswith("ws-1767225600000java-17-latest-a-rather")
    assert len(name) == 54


def test_the_session_of_a_workspace_is_not_cut():
    assert len(session_of_workspace("w" * 62)) == 70


def test_a_workspace_label_has_a_word_for_a_missing_app_definition():
    assert workspace_label("ada", None) == "Workspace of ada"


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        pytest.param("553:limit: two", 553, "limit: two", id="coded"),
        pytest.param("it broke", 500, "it broke", id="without-a-number"),
        pytest.param("broken: it", 500, "broken: it", id="no-number-before-the-colon"),
    ],
)
def test_the_error_of_a_status_is_read_back(text, code, reason):
    error = PlatformError.from_status_error(text)
    assert (error.code, error.reason) == (code, reason)


def test_a_platform_error_is_json_with_its_code_as_status():
    response = PlatformError(470).response()
    assert response.status == 470
    assert response.content_type == "application/json"


@pytest.mark.parametrize(("value", "number"), [(1, 1), ("5", 5), (1.7, 1), (-1.7, -1), ("-3", -3)])
def test_numbers_in_quotes_pass_for_integers_and_others_are_cut(value, number):
    assert Body({"minInstances": value}).integer("minInstances") == number


@pytest.mark.parametrize("value", [True, "", "1.5", "many", [], {}, 3_000_000_000, "3000000000"])
def test_nothing_else_passes_for_an_integer(value):
    with pytest.raises(PlainError) as error:
        Body({"minInstances": value})
    assert error.value.status == 400


def test_what_nobody_declares_is_ignored_whatever_it_is():
    assert Body({"colour": {"blue": 1}, "user": 5}).text("user") == "5"
    with pytest.raises(PlainError):
        Body({"user": {"name": "ada"}})


def test_an_environment_holds_texts_only():
    env = {"N": 5, "ON": True, "NONE": None, "TEXT": "x"}
    assert Body({"fromMap": env}).texts_by_name("fromMap") == {"N": "5", "ON": "true", "NONE": None, "TEXT": "x"}


def test_null_is_the_same_as_absent():
    assert Body({"minInstances": None}).integer("minInstances") is None
    assert Body({}).integer("minInstances") is None


def test_a_session_entry_has_every_field_of_the_spec_and_nothing_else():
    entry = session_entry({"spec": {"name": "s", "sessionSecret": "x"}, "status": {"url": "u"}}, mask_secrets=False)
    assert entry == {
        "name": "s",
        "appDefinition": None,
        "user": None,
        "workspace": None,
        "sessionSecret": "x",
        "options": None,
        "envVars": {},
        "envVarsFromConfigMaps": [],
        "envVarsFromSecrets": [],
    }


def test_newer_code_masks_the_secret_and_not_the_environment():
    session = {"spec": {"sessionSecret": "x", "envVars": {"ARTEMIS_TOKEN": "y"}}}
    entry = session_entry(session, mask_secrets=True)
    assert entry["sessionSecret"] == "***"
    assert entry["envVars"] == {"ARTEMIS_TOKEN": "y"}


def test_a_pull_secret_is_masked_where_there_is_one():
    assert app_definition_entry({"spec": {"pullSecret": "registry"}})["pullSecret"] == "***"
    assert app_definition_entry({"spec": {}})["pullSecret"] is None


def test_a_missing_maximum_is_null_in_the_scaling_answer():
    app_definition = {"metadata": {"name": "java"}, "spec": {"name": "other", "minInstances": 3}}
    assert scaling_entry(app_definition) == {"appDefinitionName": "java", "minInstances": 3, "maxInstances": None}


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [("123456789n", ("123456789", "n")), ("250m", ("250", "m")), ("2", ("2", ""))],
)
def test_cpu_is_split_into_number_and_suffix(quantity, parts):
    assert amount_and_format(quantity) == parts


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        pytest.param("512Ki", "524288", id="binary"),
        pytest.param("1.5Mi", "1572864.0", id="with-decimals"),
        pytest.param("1e9", "1E+9", id="with-exponent"),
        pytest.param("1024", "1024", id="bytes"),
    ],
)
def test_memory_is_bytes_as_a_decimal_prints_them(quantity, text):
    assert in_bytes(quantity) == text


def test_start_up_metrics_name_app_definition_and_namespace_without_other_characters():
    metrics = StartupMetrics("theia-prod")
    metrics.record("java-17-latest", 2.0)
    text = metrics.render()
    assert f'{NAME}_count{{app_definition="java_17_latest",namespace="theia_prod"}} 1' in text
    assert re.search(rf'{NAME}{{.*quantile="0.95"}} 2.0', text)


def test_an_empty_app_definition_is_unknown_to_the_metrics():
    metrics = StartupMetrics("ns")
    metrics.record(None, 1.0)
    assert 'app_definition="unknown"' in metrics.render()
