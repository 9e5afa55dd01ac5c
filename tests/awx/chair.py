# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An AWX before anything of this collection is in it: an organization, a credential, the files of a project."""

from __future__ import annotations

import contextlib
import os
import typing as t

from awx.offered import offered
from awx.server import PASSWORD, USER, Awx
from tools.awx_collection import collections_path
from tools.checkout import ROOT, files

REPOSITORY = "https://git.example.org/exams.git"


@contextlib.contextmanager
def chair() -> t.Iterator[Awx]:
    """One, running."""
    with Awx({REPOSITORY: offered(ROOT, files())}) as server:
        organization = server.store.keep("organizations", {"name": "Chair"})
        [bearer] = server.store.objects["credential_types"]
        server.store.keep(
            "credentials",
            {
                "name": "cluster of the chair",
                "organization": organization["id"],
                "credential_type": bearer,
                "inputs": {"host": "https://kubernetes.example.org", "bearer_token": "bearer-token-secret"},
            },
        )
        server.store.changes = 0
        yield server


def environment(awx: Awx) -> dict[str, str]:
    """What leads the modules of awx.awx there."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join((str(ROOT / "build" / "tree"), str(collections_path()))),
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_USERNAME": USER,
        "CONTROLLER_PASSWORD": PASSWORD,
    }
