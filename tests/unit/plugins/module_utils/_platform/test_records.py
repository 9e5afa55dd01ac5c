# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records in a cluster: whatever stands in one, reading it gives its content or the one error that names it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import read_ledger
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._exams.record import read_record, with_history
from ansible_collections.eduide.theia.plugins.module_utils._platform.records import (
    MOST_TOLD,
    Malformed,
    new_record,
    open_record,
    selector,
)
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage.log import read_looks
from unit.session_world import NOW, exam_record


def note(config_map):
    return with_history(config_map, at=NOW, action="a", run="r", outcome="o")


# Who reads a record, and a key of it.
READERS = {
    "ledger": (read_ledger, "java.json"),
    "exam": (read_record, "exam"),
    "history": (read_record, "history"),
    "noting": (note, "history"),
    "looks": (read_looks, "looks"),
}
# In the place of any value. The last two are times that no calendar in UTC has.
ODD = {
    "nothing": "",
    "cut": "{",
    "nested": "[" * 5000 + "]" * 5000,
    "nested-in-a-field": '{"first": ' + '{"a": ' * 100_000 + "1" + "}" * 100_001,
    "endless-number": "9" * 5000,
    "not-a-number": "NaN",
    "list-of-null": "[null]",
    "number": "1e999",
    "surrogate": '"\\ud800"',
    "before-the-calendar": json.dumps({"first": "0001-01-01T00:00:00+14:00", "last": "x", "gaps": []}),
    "after-the-calendar": json.dumps({"first": "9999-12-31T23:59:59-23:59", "last": "x", "gaps": []}),
}


def stored(data, name="theia-something"):
    good = exam_record()["data"]
    return {"metadata": {"name": name, "resourceVersion": "7"}, "data": {**good, **data}}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("reader", READERS)
def test_what_nobody_can_read_is_one_error_that_names_the_record(reader, odd):
    read, key = READERS[reader]
    if reader in ("history", "noting") and odd == "list-of-null":
        # Entries of a history are kept as they are.
        return
    with pytest.raises(EduideError) as raised:
        read(stored({key: ODD[odd]}))
    assert isinstance(raised.value, Malformed)
    assert raised.value.record == "theia-something"
    assert str(raised.value).startswith("ConfigMap theia-something: ")
    assert repr(key) in raised.value.reason
    assert len(raised.value.reason) < 2 * MOST_TOLD


@pytest.mark.parametrize("version", [None, "", "2", "1.0", "1" * 10_000])
@pytest.mark.parametrize("reader", READERS)
def test_another_version_is_not_guessed_at(reader, version):
    read, _key = READERS[reader]
    with pytest.raises(Malformed, match="ConfigMap theia-something: format version ") as raised:
        read(stored({"version": version}))
    assert len(raised.value.reason) < 2 * MOST_TOLD


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(value=JSON | st.text(), reader=st.sampled_from(sorted(READERS)), as_json=st.booleans())
def test_any_value_is_read_or_named(value, reader, as_json):
    read, key = READERS[reader]
    text = json.dumps(value) if as_json or not isinstance(value, str) else value
    try:
        read(stored({key: text}, name="theia-exam-pgdp-final"))
    except Malformed as exc:
        assert exc.record == "theia-exam-pgdp-final"  # noqa: PT017


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key != "version"), JSON, max_size=3))
def test_what_is_written_is_read_again(values):
    body = new_record("exam", "theia-exam-x", "theia-prod", values, resource_version=None)
    assert "resourceVersion" not in body["metadata"]
    record = open_record(body)
    for key, value in values.items():
        assert record.read(key, json.dumps) == json.dumps(value, sort_keys=True)
    labels = body["metadata"]["labels"]
    assert selector("exam") == ",".join(f"{label}={value}" for label, value in labels.items())


def test_the_remedies_are_told():
    config_map = {"metadata": {"name": "r"}, "data": {"version": "1", "key": "{"}}
    with pytest.raises(Malformed, match=r"^ConfigMap r: key 'key' cannot be read \(JSONDecodeError: .*\); mend it$"):
        open_record(config_map, remedy="mend it").read("key", str)
    config_map["data"]["version"] = "3"
    with pytest.raises(Malformed, match=r"^ConfigMap r: format version '3' is not '1', .*; take release 3$"):
        open_record(config_map, remedy="mend it", other_version="take release 3")
