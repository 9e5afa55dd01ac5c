# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection that prints whatever the operator makes, with all that is in it."""

from __future__ import annotations

import logging

from lab.kube import Cluster, Kind, Resource
from lab.operator.output import TRACE, as_yaml

LOG = logging.getLogger(__name__)


class TracedCluster(Cluster):
    async def create(self, kind: Kind, body: Resource) -> Resource:
        if LOG.isEnabledFor(TRACE):
            LOG.log(TRACE, "creating %s:\n%s", kind.kind, as_yaml(body))
        return await super().create(kind, body)
