# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret of a run is in what a module returns, whichever way it came in and whatever a server makes of it."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._common.http import client
from ansible_collections.eduide.theia.plugins.module_utils._common.secrets import KNOWN
from ansible_collections.eduide.theia.plugins.modules import theia_session_info
from unit.ansible_core import module_arguments
from unit.loopback import Loopback, Say

CORE = "c0ffee00-3f1b-4c59"
SECRETS = {
    "plain": CORE,
    "line break at its end": f"{CORE}\n",
    "line break of another system": f"{CORE}\r\n",
    "line break inside": f"{CORE}\n{CORE}",
    "carriage return inside": f"{CORE}\r{CORE}",
    "single quote": f"{CORE}'{CORE}",
    "double quote": f'{CORE}"{CORE}',
    "backslash": f"{CORE}\\{CORE}",
    "other script": f"ключ-{CORE}-ключ",
    "umlaut": f"schlüssel-{CORE}",
    "signs of addresses": f"{CORE}/@:%?#{CORE}",
    "blanks": f"  {CORE} ",
    "tab": f"{CORE}\t{CORE}",
}


def quoted(secret):
    """What servers and libraries make of a text that they quote."""
    return [
        secret,
        secret.strip(),
        repr(secret),
        repr(secret.encode()),
        repr(repr(secret)),
        json.dumps(secret),
        urllib.parse.quote(secret, safe=""),
        f"https://ada:{secret}@example.org",
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(f"ada:{secret}".encode()).decode(),
        base64.b64encode(f"Bearer {secret} and more".encode()).decode(),
    ]


def kubeconfig(server, user):
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def write(folder, content):
    path = folder / "config"
    path.write_text(content)
    return {"kubeconfig": str(path)}


# How a secret comes in: options, and variables.
WAYS = {
    "api_key": lambda url, secret, _folder: ({"host": url, "api_key": secret}, {}),
    "password": lambda url, secret, _folder: ({"host": url, "username": "ada", "password": secret}, {}),
    "variable": lambda url, secret, _folder: ({}, {"K8S_AUTH_HOST": url, "K8S_AUTH_API_KEY": secret}),
    "dictionary": lambda url, secret, _folder: ({"kubeconfig": kubeconfig(url, {"token": secret})}, {}),
    "file": lambda url, secret, folder: (write(folder, yaml.safe_dump(kubeconfig(url, {"token": secret}))), {}),
    "file of others": lambda url, secret, folder: (
        write(folder, json.dumps(kubeconfig(url, {"username": "a", "password": secret}))),
        {},
    ),
    "content": lambda url, secret, _folder: ({"kubeconfig": json.dumps(kubeconfig(url, {"token": secret}))}, {}),
    "content in a variable": lambda url, secret, _folder: (
        {},
        {"K8S_AUTH_KUBECONFIG": yaml.safe_dump(kubeconfig(url, {"token": secret}))},
    ),
    "user_token": lambda url, secret, _folder: (
        {"api": "service", "service_url": url, "app_id": "x", "user_token": secret, "users": ["a"]},
        {},
    ),
    "address of the service": lambda _url, secret, _folder: (
        {"api": "service", "service_url": f"http://ada:{urllib.parse.quote(secret)}@127.0.0.1", "app_id": "x"},
        {},
    ),
    "proxy": lambda url, secret, _folder: (
        {"host": url, "api_key": "x", "proxy": f"http://ada:{urllib.parse.quote(secret, safe='')}@{url[7:]}"},
        {},
    ),
}
LIST = Say(body={"kind": "List", "metadata": {}, "items": []})


@pytest.fixture
def returned(monkeypatch, capsys):
    """What a module prints; at high verbosity that has its options in it."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", ())
    for name in ("KUBECONFIG", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    def run(options, variables):
        KNOWN.clear()
        with monkeypatch.context() as patch, module_arguments({"namespace": "theia", "timeout_seconds": 5, **options}):
            for name, value in variables.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit):
                theia_session_info.main()
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_returned_whatever_a_server_says(way, secret, returned, tmp_path):
    message = " | ".join(quoted(secret))
    status = {"kind": "Status", "message": message, "reason": message}
    for say in (Say(403, status), Say(500, status), Say(422, message, content_type="text/plain"), LIST):
        with Loopback(lambda _seen, say=say: say) as server:
            printed = returned(*WAYS[way](server.url, secret, tmp_path))
        assert json.loads(printed)
        assert CORE not in printed
        assert base64.b64encode(CORE.encode()).decode()[2:-4] not in printed
