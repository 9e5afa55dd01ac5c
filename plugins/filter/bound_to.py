# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: bound_to
short_description: Make the binding that gives a role to people and accounts
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Puts a C(Role) into a namespace and makes its C(RoleBinding).
  - For a C(ClusterRole) it makes the C(ClusterRoleBinding).
  - What cannot be a name is an error.
options:
  _input:
    description: The C(Role) or C(ClusterRole).
    type: dict
    required: true
  namespace:
    description: Namespace of the installation.
    type: str
    required: true
  name:
    description: Name of the binding.
    type: str
    required: true
  users:
    description: Names of users.
    type: list
    elements: str
    default: []
  groups:
    description: Names of groups.
    type: list
    elements: str
    default: []
  service_accounts:
    description: Names of service accounts, those of another namespace with it and a slash in front.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Let somebody look
  kubernetes.core.k8s:
    definition: "{{ lookup('ansible.builtin.file', 'viewer.yml') | from_yaml
      | eduide.theia.bound_to('theia-prod', 'theia-viewer', users=['ada@example.org']) }}"
"""

RETURN = r"""
_value:
  description: The role and its binding.
  type: list
  elements: dict
"""

import re
import typing as t

from ansible.errors import AnsibleFilterError

RBAC = "rbac.authorization.k8s.io"
Object = dict[str, t.Any]
_ACCOUNT = re.compile(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


def bound_to(
    role: Object,
    namespace: str,
    name: str,
    *,
    users: t.Iterable[str] = (),
    groups: t.Iterable[str] = (),
    service_accounts: t.Iterable[str] = (),
) -> list[Object]:
    users, groups, service_accounts = list(users), list(groups), list(service_accounts)
    for kind, name_of in [*(("user", user) for user in users), *(("group", group) for group in groups)]:
        # A cluster takes any text for a name, and binds somebody who never comes.
        if not name_of.strip() or not name_of.isprintable() or name_of[0] in "[{":
            raise AnsibleFilterError(f"{name_of!r} cannot be the name of a {kind}; name those who get the rights")
    for account in service_accounts:
        if not _ACCOUNT.fullmatch(account):
            raise AnsibleFilterError(f"{account!r} cannot be a service account; use NAME or NAMESPACE/NAME")
    here = {} if role["kind"] == "ClusterRole" else {"namespace": namespace}
    subjects: list[Object] = [{"kind": "User", "apiGroup": RBAC, "name": user} for user in users]
    subjects += [{"kind": "Group", "apiGroup": RBAC, "name": group} for group in groups]
    for account in service_accounts:
        theirs, _slash, own = account.rpartition("/")
        subjects.append({"kind": "ServiceAccount", "name": own, "namespace": theirs or namespace})
    binding = {
        "apiVersion": role["apiVersion"],
        "kind": f"{role['kind']}Binding",
        "metadata": {"name": name, **here},
        "roleRef": {"apiGroup": RBAC, "kind": role["kind"], "name": role["metadata"]["name"]},
        "subjects": subjects,
    }
    return [{**role, "metadata": {**role["metadata"], **here}}, binding]


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"bound_to": bound_to}
