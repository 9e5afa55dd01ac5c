# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for the identity provider."""

from __future__ import annotations

import stat

import pytest

from lab.service.tokens import Issuer, Verifier


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer.create(tmp_path_factory.mktemp("realm"))


def test_a_token_carries_address_and_groups(issuer):
    claims = Verifier(issuer.jwks_file).claims(issuer.mint("ada@tum.de", groups=["/theia-cloud/admin"]))
    assert claims["email"] == "ada@tum.de"
    assert claims["groups"] == ["/theia-cloud/admin"]


def test_a_token_may_lack_the_address(issuer):
    assert "email" not in Verifier(issuer.jwks_file).claims(issuer.mint(None))


def test_another_process_signs_with_the_same_key(issuer):
    token = Issuer.load(issuer.directory).mint("ada@tum.de")
    assert Verifier(issuer.jwks_file).claims(token)["email"] == "ada@tum.de"


def test_an_expired_token_is_refused(issuer):
    assert Verifier(issuer.jwks_file).claims(issuer.mint("ada@tum.de", lifetime_seconds=-60)) is None


def test_the_token_of_another_issuer_is_refused(issuer, tmp_path):
    other = Issuer.create(tmp_path)
    assert Verifier(issuer.jwks_file).claims(other.mint("ada@tum.de")) is None


def test_a_token_for_another_realm_is_refused(issuer):
    elsewhere = Issuer.load(issuer.directory, url="https://elsewhere.lab.localhost")
    assert Verifier(issuer.jwks_file).claims(elsewhere.mint("ada@tum.de")) is None


@pytest.mark.parametrize("text", ["", "abc", "a.b.c"])
def test_any_other_text_is_refused(issuer, text):
    assert Verifier(issuer.jwks_file).claims(text) is None


def test_nobody_else_reads_the_signing_key(issuer):
    mode = (issuer.directory / "signing-key.pem").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
