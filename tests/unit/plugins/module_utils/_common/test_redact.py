# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that must not leave the collection."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.redact import (
    HIDDEN,
    LONGEST_TEXT,
    hide_shapes,
    scrub_text,
    secrets_in,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.secrets import KNOWN

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
        pytest.param(f"password = 'correct horse {SECRET}'", id="quoted-with-blanks"),
        pytest.param(f'{{"password": "a\\"b {SECRET}"}}', id="quoted-with-a-quote"),
        pytest.param(f'got "{{\\"token\\": \\"{SECRET}\\", \\"x\\": 1}}"', id="json-in-json"),
        pytest.param(f"ftp://ada:p@{SECRET}@git.example.org/x", id="password-with-an-at-sign"),
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
        "the option admin_token is not set: the service wants it",
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


def test_a_very_short_secret_does_not_blank_the_text():
    assert scrub_text("java in theia", ["a", "in", ""]) == "java in theia"


def test_secrets_are_found_to_be_looked_for_elsewhere():
    assert secrets_in(SESSION) == {SECRET, "123456789"}
    assert secrets_in(KUBECONFIG) == {SECRET, TOKEN}
    assert secrets_in(POD) == {SECRET}
    assert secrets_in(None) == set()


class Counted(list):
    """Pieces of a text, and how often one of them was looked at."""

    looks = 0

    def __getitem__(self, place):
        self.looks += len(range(*place.indices(len(self)))) if isinstance(place, slice) else 1
        return super().__getitem__(place)


NASTY = {
    "one letter": "a",
    "one sign": "-",
    "keywords": "token",
    "keywords with blanks": "token ",
    "a keyword and blanks": " ",
    "keywords that are set": "token=",
    "keywords that are set to a quote": "token='",
    "schemes": "http:/",
    "addresses": "x://",
    "at signs": "://@",
    "users": "://a:b",
    "bearers": "Bearer ",
    "bearer of letters": "Bearer a.",
    "basics": "basic\t",
    "json in base64": "eyJ",
    "web tokens": "eyJaaaaa-",
    "web tokens with dots": "eyJaaaaaaaaaaaaa.",
    "quotes": "\"'",
    "backslashes": 'password="\\\\',
    "signs": "=:",
    "stars": "secret=***",
}


@pytest.mark.parametrize("unit", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("before", ["", "token", "Bearer ", "https://", "eyJ", "password='"])
def test_no_text_is_looked_at_more_often_than_it_is_long(unit, before):
    for size in (50, 2_000):
        pieces = Counted(re.findall(r"\w+|\s|.", before + unit * size))
        hide_shapes(pieces)
        assert pieces.looks <= 20 * len(pieces)


def test_a_long_text_is_cut_before_anything_else_is_done_with_it():
    assert scrub_text("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert scrub_text("x" * (LONGEST_TEXT + 7)) == "x" * LONGEST_TEXT + " … (7 more characters)"


@pytest.mark.parametrize("shown", range(4, len(SECRET)))
def test_no_half_of_a_secret_is_left_where_a_text_is_cut(shown):
    text = "x" * (LONGEST_TEXT - shown) + SECRET
    assert SECRET[:4] not in scrub_text(text, [SECRET])


LETTERS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=30)


@given(before=LETTERS, after=LETTERS)
def test_a_known_secret_is_nowhere_whatever_is_around_it(before, after):
    assert SECRET not in scrub_text(f"{before}{SECRET}{after}", [SECRET])


@given(text=LETTERS)
def test_what_has_no_shape_of_a_secret_is_put_together_again(text):
    assert scrub_text(text) == text or HIDDEN in scrub_text(text)


def test_secrets_are_found_however_deep_they_are():
    deep = {"password": SECRET}
    for _level in range(20_000):
        deep = {"a": [deep]}
    assert secrets_in(deep) == {SECRET}


RANDOM = "sha256~Zk3v9QpX7mB2tYw8LrN5dHj4"


@pytest.mark.parametrize("quoted", [RANDOM[:16], RANDOM[-14:], RANDOM[5:25], f"{RANDOM[2:20]}{RANDOM[12:30]}"])
def test_a_part_of_a_known_secret_is_hidden_too(quoted):
    KNOWN.add(RANDOM)
    assert (
        scrub_text(f"token {quoted}… is too old, and {quoted} too") == f"token {HIDDEN}… is too old, and {HIDDEN} too"
    )
    assert scrub_text(quoted) == HIDDEN


@pytest.mark.parametrize(
    "secret", ["correct-horse-battery-staple", "https://k8s-prod01.example.org:6443", "theia-2027-exam"]
)
def test_words_that_are_part_of_a_known_secret_stay(secret):
    KNOWN.add(secret)
    text = "correct-horse-battery, example.org:6443 and theia-2027-ex are words"
    assert scrub_text(text) == text
