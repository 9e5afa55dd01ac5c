# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and labels that the stand-in operator gives."""

from __future__ import annotations

import pytest

from lab.operator import labels, names

UID = "0f0e0d0c-0b0a-4908-8706-0123456789ab"
TAIL = "0123456789ab"
LONG = "a-very-long-name-of-an-app-definition"


def session(user="ada.lovelace@example.org", app_definition="java-17-latest", name="ws-java-17-latest-ada-session"):
    return {
        "metadata": {"name": name, "uid": UID},
        "spec": {"name": name, "user": user, "appDefinition": app_definition},
    }


def app_definition(name="java-17-latest"):
    return {"metadata": {"name": name, "uid": UID}, "spec": {"name": name}}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("Ada_Lovelace", "ada-lovelace", id="lower case, others become hyphens"),
        pytest.param("x" * 70, "x" * 62, id="62 at most"),
        pytest.param("", "", id="nothing stays nothing"),
    ],
)
def test_valid_name(text, name):
    assert names.valid_name(text) == name


def test_lazy_objects_are_named_after_user_app_definition_and_uid():
    assert names.session_object(session()) == f"session-ada-lovelace-java-17-latest-{TAIL}"
    assert names.session_object(session(), "proxy") == f"session-proxy-ada-lovelac-java-17-lat-{TAIL}"
    assert names.session_internal_service(session()) == f"session-ada-lovelace-java-17-latest-{TAIL}-int"
    assert names.session_route(session()) == f"{UID}-route"


def test_segments_of_lazy_names_are_cut():
    long = session(user="u" * 30, app_definition=LONG)
    assert names.session_object(long) == f"session-{'u' * 17}-{LONG[:17]}-{TAIL}"
    one_long = session(user="u" * 30, app_definition="c-latest")
    assert names.session_internal_service(one_long) == f"session-{'u' * 19}-c-latest-{TAIL}-int"
    assert names.session_internal_service(long) == f"session-{'u' * 19}-{LONG[:19]}-{TAIL}-i"


def test_pool_objects_are_named_after_instance_app_definition_and_uid():
    definition = app_definition()
    assert names.instance_object(definition, 7) == f"instance-7-java-17-latest-{TAIL}"
    assert names.instance_internal_service(definition, 7) == f"instance-7-java-17-latest-{TAIL}-int"
    assert names.instance_claim(definition, 7) == f"instance-7-java-17-latest-{TAIL}-pvc"
    assert names.instance_object(definition, 7, "email") == f"instance-7-email-java-17-lat-{TAIL}"
    assert names.instance_object(definition, 7, "rust-analyzer") == f"instance-7-rust-analyz-java-17-lat-{TAIL}"


def test_internal_services_of_three_digit_instances_have_less_room():
    definition = app_definition(LONG)
    assert names.instance_internal_service(definition, 99) == f"instance-99-{LONG[:17]}-{TAIL}-int"
    assert names.instance_internal_service(definition, 100) == f"instance-100-{LONG[:16]}-{TAIL}-int"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("instance-12-java-17-latest-0123456789ab", 12),
        ("instance-12-proxy-java-17-lat-0123456789ab", 12),
        ("instance-x-java-17-latest-0123456789ab", None),
        ("session-12-java", None),
        ("instance", None),
    ],
)
def test_instance_number_is_the_second_part_of_a_pool_name(name, number):
    assert names.instance_number(name) == number


def test_pod_selector_of_a_long_session_name_loses_the_uid():
    assert names.session_app(session()) == f"ws-java-17-latest-ada-session-{UID}"[:62]
    assert TAIL not in names.session_app(session(name="n" * 62))


def test_claim_of_a_workspace_follows_its_present_app_definition():
    workspace = {"metadata": {"name": "w", "uid": UID}, "spec": {"name": "w", "user": "ada@example.org"}}
    before = {**workspace, "spec": {**workspace["spec"], "appDefinition": "java-17-latest"}}
    after = {**workspace, "spec": {**workspace["spec"], "appDefinition": "c-latest"}}
    assert names.workspace_claim(before) == f"ws-ada-java-17-latest-{TAIL}"
    assert names.workspace_claim(after) == f"ws-ada-c-latest-{TAIL}"


def test_session_labels():
    assert labels.session_labels(session(user="a+b@tum.de"), app_definition(), tidy_cut=False) == {
        "app.kubernetes.io/component": "session",
        "app.kubernetes.io/part-of": "theia-cloud",
        "theia-cloud.io/user": "a_b_at_tum_de",
        "theia-cloud.io/app-definition": "java-17-latest",
        "theia-cloud.io/session": "ws-java-17-latest-ada-session",
        "theia-cloud.io/session-uuid": UID,
    }


def test_user_labels_of_different_users_can_be_the_same():
    one, other = (
        labels.session_labels(session(user=user), app_definition(), tidy_cut=False)["theia-cloud.io/user"]
        for user in ("a.b@example.org", "a_b@example.org")
    )
    assert one == other


def test_only_upstream_trims_what_a_cut_leaves_at_the_end():
    user = "x" * 62 + ".y@example.org"
    fork, upstream = (
        labels.session_labels(session(user=user), app_definition(), tidy_cut=tidy)["theia-cloud.io/user"]
        for tidy in (False, True)
    )
    assert fork == "x" * 62 + "_"
    assert upstream == "x" * 62
