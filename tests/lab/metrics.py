# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pods are said to use: objects where metrics-server would answer, set by whoever runs the scenario."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from lab.api import Api, Object, path_of

WINDOW = "15s"


class Usage(t.NamedTuple):
    cpu_millicores: float
    memory_bytes: int

    def quantities(self) -> dict[str, str]:
        """In the units that metrics-server writes: nanocores and kibibytes."""
        return {"cpu": f"{round(self.cpu_millicores * 1_000_000)}n", "memory": f"{self.memory_bytes // 1024}Ki"}


def set_usage(api: Api, pod: Object, usage: t.Mapping[str, Usage]) -> Object:
    """Say what the containers of a pod use. The entry goes when the pod goes."""
    metadata = pod["metadata"]
    owner = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
    return api.apply(
        {
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "PodMetrics",
            "metadata": {
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "labels": metadata.get("labels", {}),
                "ownerReferences": [owner],
            },
            "timestamp": _now(),
            "window": WINDOW,
            "containers": [{"name": name, "usage": used.quantities()} for name, used in usage.items()],
        }
    )


def forget_usage(api: Api, pod: Object) -> bool:
    """Take the entry away: what a pod looks like before it was first measured."""
    metadata = {key: pod["metadata"][key] for key in ("name", "namespace")}
    return api.delete(path_of({"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": metadata}))


def set_node_usage(api: Api, node: str, used: Usage) -> Object:
    return api.apply(
        {
            "apiVersion": "metrics.k8s.io/v1beta1",
            "kind": "NodeMetrics",
            "metadata": {"name": node},
            "timestamp": _now(),
            "window": WINDOW,
            "usage": used.quantities(),
        }
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
