# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._platform.managers import last_writer

MINIMUM = {"f:spec": {"f:minInstances": {}}}
MAXIMUM = {"f:spec": {"f:maxInstances": {}}}


def entry(manager, time, fields=None):
    return {"manager": manager, "time": time, "fieldsV1": fields or MINIMUM}


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        pytest.param(None, None, id="not-recorded"),
        pytest.param([entry("helm", "2027-02-11T03:00:00Z", MAXIMUM)], None, id="another-field"),
        pytest.param([entry("x", "2027-02-11T03:00:00Z", {"f:spec": None})], None, id="no-fields"),
        pytest.param(
            [entry("argocd-controller", "2027-02-11T03:17:51Z"), entry("helm", "2027-01-01T00:00:00Z")],
            "argocd-controller at 2027-02-11T03:17:51Z",
            id="the-last-one",
        ),
        pytest.param([entry(None, None)], "an unnamed client at an unknown time", id="nameless"),
    ],
)
def test_the_last_writer_of_a_field(entries, told):
    writer = last_writer({"metadata": {"managedFields": entries}}, "spec", "minInstances")
    assert (str(writer) if writer else None) == told
