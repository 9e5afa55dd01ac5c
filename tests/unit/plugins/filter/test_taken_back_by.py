# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.filter.taken_back_by import taken_back_by


def app(manager, *fields):
    entry = {"manager": manager, "fieldsV1": {"f:spec": {f"f:{name}": {} for name in fields}}}
    return {"metadata": {"name": "java", "managedFields": [entry]}}


@pytest.mark.parametrize(
    ("manager", "remedy"),
    [
        ("argocd-controller", "ignoreDifferences"),
        ("argocd-application-controller", "RespectIgnoreDifferences=true"),
        ("kustomize-controller", "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent"),
        ("helm-controller", "leave both out"),
    ],
)
def test_a_controller_that_writes_the_bounds_is_named_with_what_to_do(manager, remedy):
    [line] = taken_back_by([app(manager, "minInstances", "image")])
    assert line.startswith(f"java: {manager} writes minInstances and would take back what an exam adds; ")
    assert remedy in line


@pytest.mark.parametrize(
    "harmless",
    [
        app("argocd-controller", "image"),
        app("kubectl-client-side-apply", "minInstances"),
        app("eduide.theia", "minInstances", "maxInstances"),
        app(None, "minInstances"),
        {"metadata": {"name": "java"}},
        {"metadata": {"name": "java", "managedFields": [{"manager": "argocd-controller"}]}},
    ],
)
def test_others_take_nothing_back(harmless):
    assert taken_back_by([harmless]) == []
