# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a right away from a program of an installation: the plainest way to let one kind of its writes fail."""

from __future__ import annotations

from lab import Installation
from lab.api import Object, wait_until

SECONDS = 30.0


def take_away(installation: Installation, account: str, verb: str, resource: str) -> None:
    """From now on the account is refused this verb on this kind; the installation should be the test's own."""
    lab, namespace = installation.control_plane, installation.namespace
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles/{account}"
    rules = [part for rule in lab.api.get(path)["rules"] for part in _without(rule, verb, resource)]
    lab.api.merge(path, {"rules": rules})
    asked = ("auth", "can-i", verb, resource, "-n", namespace, "--as", f"system:serviceaccount:{namespace}:{account}")
    # The API server learns of a changed role a moment later.
    wait_until(
        f"{account} may not {verb} {resource}",
        lambda: lab.kubectl(*asked, check=False).stdout.strip() == "no",
        SECONDS,
    )


def _without(rule: Object, verb: str, resource: str) -> list[Object]:
    if resource not in rule["resources"]:
        return [rule]
    others = [name for name in rule["resources"] if name != resource]
    verbs = [name for name in rule["verbs"] if name != verb]
    return [*([{**rule, "resources": others}] if others else []), {**rule, "resources": [resource], "verbs": verbs}]
