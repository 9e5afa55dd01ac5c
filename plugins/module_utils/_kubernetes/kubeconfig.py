# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading kubeconfig files: merging, the context, and the paths in it. No content of theirs goes into a message."""

from __future__ import annotations

import base64
import binascii
import os
import typing as t

from ansible.module_utils.basic import missing_required_lib

from .._common.errors import Misconfigured
from .._common.http.connections import Pem
from .._common.options import is_content
from .._common.redact import secrets_in
from .._common.secrets import KNOWN
from .options import Options

_DEFAULT = "~/.kube/config"
_HINT = "name one with the option kubeconfig or the variable K8S_AUTH_KUBECONFIG, or give host and api_key"


class Entry(t.NamedTuple):
    """A named cluster, user or context together with the folder that its relative paths start from."""

    value: t.Mapping[str, t.Any]
    folder: str


class Kubeconfig(t.NamedTuple):
    """The cluster and the user of one context."""

    source: str
    context: str
    cluster: t.Mapping[str, t.Any]
    user: t.Mapping[str, t.Any]
    cluster_folder: str
    user_folder: str
    # What the Python client needs to read the same configuration again.
    content: str | t.Mapping[str, t.Any]

    def cluster_pem(self, field: str) -> Pem | None:
        return _pem(self.cluster, field, self.cluster_folder, self.source)

    def user_pem(self, field: str) -> Pem | None:
        return _pem(self.user, field, self.user_folder, self.source)

    def user_path(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.user_folder, path))


def load_kubeconfig(options: Options, environ: t.Mapping[str, str]) -> Kubeconfig:
    """Read the kubeconfig (a path, several joined by colons, or a dictionary) and pick the context."""
    given = options.get("kubeconfig")
    if isinstance(given, t.Mapping):
        KNOWN.add(*secrets_in(given))
        return _pick(_merge([("the option kubeconfig", "", given)]), options, "the option kubeconfig", given)
    variable = environ.get("KUBECONFIG")
    paths = str(given or variable or _DEFAULT)
    origin = options.origin("kubeconfig") if given else "the variable KUBECONFIG" if variable else ""
    if is_content(paths):
        KNOWN.add(paths)
        raise Misconfigured(f"{origin}: that is the content of a kubeconfig, not a path; {_HINT}")
    found = [path for path in map(os.path.expanduser, paths.split(os.pathsep)) if path and os.path.exists(path)]
    if not found:
        named = f", which {origin} names," if "variable" in origin else ""
        raise Misconfigured(f"no kubeconfig found: {paths}{named} does not exist; {_HINT}", kubeconfig=paths)
    merged = _merge([(path, os.path.dirname(os.path.abspath(path)), _read(path)) for path in found])
    return _pick(merged, options, os.pathsep.join(found), paths)


def _read(path: str) -> t.Mapping[str, t.Any]:
    try:
        import yaml
    except ImportError as exc:
        raise Misconfigured(missing_required_lib("PyYAML", reason="to read a kubeconfig")) from exc
    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe)
    except (OSError, UnicodeDecodeError) as exc:
        raise Misconfigured(f"the kubeconfig {path} cannot be read: {getattr(exc, 'strerror', 'not text')}") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        # Without the parser's own words and without the chain: they name what it stumbled over, perhaps a token.
        raise Misconfigured(f"the kubeconfig {path} is not valid YAML{where}") from None
    if not isinstance(content, dict):
        raise Misconfigured(f"the kubeconfig {path} is empty or not a mapping")
    KNOWN.add(*secrets_in(content))
    return content


class _Merged(t.NamedTuple):
    clusters: dict[str, Entry]
    users: dict[str, Entry]
    contexts: dict[str, Entry]
    current: str | None


def _merge(files: t.Iterable[tuple[str, str, t.Mapping[str, t.Any]]]) -> _Merged:
    """The first file wins, for an entry and for the current context: so does kubectl."""
    sections: dict[str, dict[str, Entry]] = {"clusters": {}, "users": {}, "contexts": {}}
    current = None
    for source, folder, content in files:
        for section, entries in sections.items():
            inner = section[:-1]
            for item in content.get(section) or ():
                if not isinstance(item, t.Mapping) or "name" not in item:
                    raise Misconfigured(f"an entry under {section} of the kubeconfig {source} has no name")
                value = item.get(inner)
                entries.setdefault(str(item["name"]), Entry(value if isinstance(value, t.Mapping) else {}, folder))
        current = current or content.get("current-context")
    return _Merged(sections["clusters"], sections["users"], sections["contexts"], current)


def _pick(merged: _Merged, options: Options, source: str, content: str | t.Mapping[str, t.Any]) -> Kubeconfig:
    wanted: str | None = options.get("context")
    known = sorted(merged.contexts)
    listed = ", ".join(known) or "none"
    name = wanted or merged.current
    if not name:
        raise Misconfigured(
            f"the kubeconfig {source} has no current context; name one with the option context; known: {listed}",
            contexts=known,
        )
    if name not in merged.contexts:
        by = f", which {options.origin('context')} names" if options.is_variable("context") else ""
        raise Misconfigured(
            f"the kubeconfig {source} has no context {name!r}{by}; known: {listed}", context=name, contexts=known
        )
    context = merged.contexts[name].value
    cluster = merged.clusters.get(str(context.get("cluster")))
    if cluster is None:
        raise Misconfigured(
            f"context {name!r} of the kubeconfig {source} names cluster {context.get('cluster')!r}, "
            "which is not defined there"
        )
    user = Entry({}, "")
    if context.get("user"):
        if str(context["user"]) not in merged.users:
            raise Misconfigured(
                f"context {name!r} of the kubeconfig {source} names user {context['user']!r}, "
                "which is not defined there"
            )
        user = merged.users[str(context["user"])]
    return Kubeconfig(
        source=f"context {name!r} of {source}",
        context=name,
        cluster=cluster.value,
        user=user.value,
        cluster_folder=cluster.folder,
        user_folder=user.folder,
        content=content,
    )


def _pem(entry: t.Mapping[str, t.Any], field: str, folder: str, source: str) -> Pem | None:
    if entry.get(f"{field}-data"):
        try:
            return Pem(data=base64.b64decode(entry[f"{field}-data"]))
        except (binascii.Error, ValueError, TypeError):
            raise Misconfigured(f"the field {field}-data in {source} is not valid base64") from None
    if entry.get(field):
        path = os.path.normpath(os.path.join(folder, str(entry[field])))
        if not os.path.isfile(path):
            raise Misconfigured(f"the file {path}, named as {field} in {source}, does not exist")
        return Pem(path=path)
    return None
