# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tests on the lab share: the lab, and namespaces of their own in it."""

from __future__ import annotations

import contextlib
import os
import typing as t

import pytest

from lab import ControlPlane, Installation

# The port at which a test knocks on purpose.
NOBODY = ":9999"


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory):
    """The lab that ``make lab`` left running, or one for this run, whatever the number of its processes."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the one of the run; each worker has a folder of its own in it
    with ControlPlane.attach_or_start(among=folder / "lab.env") as shared:
        earlier = len(shared.processes.status()["refused"])
        yield shared
        # A request to a pod that the lab could not answer would have left the machine on a real cluster.
        refused = [target for target in shared.processes.status()["refused"][earlier:] if not target.endswith(NOBODY)]
        assert not refused, f"requests to pods that nobody answers: {refused}"


@pytest.fixture
def namespace(control_plane):
    """An empty namespace. Nobody waits until it is gone: the lab's end is the clean-up."""
    name = control_plane.namespace()
    yield name
    control_plane.api.delete(f"/api/v1/namespaces/{name}")


def _factory(control_plane: ControlPlane) -> t.Iterator[t.Callable[..., Installation]]:
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(control_plane.installation(**settings))


@pytest.fixture
def installation(control_plane):
    """Sets up installations (with the settings of ``ControlPlane.installation``) that end with the test."""
    yield from _factory(control_plane)


@pytest.fixture(scope="module")
def module_installation(control_plane):
    """The same for installations that all tests of a module share."""
    yield from _factory(control_plane)
