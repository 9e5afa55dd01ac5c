# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's database, for what no API can do: let objects be older than they are, and forget old revisions."""

from __future__ import annotations

import base64
import itertools
import json
import typing as t
from datetime import UTC, datetime

import urllib3

from lab.api import LabError, Object, path_of
from lab.certificates import Authority

# Kinds whose place in the database is not their plural.
_PLACES = {"Service": "services/specs", "Node": "minions"}
# Fewer than the database takes in one transaction, and together well below its limit on size.
_PUTS_AT_ONCE = 100
_CUSTOM = ("theia.cloud", "gateway.networking.k8s.io", "metrics.k8s.io")


class Store:
    """etcd by its JSON gateway. The lab stores objects as JSON, so that they can be read and written here."""

    def __init__(self, url: str, authority: Authority) -> None:
        pair = authority.client("store-client", "lab")
        self._url = url
        self._pool = urllib3.PoolManager(
            ca_certs=str(authority.file), cert_file=str(pair.certificate), key_file=str(pair.key), maxsize=8
        )

    def backdate(self, obj: Object, created: datetime) -> None:
        """Rewrite when an object was created. Lists, watches and `AGE` follow at once."""

        def earlier(stored: Object) -> None:
            stored["metadata"]["creationTimestamp"] = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        self.change(obj, earlier)

    def change(self, obj: Object, edit: t.Callable[[Object], None]) -> None:
        """Rewrite a stored object, and again on what is there by then if somebody else was faster."""
        key = _encode(key_of(obj))
        while True:
            found = self._found(obj)
            stored = json.loads(base64.b64decode(found["value"]))
            edit(stored)
            unchanged = {"key": key, "target": "MOD", "result": "EQUAL", "modRevision": found["mod_revision"]}
            put = {"requestPut": {"key": key, "value": _encode(json.dumps(stored))}}
            if self._call("txn", {"compare": [unchanged], "success": [put]}).get("succeeded"):
                return

    def stored(self, obj: Object) -> str:
        """The text under which an object is kept."""
        return base64.b64decode(self._found(obj)["value"]).decode()

    def put_all(self, values: t.Iterable[tuple[str, str]]) -> None:
        """Write texts under their keys, many at a time, in order. Nothing validates them."""
        remaining = iter(values)
        while batch := list(itertools.islice(remaining, _PUTS_AT_ONCE)):
            puts = [{"requestPut": {"key": _encode(key), "value": _encode(value)}} for key, value in batch]
            self._call("txn", {"success": puts})

    def _found(self, obj: Object) -> Object:
        key = key_of(obj)
        found = self._call("range", {"key": _encode(key)}).get("kvs")
        if not found:
            raise LabError(f"the database has no {key}")
        return t.cast(Object, found[0])

    def compact(self) -> None:
        """Forget all revisions but the newest: lists that were begun before cannot be continued.

        Only where the lab was started with `cached_snapshots=False`; else the API server's cache still knows them.
        """
        # A revision of our own, or a list that read the present newest one could still be continued.
        revision = self._call("put", {"key": _encode("/lab"), "value": ""})["header"]["revision"]
        self._call("compaction", {"revision": revision, "physical": True})

    def _call(self, method: str, body: Object) -> Object:
        answer = self._pool.request("POST", f"{self._url}/v3/kv/{method}", body=json.dumps(body))
        if answer.status != 200:
            raise LabError(f"etcd {method}: {answer.status} {answer.data.decode(errors='replace')}")
        return t.cast(Object, answer.json())


def key_of(obj: Object) -> str:
    """Where an object lies in the database."""
    group, _slash, _version = obj["apiVersion"].rpartition("/")
    plural, name = path_of(obj).split("/")[-2:]
    place = _PLACES.get(obj["kind"], plural)
    if group in _CUSTOM:
        place = f"{group}/{place}"
    namespace = obj["metadata"].get("namespace")
    return "/".join(["/registry", place, *([namespace] if namespace else []), name])


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
