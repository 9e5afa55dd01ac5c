# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfig users with an auth provider, which only the Python client knows."""

from __future__ import annotations

import logging
import threading
import typing as t

from ansible.module_utils.basic import missing_required_lib

from .._common.errors import LoginFailed, Misconfigured
from .._common.redact import scrub_text
from .._common.secrets import clean_credential
from .._common.waiting import Deadline
from .credentials import TOKEN_FILE_SECONDS, Proof
from .kubeconfig import Kubeconfig


class Provider:
    """Lets the client log in, and keeps asking it, since it knows when a token has to be refreshed."""

    def __init__(self, config: Kubeconfig, *, persist: bool) -> None:
        self._config, self._persist = config, persist
        self._settings: t.Any = None

    def fetch(self, deadline: Deadline) -> tuple[Proof, float | None]:
        """The client has no time limit of its own, so it is left behind if need be."""
        found: list[str | Exception] = []

        def ask() -> None:
            try:
                found.append(self._token())
            except Exception as exc:  # noqa: BLE001 (raised again in the caller's thread)
                found.append(exc)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(deadline.left())
        name = f"the auth provider of {self._config.source}"
        if not found:
            raise LoginFailed(f"{name}: it did not answer within {deadline.seconds:g} s; log in anew, or give api_key")
        if isinstance(found[0], Misconfigured):
            raise found[0]
        if isinstance(found[0], Exception) or not found[0]:
            why = f"; it said: {scrub_text(str(found[0]))}" if found[0] else ""
            raise LoginFailed(f"{name}: it gave no credentials{why}; log in anew, or give api_key")
        scheme, _blank, token = found[0].partition(" ")
        return Proof(f"{scheme} {clean_credential(token, f'the token of {name}')}"), TOKEN_FILE_SECONDS

    def _token(self) -> str:
        if self._settings is None:
            self._settings = self._load()
        return str(self._settings.auth_settings().get("BearerToken", {}).get("value") or "")

    def _load(self) -> t.Any:
        config = self._config
        try:
            from kubernetes.client import Configuration
            from kubernetes.config import load_kube_config, load_kube_config_from_dict
        except ImportError as exc:
            reason = f"to log in with the auth provider of {config.source}"
            raise Misconfigured(missing_required_lib("kubernetes", reason=reason)) from exc
        settings = Configuration()
        arguments = {"context": config.context, "client_configuration": settings, "persist_config": self._persist}
        # What it logs would end on the error output of the module.
        logging.getLogger().addHandler(logging.NullHandler())
        if isinstance(config.content, str):
            load_kube_config(config_file=config.content, **arguments)
        else:
            load_kube_config_from_dict(config_dict=dict(config.content), **arguments)
        return settings
