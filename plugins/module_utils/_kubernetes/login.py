# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in through the Python client: kubeconfig users with a helper program or a token that is refreshed."""

from __future__ import annotations

import logging
import threading
import typing as t

from ansible.module_utils.basic import missing_required_lib

from .._common.errors import Misconfigured
from .._common.http.connections import Pem
from .._common.redact import scrub_text
from .kubeconfig import Kubeconfig


class Login(t.NamedTuple):
    """What the client got hold of."""

    authorization: t.Callable[[], str | None]
    client_cert: Pem | None
    client_key: Pem | None


def log_in(config: Kubeconfig, persist: bool) -> Login:
    """Let the client run the helper or refresh the token, and keep asking it, since it knows the expiry."""
    try:
        from kubernetes.client import Configuration
        from kubernetes.config import ConfigException, load_kube_config, load_kube_config_from_dict
    except ImportError as exc:
        reason = f"to log in with {_helper(config)} of {config.source}"
        raise Misconfigured(missing_required_lib("kubernetes", reason=reason)) from exc

    settings = Configuration()
    heard = _Listener()
    logging.getLogger().addHandler(heard)
    try:
        arguments = {"context": config.context, "client_configuration": settings, "persist_config": persist}
        if isinstance(config.content, str):
            load_kube_config(config_file=config.content, **arguments)
        else:
            load_kube_config_from_dict(config_dict=dict(config.content), **arguments)
    except ConfigException as exc:
        raise Misconfigured(f"logging in with {config.source} failed: {scrub_text(str(exc))}") from exc
    finally:
        logging.getLogger().removeHandler(heard)

    if not settings.api_key and not settings.cert_file:
        # The client only logs that a helper failed and would go on as nobody.
        why = f"; it said: {scrub_text(' '.join(heard.lines))}" if heard.lines else ""
        raise Misconfigured(f"logging in with {_helper(config)} of {config.source} gave no credentials{why}")
    lock = threading.Lock()

    def authorization() -> str | None:
        with lock:
            token: str | None = settings.auth_settings().get("BearerToken", {}).get("value")
            return token

    return Login(
        authorization=authorization,
        client_cert=Pem(path=settings.cert_file) if settings.cert_file else None,
        client_key=Pem(path=settings.key_file) if settings.key_file else None,
    )


def _helper(config: Kubeconfig) -> str:
    helper = config.user.get("exec")
    if isinstance(helper, t.Mapping):
        return f"the helper program {helper.get('command')!r}"
    return "the auth provider"


class _Listener(logging.Handler):
    """Keeps what the client logs, instead of letting it end on the error output of a module."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
