"""The token issuers of the local stack, of guests and of staff: RS256, discovery documents, key sets. What the two user pools are on AWS.

They sign for anybody on this machine who asks: their tokens are worth something here only. Where functions run in containers, they
listen on all interfaces, so that their keys can be fetched; tokens they still give to this machine alone.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import config

TOKEN_SECONDS_DEFAULT = 3600


def load_or_create_key(path: Path) -> rsa.RSAPrivateKey:
    """The key outlives restarts, so that tokens handed out yesterday and the API's cached key set still match."""
    if path.exists():
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    path.chmod(0o600)
    return key


def base64url_uint(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Pool:
    """Whose tokens an issuer issues."""

    path: str
    client_id: str
    key_file: str

    @property
    def url(self) -> str:
        return config.TOKEN_ISSUER + self.path


GUESTS = Pool("", config.TOKEN_AUDIENCE, "issuer.pem")
STAFF = Pool(config.STAFF_PATH, config.STAFF_AUDIENCE, "staff.pem")


def access_token(pool: Pool, subject: str, scope: str, now: int, expires_in_seconds: int) -> dict[str, str | int | list[str]]:
    """What Cognito's access token says of a user, and nothing else: no address, no name, and the client in the place of an audience
    (https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html)."""
    issued_at = min(now, now + expires_in_seconds)
    return {
        "sub": subject,
        "iss": pool.url,
        "version": 2,
        "client_id": pool.client_id,
        "origin_jti": str(uuid.uuid4()),
        "event_id": str(uuid.uuid4()),
        "token_use": "access",
        "scope": scope,
        "auth_time": issued_at,
        "exp": now + expires_in_seconds,
        "iat": issued_at,
        "jti": str(uuid.uuid4()),
        "username": subject,
    }


class Issuer:
    def __init__(self, key: rsa.RSAPrivateKey, pool: Pool = GUESTS) -> None:
        self._key = key
        self._pool = pool
        numbers = key.public_key().public_numbers()
        modulus = base64url_uint(numbers.n)
        self._key_id = hashlib.sha256(modulus.encode()).hexdigest()[:16]
        self._key_set = {
            "keys": [
                {
                    "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._key_id,
                    "n": modulus, "e": base64url_uint(numbers.e),
                }
            ]
        }

    def token(self, subject: str, scope: str, expires_in_seconds: int, odd: Mapping[str, str] | None = None) -> str:
        """A token; `odd` has the groups of the subject and what tests want to be otherwise, as the fields of the form (`issue`)."""
        odd, now = odd or {}, int(time.time())
        claims = access_token(self._pool, subject, scope, now, expires_in_seconds)
        claims |= {name: odd[name] for name in ("iss", "client_id", "token_use") if name in odd}
        # Cognito leaves it out of the token of somebody who is in no group.
        if groups := odd.get("groups", "").split():
            claims["cognito:groups"] = groups
        if "nbf_in" in odd:
            claims["nbf"] = now + int(odd["nbf_in"])
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if "foreign_key" in odd else self._key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": self._key_id})

    async def discovery(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self._pool.url,
                "jwks_uri": f"{self._pool.url}/.well-known/jwks.json",
                "token_endpoint": f"{self._pool.url}/token",
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def key_set(self, _request: web.Request) -> web.Response:
        return web.json_response(self._key_set)

    async def issue(self, request: web.Request) -> web.Response:
        """POST /token with the form fields sub, scope and, if wanted, groups (their names, with spaces between them) and expires_in
        (seconds; negative: already expired).

        For tokens that nobody may believe: iss, client_id, token_use, nbf_in (seconds until it is valid), foreign_key (signed with another
        key, under the name of ours). It gives every scope that is asked for, also those that it may not vouch for."""
        if not is_of_this_machine(request.remote):
            return web.json_response(
                {"error": "access_denied", "error_description": "tokens are given to callers on this machine alone"}, status=403
            )
        form = await request.post()
        subject = form.get("sub", "")
        if not subject:
            return web.json_response({"error": "invalid_request", "error_description": "sub is missing"}, status=400)
        try:
            expires_in_seconds = int(form.get("expires_in") or TOKEN_SECONDS_DEFAULT)
            token = self.token(subject, form.get("scope", ""), expires_in_seconds, form)
        except ValueError:
            return web.json_response(
                {"error": "invalid_request", "error_description": "expires_in or nbf_in is not a whole number"}, status=400
            )
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": expires_in_seconds})


def is_of_this_machine(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def make_app(keys: Path = config.KEYS_DIR) -> web.Application:
    app = web.Application()
    for pool in (GUESTS, STAFF):
        issuer = Issuer(load_or_create_key(keys / pool.key_file), pool)
        app.router.add_get(f"{pool.path}/.well-known/openid-configuration", issuer.discovery)
        app.router.add_get(f"{pool.path}/.well-known/jwks.json", issuer.key_set)
        app.router.add_post(f"{pool.path}/token", issuer.issue)
    return app
