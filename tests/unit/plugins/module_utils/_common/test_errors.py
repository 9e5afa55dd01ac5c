# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors carry what people read and, beside it, what machines read."""

from __future__ import annotations

import inspect

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common import errors as _errors
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    EduideError,
    Unreachable,
    UntrustedCertificate,
)

KINDS = [kind for _name, kind in inspect.getmembers(_errors, inspect.isclass) if issubclass(kind, EduideError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_caught_as_ours_and_keeps_text_and_details(kind):
    with pytest.raises(EduideError, match=r"^no such thing$") as caught:
        raise kind("no such thing", status=404, name="x")
    assert caught.value.details == {"status": 404, "name": "x"}


def test_details_are_each_error_s_own():
    first, second = EduideError("a"), EduideError("b")
    first.details["status"] = 1
    assert second.details == {}


def test_a_bad_certificate_is_a_way_of_not_reaching_the_server():
    assert issubclass(UntrustedCertificate, Unreachable)
