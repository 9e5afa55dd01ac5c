# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of lists in every form that servers write them, and broken at every place."""

from __future__ import annotations

import json

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import ServerFailed
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import Access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import POD
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.pages import read_page
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.responses import Request
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Answer

ACCESS = Access(host="https://cluster", source="a test")
ITEMS = [{"metadata": {"name": name}, "items": ["]", {"items": [1]}]} for name in ("a", "ö", '"items":[')]
NAMES = ["a", "ö", '"items":[']
LIST = {"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": "next"}, "items": ITEMS}


def page(body, project=lambda obj: obj["metadata"]["name"]):
    answer = Answer(200, {"Content-Type": "application/json"}, body if isinstance(body, bytes) else body.encode())
    return read_page(answer, ACCESS, Request("list", POD, namespace="theia"), project)[:2]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(LIST, id="items-last"),
        pytest.param(dict(sorted(LIST.items())), id="items-in-the-middle"),
        pytest.param({**LIST, "metadata": {"continue": "next", "items": [{"x": 1}]}}, id="other-items-first"),
    ],
)
@pytest.mark.parametrize("form", [{"separators": (",", ":")}, {}, {"indent": 2}, {"ensure_ascii": False}], ids=str)
def test_all_forms_of_a_list_mean_the_same(content, form):
    assert page(json.dumps(content, **form)) == (NAMES, "next")


@pytest.mark.parametrize("items", [[], None])
def test_a_list_may_be_empty(items):
    assert page(json.dumps({"kind": "PodList", "metadata": {}, "items": items})) == ([], None)


def test_what_is_not_kept_is_left_out():
    assert page(json.dumps(LIST), lambda obj: None if obj["metadata"]["name"] == "a" else 1)[0] == [1, 1]


def test_an_answer_cut_anywhere_is_an_error_and_not_a_shorter_list():
    body = json.dumps(LIST, separators=(",", ":")).encode()
    for length in range(len(body)):
        with pytest.raises(ServerFailed, match="cut off or damaged"):
            page(body[:length])


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ('{"kind":"PodList","items":[{"metadata":{"name":"a"}}{"metadata":{"name":"b"}}]}', "damaged"),
        ('{"kind":"PodList","items":[{"metadata":{"name":"a"}},]}', "damaged"),
        ('{"kind":"PodList","items":[{"metadata":{"name":"a"}}]}}', "damaged"),
        (b'{"kind":"PodList","items":[{"metadata":{"name":"\xff"}}]}', "damaged"),
        ('{"kind":"Pod","items":[{"metadata":{"name":"a"}}]}', "not a list"),
        ('{"kind":"PodList","items":{"items":[{"metadata":{"name":"a"}}]}}', "not a list"),
    ],
)
def test_what_is_no_list_is_an_error(body, wanted):
    with pytest.raises(ServerFailed, match=wanted):
        page(body)
