# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that modules share; the documentation fragments of the same names describe them."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .redact import SHORTEST_SECRET, secrets_in

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


class TheiaModule(AnsibleModule):
    """An AnsibleModule that also hides the secrets inside a kubeconfig given as a dictionary."""

    def _load_params(self) -> None:
        """Runs before anything can be logged or refused, so that not even a mistyped option shows a secret."""
        super()._load_params()
        found = secrets_in(self.params.get("kubeconfig"))
        self.no_log_values.update(secret for secret in found if len(secret) >= SHORTEST_SECRET)
