# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that modules share; the documentation fragments of the same names describe them."""

from __future__ import annotations

import os
import typing as t
import urllib.parse

from ansible.module_utils.basic import AnsibleModule

from .inputs import find_unreadable
from .plain import harmless
from .redact import secrets_in
from .secrets import KNOWN, remember_content

Spec = dict[str, dict[str, t.Any]]


def kube_argument_spec() -> Spec:
    """How to reach the cluster: the options of kubernetes.core, with the same names, aliases and meaning."""
    return {
        "namespace": {"type": "str"},
        # Not no_log: that would hide every word of a dictionary given here, its namespaces and names
        # included, wherever it stands in a result. TheiaModule hides what is secret in it.
        "kubeconfig": {"type": "raw", "no_log": False},
        "context": {"type": "str"},
        "host": {"type": "str"},
        "api_key": {"type": "str", "no_log": True},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
        "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
        "client_cert": {"type": "path", "aliases": ["cert_file"]},
        # A path, not the key itself.
        "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
        "proxy": {"type": "str"},
        "no_proxy": {"type": "str"},
        "proxy_headers": {
            "type": "dict",
            "options": {
                "proxy_basic_auth": {"type": "str", "no_log": True},
                "basic_auth": {"type": "str", "no_log": True},
                "user_agent": {"type": "str"},
            },
        },
        "persist_config": {"type": "bool"},
        "impersonate_user": {"type": "str"},
        "impersonate_groups": {"type": "list", "elements": "str"},
        "timeout_seconds": {"type": "int", "default": 30},
    }


def service_argument_spec() -> Spec:
    """How to reach the REST service. It shares validate_certs and timeout_seconds with the cluster's options."""
    return {
        "api": {"type": "str", "choices": ["kubernetes", "service"], "default": "kubernetes"},
        "service_url": {"type": "str"},
        # Every browser gets it, and hiding a short word such as a host name would blank it everywhere.
        "app_id": {"type": "str", "no_log": False},
        "admin_token": {"type": "str", "no_log": True},
        "user_token": {"type": "str", "no_log": True},
        "service_ca_cert": {"type": "path"},
    }


# Options and variables whose whole value is a secret.
_SECRET_OPTIONS = ("api_key", "password", "admin_token", "user_token", "pseudonym_key")
_SECRET_VARIABLES = (
    "K8S_AUTH_API_KEY",
    "K8S_AUTH_PASSWORD",
    "K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH",
    "K8S_AUTH_PROXY_HEADERS_BASIC_AUTH",
)
# Options and variables that may hold an address with a user and a password.
_ADDRESSES = ("proxy", "host", "service_url")
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class TheiaModule(AnsibleModule):
    """An AnsibleModule that returns no secret that the run has met, wherever it came from, and commands no terminal."""

    def _load_params(self) -> None:
        """Runs before anything can be logged or refused, so that not even a mistyped option shows a secret."""
        super()._load_params()
        remember_secrets(self.params, os.environ)
        if problem := find_unreadable(self.argument_spec, self.params):
            self.fail_json(msg=problem)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        # Every form would be looked for in every field of thousands of sessions; texts of others are clean by now.
        self.no_log_values.update(KNOWN.plain)
        super().exit_json(**harmless(kwargs))

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        self.no_log_values.update(KNOWN.forms)
        super().fail_json(harmless(msg), **harmless(kwargs))


def remember_secrets(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> None:
    """Those that options and variables hold, whether they will be used or not."""
    KNOWN.add(*(params.get(name) for name in _SECRET_OPTIONS), *secrets_in(params))
    KNOWN.add(*(environ.get(name) for name in _SECRET_VARIABLES))
    headers = params.get("proxy_headers")
    named = [*(headers.values() if isinstance(headers, t.Mapping) else ()), *map(environ.get, _SECRET_VARIABLES)]
    # Of a name and a password in one text the password is secret alone, too.
    KNOWN.add(*(text.partition(":")[2] for text in named if isinstance(text, str)))
    addresses = [params.get(name) for name in _ADDRESSES]
    addresses += [environ.get(name) for name in ("K8S_AUTH_PROXY", "K8S_AUTH_HOST", *_PROXY_VARIABLES)]
    for address in addresses:
        _remember_user_of(address)
    for kubeconfig in (params.get("kubeconfig"), environ.get("K8S_AUTH_KUBECONFIG"), environ.get("KUBECONFIG")):
        if isinstance(kubeconfig, str) and is_content(kubeconfig):
            remember_content(kubeconfig)


def is_content(path: str) -> bool:
    """Whether this is the content of a kubeconfig where its path is expected."""
    return "\n" in path or "{" in path or ": " in path or any(len(part) > 255 for part in path.split("/"))


def _remember_user_of(address: t.Any) -> None:
    before, at, _host = address.rpartition("@") if isinstance(address, str) else ("", "", "")
    if at:
        user = before.rpartition("//")[2]
        password = user.partition(":")[2]
        KNOWN.add(user, urllib.parse.unquote(user), password, urllib.parse.unquote(password))
