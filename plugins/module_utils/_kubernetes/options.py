# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of kubernetes.core, filled up from its variables, and which of the two each value came from."""

from __future__ import annotations

import typing as t

# Option -> the other name under which the Python client, and therefore the environment, knows it.
_OTHER_NAMES = {
    "validate_certs": "verify_ssl",
    "ca_cert": "ssl_ca_cert",
    "client_cert": "cert_file",
    "client_key": "key_file",
}
_PLAIN_OPTIONS = ("kubeconfig", "context", "host", "api_key", "username", "password", "proxy", "no_proxy")
_OPTIONS = (*_PLAIN_OPTIONS, *_OTHER_NAMES, "persist_config", "impersonate_user", "impersonate_groups")
_PROXY_HEADERS = ("proxy_basic_auth", "basic_auth", "user_agent")
# What proves who somebody is, the first one that is complete.
_CREDENTIALS = (("api_key",), ("username", "password"), ("client_cert", "client_key"))


class Options(dict[str, t.Any]):
    """Those that are set."""

    def __init__(self, params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> None:
        super().__init__()
        self._variables: dict[str, str] = {}
        for name in _OPTIONS:
            if params.get(name) is not None:
                self[name] = params[name]
                continue
            for variable in (f"K8S_AUTH_{name.upper()}", f"K8S_AUTH_{_OTHER_NAMES.get(name, name).upper()}"):
                if environ.get(variable):
                    self[name] = _read_variable(name, environ[variable])
                    self._variables[name] = variable
                    break
        headers = params.get("proxy_headers") or {
            name: environ.get(f"K8S_AUTH_PROXY_HEADERS_{name.upper()}") for name in _PROXY_HEADERS
        }
        if any(value is not None for value in headers.values()):
            self["proxy_headers"] = {name: value for name, value in headers.items() if value is not None}

    def is_variable(self, name: str | None) -> bool:
        return name in self._variables

    def is_option(self, name: str) -> bool:
        return bool(self.get(name)) and name not in self._variables

    def origin(self, name: str) -> str:
        """Who says so, for messages."""
        variable = self._variables.get(name)
        return f"the variable {variable}" if variable else f"the option {name}"

    @property
    def credential(self) -> str | None:
        """The first option of the credentials that are given; None if a kubeconfig or the pod has to have them."""
        return next((way[0] for way in _CREDENTIALS if all(self.get(name) for name in way)), None)


def _read_variable(name: str, value: str) -> t.Any:
    if name in ("validate_certs", "persist_config"):
        return value.lower() not in ("0", "false", "no")
    return [group for group in value.split(",") if group] if name == "impersonate_groups" else value
