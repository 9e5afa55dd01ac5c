# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets and names that must not leave the collection."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.redact import (
    HIDDEN,
    Pseudonyms,
    scrub,
    scrub_text,
    secrets_in,
)

SECRET = "c0ffee00-3f1b-4c59"
TOKEN = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJlbWFpbCI6ImFkYUBleGFtcGxlLm9yZyJ9", "c2lnbmF0dXJl"))

SESSION = {
    "kind": "Session",
    "metadata": {"name": "s", "annotations": {"note": f"link https://ada:{SECRET}@git.example.org/x"}},
    "spec": {
        "name": "s",
        "user": "ada@example.org",
        "sessionSecret": SECRET,
        "envVars": {"ARTEMIS_TOKEN": SECRET, "COUNT": 123456789, "EMPTY": "", "NONE": None},
        "envVarsFromSecrets": ["exam-secret-names-are-no-secrets"],
    },
    "status": {"operatorMessage": f"failed with ARTEMIS_TOKEN={SECRET}, giving up"},
}
POD = {
    "spec": {
        "containers": [
            {
                "name": "ide",
                "env": [{"name": "THEIACLOUD_SESSION_SECRET", "value": SECRET}, {"name": "A", "valueFrom": {}}],
            }
        ],
        "tolerations": [{"key": "pool", "value": "exam"}],
    }
}
KUBECONFIG = {
    "current-context": "exam",
    "clusters": [{"name": "c", "cluster": {"server": "https://api", "certificate-authority-data": "cHVibGlj"}}],
    "users": [
        {"name": "a", "user": {"token": SECRET, "client-key-data": SECRET}},
        {"name": "b", "user": {"auth-provider": {"config": {"id-token": TOKEN, "refresh-token": SECRET}}}},
    ],
}


@pytest.mark.parametrize("thing", [SESSION, POD, KUBECONFIG], ids=["session", "pod", "kubeconfig"])
def test_nothing_secret_is_left(thing):
    before = json.dumps(thing)
    clean = json.dumps(scrub(thing))
    assert SECRET not in clean
    assert TOKEN not in clean
    assert "123456789" not in clean
    assert json.dumps(thing) == before


def test_what_is_no_secret_stays():
    clean = scrub(SESSION)
    assert clean["spec"]["user"] == "ada@example.org"
    assert clean["spec"]["envVarsFromSecrets"] == ["exam-secret-names-are-no-secrets"]
    assert clean["spec"]["envVars"] == {"ARTEMIS_TOKEN": HIDDEN, "COUNT": HIDDEN, "EMPTY": "", "NONE": None}
    assert clean["status"]["operatorMessage"] == f"failed with ARTEMIS_TOKEN={HIDDEN}, giving up"
    assert scrub(POD)["spec"]["tolerations"] == POD["spec"]["tolerations"]
    assert scrub(POD)["spec"]["containers"][0]["env"][0] == {"name": "THEIACLOUD_SESSION_SECRET", "value": HIDDEN}
    assert scrub(KUBECONFIG)["clusters"] == KUBECONFIG["clusters"]
    assert scrub([1, True, None, 2.5]) == [1, True, None, 2.5]


def basic(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"Authorization: Bearer {TOKEN}", id="bearer-header"),
        pytest.param(f"authorization=bearer {SECRET}", id="bearer-in-lower-case"),
        pytest.param(f"got {TOKEN} from the issuer", id="bare-web-token"),
        pytest.param(f"X-Admin-Api-Token: {SECRET}", id="admin-header"),
        pytest.param(f"clone https://user:{SECRET}@git.example.org/repo", id="password-in-address"),
        pytest.param(f"clone https://{SECRET}@git.example.org/repo", id="token-in-address"),
        pytest.param(f"GIT_PASSWORD='{SECRET}' git pull", id="quoted-variable"),
        pytest.param(f'{{"sessionSecret": "{SECRET}", "x": 1}}', id="json"),
        pytest.param(f"api_key={SECRET}&x=1", id="query"),
        pytest.param(f"Authorization: Basic {basic('ada:' + SECRET)}", id="basic-header"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_text(text):
    clean = scrub_text(text)
    assert SECRET not in clean
    assert TOKEN not in clean
    assert basic("ada:" + SECRET) not in clean
    assert HIDDEN in clean
    assert scrub_text(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "The option admin_token is not set: the service wants it.",
        "the user_token (it may have expired) is that of 'ada@example.org'",
        "Session 'token-ring-session' is NEW",
        "https://service.example.org/service answered with status 503",
        "basic checks passed",
        "quota: requests.cpu=200, used=180",
    ],
)
def test_prose_about_secrets_stays_readable(text):
    assert scrub_text(text) == text


def test_known_secrets_are_hidden_wherever_they_stand_and_the_longer_one_first():
    assert scrub_text("x abcdefgh y abcdef z", ["abcdef", "abcdefgh"]) == f"x {HIDDEN} y {HIDDEN} z"
    assert scrub({"a": ["b abcdefgh"]}, ["abcdefgh"]) == {"a": [f"b {HIDDEN}"]}


def test_a_very_short_secret_does_not_blank_the_text():
    assert scrub_text("java in theia", ["a", "in", ""]) == "java in theia"


def test_secrets_are_found_to_be_looked_for_elsewhere():
    assert secrets_in(SESSION) == {SECRET, "123456789"}
    assert secrets_in(KUBECONFIG) == {SECRET, TOKEN}
    assert secrets_in(POD) == {SECRET}
    assert secrets_in(None) == set()


LETTERS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=30)
THINGS = st.recursive(
    st.none() | st.integers() | LETTERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4),
    max_leaves=12,
)


@given(thing=THINGS, where=st.sampled_from(["sessionSecret", "envVars", "token", "note"]), before=LETTERS)
def test_a_known_secret_is_nowhere_whatever_is_around_it(thing, where, before):
    holder = {"spec": [{where: {"X": before + SECRET}}], "rest": thing}
    assert SECRET not in str(scrub(holder, [SECRET]))


def test_pseudonyms_are_stable_under_one_key_and_differ_under_another():
    names = Pseudonyms("exam-2027")
    assert names.of("ada@example.org") == Pseudonyms("exam-2027").of("ada@example.org")
    assert names.of("ada@example.org") != Pseudonyms("other").of("ada@example.org")
    assert names.of("ada@example.org") != names.of("Ada@example.org")
    assert "ada" not in names.of("ada@example.org")


def test_names_are_replaced_in_the_texts_of_others():
    names = Pseudonyms("exam-2027")
    users = ["ada@example.org", "ada", "eve+x@example.org", ""]
    text = names.in_text("ADA@example.org and eve+x@example.org, ada. Not adam or lada@example.org.", users)
    assert text == (
        f"{names.of('ada@example.org')} and {names.of('eve+x@example.org')}, {names.of('ada')}. "
        "Not adam or lada@example.org."
    )
