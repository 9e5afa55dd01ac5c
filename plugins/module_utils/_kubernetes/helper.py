# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfig users whose proof a helper program (``exec``) gets."""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import os
import typing as t

from .._common.errors import LoginFailed, Misconfigured
from .._common.http.connections import Pem
from .._common.parsing import parse_json
from .._common.programs import Ended, run_program
from .._common.redact import scrub_text
from .._common.secrets import KNOWN, clean_credential, remember_content
from .._common.timestamps import parse_time
from .._common.waiting import Deadline
from .credentials import Proof
from .kubeconfig import Kubeconfig

_GROUP = "client.authentication.k8s.io"
_VERSIONS = (f"{_GROUP}/v1", f"{_GROUP}/v1beta1")
# What a helper may be told of the cluster, besides its authority and what the kubeconfig holds for helpers.
_OF_CLUSTER = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression")


class Helper:
    """The helper program of a kubeconfig user, run as kubectl runs it where there is no terminal."""

    def __init__(self, config: Kubeconfig) -> None:
        entry = config.user["exec"]
        self._entry: t.Mapping[str, t.Any] = entry if isinstance(entry, t.Mapping) else {}
        self._config = config
        self._version = self._entry.get("apiVersion")
        command = str(self._entry.get("command") or "")
        self._name = f"the helper program {command!r} of {config.source}"
        if not command or self._version not in _VERSIONS:
            raise Misconfigured(f"{self._name}: it needs a command, and one of the apiVersions {', '.join(_VERSIONS)}")
        if self._entry.get("interactiveMode") == "Always":
            raise Misconfigured(f"{self._name}: it asks at a terminal, which a task does not have; name another user")
        # A name alone is looked for on the PATH, and a path starts beside the kubeconfig.
        path = config.user_path(command) if os.path.dirname(command) else command
        self._command = [path, *map(str, self._list_of("args"))]

    def fetch(self, deadline: Deadline) -> tuple[Proof, float | None]:
        """Run it. The proof counts until the time that the helper names, or else for good."""
        try:
            folder = self._config.user_folder or None
            ended = run_program(self._command, environ=self._environ(), folder=folder, deadline=deadline)
        except (OSError, ValueError) as exc:
            why = getattr(exc, "strerror", None) or "its arguments or variables are damaged"
            hint = scrub_text(str(self._entry.get("installHint") or "install it here, or name another context")).strip()
            raise Misconfigured(f"{self._name} cannot be run: {why}; {hint}") from None
        status = self._status_in(ended.output)
        if ended.code is None:
            raise self._failed(f"it did not end within {deadline.seconds:g} s", ended)
        if ended.code != 0:
            raise self._failed(f"it failed with exit code {ended.code}", ended)
        proof = self._proof_in(status)
        if proof == Proof():
            raise self._failed(f"it gave no credentials of {self._version}", ended)
        return proof, _seconds_until(status.get("expirationTimestamp"))

    def _list_of(self, field: str) -> t.Sequence[t.Any]:
        found = self._entry.get(field)
        return found if isinstance(found, (list, tuple)) else ()

    def _environ(self) -> dict[str, str]:
        spec: dict[str, t.Any] = {"interactive": False}
        if self._entry.get("provideClusterInfo"):
            spec["cluster"] = _cluster_info(self._config)
        asked = {"apiVersion": self._version, "kind": "ExecCredential", "spec": spec}
        pairs = [pair for pair in self._list_of("env") if isinstance(pair, t.Mapping)]
        given = {str(pair.get("name")): str(pair.get("value") or "") for pair in pairs}
        return {**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(asked, default=str)}

    def _status_in(self, output: bytes) -> t.Mapping[str, t.Any]:
        """What it answers; all of that is secret, also where it is not understood."""
        answer = None
        with contextlib.suppress(ValueError):
            answer = parse_json(output)
        status = answer.get("status") if isinstance(answer, dict) else None
        if not isinstance(status, dict):
            remember_content(output.decode("utf-8", "replace"))
            return {}
        KNOWN.add(*(value for field, value in status.items() if field != "expirationTimestamp"))
        return status if answer and answer.get("apiVersion") == self._version else {}

    def _proof_in(self, status: t.Mapping[str, t.Any]) -> Proof:
        token, cert, key = (status.get(f) for f in ("token", "clientCertificateData", "clientKeyData"))
        header = f"Bearer {clean_credential(token, f'the token of {self._name}')}" if token else None
        if not (isinstance(cert, str) and isinstance(key, str) and cert and key):
            return Proof(header)
        return Proof(header, Pem(data=cert.encode()), Pem(data=key.encode()))

    def _failed(self, why: str, ended: Ended) -> LoginFailed:
        said = f"; it said: {scrub_text(ended.said).rstrip('.')}" if ended.said else ""
        return LoginFailed(f"{self._name}: {why}{said}; run kubectl with this context once, or give api_key")


def _cluster_info(config: Kubeconfig) -> dict[str, t.Any]:
    told = {field: config.cluster[field] for field in _OF_CLUSTER if field in config.cluster}
    authority = config.cluster_pem("certificate-authority")
    if authority is not None:
        told["certificate-authority-data"] = base64.b64encode(authority.content()).decode()
    for extension in config.cluster.get("extensions") or ():
        if isinstance(extension, t.Mapping) and extension.get("name") == f"{_GROUP}/exec":
            told["config"] = extension.get("extension")
    return told


def _seconds_until(expiry: t.Any) -> float | None:
    try:
        end = parse_time(expiry) if isinstance(expiry, str) else None
    except ValueError:
        return None
    return (end - datetime.datetime.now(datetime.UTC)).total_seconds() if end else None
