# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the identity provider: signs tokens for students and publishes the keys to check them."""

from __future__ import annotations

import json
import os
import time
import typing as t
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"
KEY_ID = "lab"
DEFAULT_URL = "https://keycloak.lab.localhost/realms/lab"
DEFAULT_LIFETIME_SECONDS = 24 * 3600


class Issuer:
    """One realm. Its folder holds the private key and the public key set that services are given."""

    def __init__(self, directory: Path, key: rsa.RSAPrivateKey, url: str = DEFAULT_URL) -> None:
        self.directory = directory
        self.url = url
        self._key = key

    @property
    def jwks_file(self) -> Path:
        return self.directory / "jwks.json"

    @classmethod
    def create(cls, directory: Path, url: str = DEFAULT_URL) -> Issuer:
        """A new key pair, written to the folder."""
        directory.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor = os.open(_key_file(directory), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        issuer = cls(directory, key, url)
        issuer.jwks_file.write_text(json.dumps({"keys": [issuer._public_jwk()]}), encoding="utf-8")
        return issuer

    @classmethod
    def load(cls, directory: Path, url: str = DEFAULT_URL) -> Issuer:
        """The realm that an earlier process created."""
        key = serialization.load_pem_private_key(_key_file(directory).read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{_key_file(directory)} holds no RSA key")
        return cls(directory, key, url)

    def mint(
        self,
        email: str | None,
        groups: t.Sequence[str] = (),
        lifetime_seconds: float = DEFAULT_LIFETIME_SECONDS,
    ) -> str:
        """A bearer token. Without an e-mail address the service takes its bearer for anonymous."""
        now = time.time()
        claims: dict[str, t.Any] = {
            "iss": self.url,
            "sub": email or "nobody",
            "iat": int(now),
            "exp": int(now + lifetime_seconds),
            "groups": list(groups),
        }
        if email is not None:
            claims["email"] = email
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": KEY_ID})

    def _public_jwk(self) -> dict[str, t.Any]:
        jwk = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**jwk, "kid": KEY_ID, "alg": ALGORITHM, "use": "sig"}


class Verifier:
    """Checks tokens against a published key set."""

    def __init__(self, jwks_file: Path, url: str = DEFAULT_URL) -> None:
        keys = jwt.PyJWKSet.from_dict(json.loads(jwks_file.read_text(encoding="utf-8")))
        self._keys = {key.key_id: key for key in keys.keys}
        self._url = url

    def claims(self, token: str) -> dict[str, t.Any] | None:
        """The claims of a valid token, or None for any other text."""
        try:
            key = self._keys[jwt.get_unverified_header(token).get("kid")]
            return jwt.decode(
                token, key, algorithms=[ALGORITHM], issuer=self._url, options={"require": ["exp"], "verify_aud": False}
            )
        except (jwt.PyJWTError, KeyError):
            return None


def _key_file(directory: Path) -> Path:
    return directory / "signing-key.pem"
