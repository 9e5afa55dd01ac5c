# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As whom to speak to the Kubernetes API: one object, whether its proof is fixed or has to be fetched anew."""

from __future__ import annotations

import threading
import time
import typing as t

from .._common.errors import EduideError, Misconfigured
from .._common.http.connections import Pem
from .._common.secrets import clean_credential
from .._common.waiting import Deadline

# The mounted token of a pod and most token files are replaced while a long run goes on.
TOKEN_FILE_SECONDS = 60.0


class Proof(t.NamedTuple):
    """What a server is shown."""

    header: str | None = None
    client_cert: Pem | None = None
    client_key: Pem | None = None


class Credential:
    """A proof that never changes. Several threads may use it at once."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof

    def proof(self, deadline: Deadline) -> Proof:  # noqa: ARG002 (fetching one takes time)
        return self._proof

    def renew(self, refused: Proof, deadline: Deadline) -> bool:  # noqa: ARG002 (as above)
        """After a 401: whether there is another proof now than the one that was refused."""
        return False


class FetchedCredential(Credential):
    """A proof that is fetched again when it is too old, and when the server refuses it."""

    def __init__(self, fetch: t.Callable[[Deadline], tuple[Proof, float | None]]) -> None:
        """``fetch`` returns the proof, and for how many seconds it counts; None is for good."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._latest: Proof | EduideError | None = None
        self._end: float | None = None
        self._fetched = 0

    def proof(self, deadline: Deadline) -> Proof:
        seen, latest = self._fetched, self._latest
        if isinstance(latest, Proof) and (self._end is None or time.monotonic() < self._end):
            return latest
        return self._anew(seen, deadline)

    def renew(self, refused: Proof, deadline: Deadline) -> bool:
        seen, latest = self._fetched, self._latest
        if isinstance(latest, Proof) and latest != refused:
            return True
        return self._anew(seen, deadline) != refused

    def _anew(self, seen: int, deadline: Deadline) -> Proof:
        """Threads that wait while one of them fetches take what it got, also if that is an error."""
        with self._lock:
            if self._fetched == seen:
                try:
                    self._latest, seconds = self._fetch(deadline)
                    self._end = None if seconds is None else time.monotonic() + seconds
                except EduideError as exc:
                    self._latest = exc
                self._fetched += 1
            latest = self._latest
        if isinstance(latest, Proof):
            return latest
        raise t.cast(EduideError, latest)


def fixed(header: str | None) -> Credential:
    return Credential(Proof(header))


NOBODY = fixed(None)


def token_file(path: str, otherwise: str | None = None) -> Credential:
    """The token in a file that is read again and again. While it cannot be read, the one before it counts."""
    known = otherwise

    def fetch(_deadline: Deadline) -> tuple[Proof, float]:
        nonlocal known
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                known = clean_credential(file.read(), f"the token in {path}") or known
        except OSError as exc:
            if known is None:
                raise Misconfigured(f"the token file {path} cannot be read: {exc.strerror}") from exc
        if known is None:
            raise Misconfigured(f"the token file {path} is empty")
        return Proof(f"Bearer {known}"), TOKEN_FILE_SECONDS

    return FetchedCredential(fetch)
