# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is in what a module returns: 40 shapes, every way in, and whatever a server makes of it."""

from __future__ import annotations

import base64
import json
import sys
import urllib.parse
from pathlib import Path

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._common.http import client
from ansible_collections.eduide.theia.plugins.module_utils._common.secrets import KNOWN
from ansible_collections.eduide.theia.plugins.modules import theia_capacity_info, theia_session_info
from unit.ansible_core import module_arguments
from unit.attack.examples import ATTACK
from unit.attack.secret_shapes import SECRETS
from unit.loopback import Loopback, Say


def quoted(secret):
    """What servers and libraries make of a text that they quote."""
    data = secret.encode()
    return [
        secret,
        secret.strip(),
        repr(secret),
        repr(data),
        repr(repr(secret)),
        json.dumps(secret),
        json.dumps(json.dumps(secret)),
        yaml.safe_dump({"token": secret}),
        urllib.parse.quote(data, safe=""),
        urllib.parse.quote_plus(data),
        f"https://ada:{secret}@example.org",
        base64.b64encode(data).decode(),
        base64.urlsafe_b64encode(data).decode(),
        base64.b64encode(b"ada:" + data).decode(),
        base64.b64encode(b"Bearer " + data + b" and more").decode(),
    ]


def kubeconfig(server, user, **cluster):
    return {
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def file(folder, content, name="config"):
    path = Path(folder) / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8", newline="")
    return str(path)


def block(url, secret):
    """A kubeconfig in which the token is a block scalar, as people paste one with its line breaks."""
    lines = "".join(f"      {line}\n" for line in secret.splitlines()) or "      \n"
    return yaml.safe_dump(kubeconfig(url, {"token": "TOKEN"})).replace("TOKEN", f"|\n{lines}")


def helper(folder, secret, *, to_stderr=False):
    """A helper program that gives the secret, or fails and tells it."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": secret},
    }
    answer = "no " + secret if to_stderr else json.dumps(credential)
    code = f"import sys\nsys.stdout.buffer.write({answer.encode()!r})\n"
    code += f"sys.stderr.buffer.write({secret.encode()!r})\nsys.exit(3)\n" if to_stderr else ""
    script = file(folder, code, "helper.py")
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [script]}}


def host(url, **more):
    return {"host": url, "api_key": "not-secret-at-all", **more}


def service(url, **more):
    return {"api": "service", "service_url": url, "app_id": "x", "users": ["a"], **more}


def with_user(url, secret):
    return f"http://ada:{urllib.parse.quote(secret.encode(), safe='')}@{url[7:]}"


# How a secret comes in: options, and variables.
WAYS = {
    "api_key": lambda url, secret, _folder: ({"host": url, "api_key": secret}, {}),
    "password": lambda url, secret, _folder: ({"host": url, "username": "ada", "password": secret}, {}),
    "variable": lambda url, secret, _folder: ({}, {"K8S_AUTH_HOST": url, "K8S_AUTH_API_KEY": secret}),
    "password in a variable": lambda url, secret, _folder: (
        {},
        {"K8S_AUTH_HOST": url, "K8S_AUTH_USERNAME": "ada", "K8S_AUTH_PASSWORD": secret},
    ),
    "dictionary": lambda url, secret, _folder: ({"kubeconfig": kubeconfig(url, {"token": secret})}, {}),
    "dictionary with a key": lambda url, secret, _folder: (
        {
            "kubeconfig": kubeconfig(
                url, {"token": "x" * 9, "client-key-data": secret, "client-certificate-data": "YQ=="}
            )
        },
        {},
    ),
    "file": lambda url, secret, folder: ({"kubeconfig": file(folder, kubeconfig(url, {"token": secret}))}, {}),
    "file of others": lambda url, secret, folder: (
        {"kubeconfig": file(folder, json.dumps(kubeconfig(url, {"username": "a", "password": secret})))},
        {},
    ),
    "block scalar": lambda url, secret, folder: ({"kubeconfig": file(folder, block(url, secret))}, {}),
    "token file": lambda url, secret, folder: (
        {"kubeconfig": kubeconfig(url, {"tokenFile": file(folder, secret, "token")})},
        {},
    ),
    "helper": lambda url, secret, folder: ({"kubeconfig": kubeconfig(url, helper(folder, secret))}, {}),
    "helper that fails": lambda url, secret, folder: (
        {"kubeconfig": kubeconfig(url, helper(folder, secret, to_stderr=True))},
        {},
    ),
    "auth provider": lambda url, secret, _folder: (
        {"kubeconfig": kubeconfig(url, {"auth-provider": {"name": "oidc", "config": {"id-token": secret}}})},
        {},
    ),
    "content": lambda url, secret, _folder: ({"kubeconfig": json.dumps(kubeconfig(url, {"token": secret}))}, {}),
    "content in a variable": lambda url, secret, _folder: (
        {},
        {"K8S_AUTH_KUBECONFIG": yaml.safe_dump(kubeconfig(url, {"token": secret}))},
    ),
    "content for kubectl": lambda url, secret, _folder: ({}, {"KUBECONFIG": block(url, secret)}),
    "user_token": lambda url, secret, _folder: (service(url, user_token=secret), {}),
    "admin_token": lambda url, secret, _folder: (service(url, admin_token=secret), {}),
    "address of the service": lambda url, secret, _folder: (service(with_user(url, secret)), {}),
    "address of the API": lambda url, secret, _folder: ({"host": with_user(url, secret), "api_key": "x" * 9}, {}),
    "proxy": lambda url, secret, _folder: (host(url, proxy=with_user(url, secret)), {}),
    "proxy of the environment": lambda url, secret, _folder: (
        host("http://api.example.org"),
        {"HTTP_PROXY": with_user(url, secret)},
    ),
    "proxy of a kubeconfig": lambda url, secret, folder: (
        {"kubeconfig": file(folder, kubeconfig(url, {"token": "x" * 9}, **{"proxy-url": with_user(url, secret)}))},
        {},
    ),
    "proxy header": lambda url, secret, _folder: (
        host(url, proxy=url, proxy_headers={"proxy_basic_auth": f"ada:{secret}", "basic_auth": f"ada:{secret}"}),
        {},
    ),
    "proxy header in a variable": lambda url, secret, _folder: (
        host(url, proxy=url),
        {"K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH": f"ada:{secret}"},
    ),
    "pseudonym_key": lambda url, secret, _folder: (host(url, pseudonymize=True, pseudonym_key=secret), {}),
    "where it does not belong": lambda url, secret, _folder: (
        host(url, no_such_option=1, context="x", password=secret),
        {},
    ),
}


def answers(secret):
    """What a server may say about it, in the body and in the head."""
    message = " | ".join(quoted(secret))
    status = {"kind": "Status", "message": message, "reason": message, "details": {"name": message}}
    in_head = urllib.parse.quote(secret.encode(), safe="") + " " + ascii(secret)[1:-1]
    return (
        Say(403, status),
        Say(500, status),
        Say(422, message, content_type="text/plain"),
        Say(body={"kind": "List", "metadata": {}, "items": []}),
        Say(302, headers={"Location": f"https://elsewhere/{in_head}"}),
        Say(200, message, content_type=f"text/{in_head}"),
        Say(401, {"reason": message}),
    )


@pytest.fixture
def returned(monkeypatch, capsys):
    """What a module prints, on either output; at high verbosity that has its options in it."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", ())
    for name in ("KUBECONFIG", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    def run(options, variables):
        KNOWN.clear()
        module = theia_capacity_info if "admin_token" in options else theia_session_info
        options = {name: value for name, value in options.items() if name != "users" or "admin_token" not in options}
        with monkeypatch.context() as patch, module_arguments({"namespace": "theia", "timeout_seconds": 5, **options}):
            for name, value in variables.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit):
                module.main()
        printed = capsys.readouterr()
        assert json.loads(printed.out)
        return printed.out + printed.err

    return run


def shown(printed, core):
    encoded = base64.b64encode(core.encode()).decode()[2:-4]
    return core in printed or encoded in printed


def test_there_are_forty_shapes():
    assert len(SECRETS) == 40
    assert all(core in secret for secret, core in SECRETS.values())


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_returned_whatever_a_server_says(way, returned, tmp_path):
    found = []
    for number, (name, (secret, core)) in enumerate(SECRETS.items()):
        says = answers(secret)
        # One answer after the other, so that each way meets each answer; all of them where there is time.
        for say in says if ATTACK else [says[(number + len(way)) % len(says)]]:
            with Loopback(lambda _seen, say=say: say) as server:
                printed = returned(*WAYS[way](server.url, secret, tmp_path))
            if shown(printed, core):
                found.append((name, say.status, printed[:500]))
    assert not found
