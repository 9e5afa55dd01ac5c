# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.filter.bound_to import RBAC, bound_to

RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]


def role(kind):
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": "theia-viewer"}, "rules": RULES}


def test_people_groups_and_accounts_are_bound_in_the_namespace():
    found, binding = bound_to(
        role("Role"),
        "theia-prod",
        "looking",
        users=["ada@x.org"],
        groups=["duty"],
        service_accounts=["runner", "awx/job"],
    )
    assert found == {**role("Role"), "metadata": {"name": "theia-viewer", "namespace": "theia-prod"}}
    assert (binding["kind"], binding["metadata"]) == ("RoleBinding", {"name": "looking", "namespace": "theia-prod"})
    assert binding["roleRef"] == {"apiGroup": RBAC, "kind": "Role", "name": "theia-viewer"}
    assert binding["subjects"] == [
        {"kind": "User", "apiGroup": RBAC, "name": "ada@x.org"},
        {"kind": "Group", "apiGroup": RBAC, "name": "duty"},
        {"kind": "ServiceAccount", "name": "runner", "namespace": "theia-prod"},
        {"kind": "ServiceAccount", "name": "job", "namespace": "awx"},
    ]


def test_a_role_of_the_cluster_is_in_no_namespace():
    found, binding = bound_to(role("ClusterRole"), "theia-prod", "looking:theia-prod", users=["ada@x.org"])
    assert found == role("ClusterRole")
    assert (binding["kind"], binding["metadata"]) == ("ClusterRoleBinding", {"name": "looking:theia-prod"})


@pytest.mark.parametrize(
    "who",
    [
        {"users": ["[]"]},
        {"users": [" "]},
        {"groups": ["duty\nadmins"]},
        {"service_accounts": ["a/b/c"]},
        {"service_accounts": ["Runner"]},
    ],
)
def test_a_name_that_nobody_can_have_is_refused(who):
    with pytest.raises(AnsibleFilterError, match="cannot be "):
        bound_to(role("Role"), "theia-prod", "looking", **who)


def test_groups_of_a_directory_are_names():
    [_role, binding] = bound_to(role("Role"), "theia-prod", "looking", groups=["cn=exam office,ou=tum"])
    assert binding["subjects"][0]["name"] == "cn=exam office,ou=tum"
