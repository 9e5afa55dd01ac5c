# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users with an auth provider, whom the Python client logs in."""

from __future__ import annotations

import base64
import json
import sys
import time

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import LoginFailed, Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import resolve
from unit.loopback import Loopback, Say

SECRET = "sesame-open-now"


def web_token(expiry):
    parts = [json.dumps({"alg": "none"}), json.dumps({"exp": expiry, "email": "ada@example.org"})]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + ".sign"


def credential(config, name="oidc"):
    return resolve(
        {
            "kubeconfig": {
                "clusters": [{"name": "c", "cluster": {"server": "https://api"}}],
                "users": [{"name": "u", "user": {"auth-provider": {"name": name, "config": config}}}],
                "contexts": [{"name": "exam", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "exam",
            }
        },
        {},
    ).credential


def expired(issuer):
    login = {"client-id": "exam", "client-secret": SECRET, "refresh-token": SECRET}
    return {"id-token": web_token(1), "idp-issuer-url": issuer, **login}


def test_the_client_logs_in():
    token = web_token(time.time() + 3600)
    assert credential({"id-token": token}).proof(Deadline(30)).header == f"Bearer {token}"


def test_a_provider_that_says_nothing_is_left_at_the_time_limit():
    with Loopback(lambda _seen: Say(hang=True)) as issuer:
        began = time.monotonic()
        with pytest.raises(LoginFailed, match=r"the auth provider of context 'exam'.*did not answer within 1 s"):
            credential(expired(issuer.url)).proof(Deadline(1))
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("name", "config"),
    [
        pytest.param("oidc", {}, id="nothing"),
        pytest.param("oidc", {"id-token": SECRET}, id="no-web-token"),
        pytest.param("oidc", {"id-token": f"a.{SECRET}.c"}, id="damaged-web-token"),
        pytest.param("other", {"access-token": SECRET}, id="unknown"),
    ],
)
def test_a_provider_without_credentials_is_named_and_its_secrets_are_not(name, config):
    with pytest.raises(LoginFailed, match=r"the auth provider of context 'exam'.*gave no credentials") as caught:
        credential(config, name).proof(Deadline(30))
    assert SECRET not in str(caught.value)


def test_without_the_client_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    with pytest.raises(Misconfigured, match=r"kubernetes.*auth provider"):
        credential({"id-token": SECRET}).proof(Deadline(30))
