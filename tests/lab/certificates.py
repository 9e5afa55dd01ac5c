# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and certificates of one lab, made when it starts and gone with its folder."""

from __future__ import annotations

import typing as t
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK = ("127.0.0.1", "localhost")


class Pair(t.NamedTuple):
    certificate: Path
    key: Path


class Authority:
    """A certificate authority whose files lie in one folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self.file = folder / f"{name}.pem"
        key = folder / f"{name}.key"
        if not self.file.exists():
            ca = trustme.CA(organization_name="lab", organization_unit_name=name)
            ca.cert_pem.write_to_path(self.file)
            _private(key, ca.private_key_pem.bytes())
        self._ca = trustme.CA.from_pem(self.file.read_bytes(), key.read_bytes())

    def server(self, name: str, *hosts: str) -> Pair:
        return self._write(name, self._ca.issue_cert(*(hosts or LOOPBACK), common_name=name))

    def client(self, name: str, user: str, group: str | None = None) -> Pair:
        """A certificate that the API server reads as this user of this group."""
        # Without any host name the list of names would be empty but critical, which Go programs refuse.
        issued = self._ca.issue_cert("client.lab.invalid", common_name=user, organization_name=group)
        return self._write(name, issued)

    def _write(self, name: str, issued: trustme.LeafCert) -> Pair:
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        pair.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        _private(pair.key, issued.private_key_pem.bytes())
        return pair


def service_account_key(folder: Path) -> Pair:
    """The key that signs ServiceAccount tokens, and its public half."""
    key = ec.generate_private_key(ec.SECP256R1())
    pair = Pair(folder / "service-accounts.pub", folder / "service-accounts.key")
    _private(
        pair.key,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    public = key.public_key()
    pair.certificate.write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return pair


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
