"""A token issuer for the local stack: RS256, discovery document, key set. What Cognito is on AWS.

It signs for anybody who asks: its tokens are worth something on this machine only.
"""

from __future__ import annotations

import base64
import hashlib
import time
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


class Issuer:
    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
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

    def token(self, subject: str, scope: str, expires_in_seconds: int) -> str:
        now = int(time.time())
        claims = {
            "iss": config.TOKEN_ISSUER,
            "aud": config.TOKEN_AUDIENCE,
            "client_id": config.TOKEN_AUDIENCE,
            "token_use": "access",
            "sub": subject,
            "scope": scope,
            "email": f"{subject}@example.com",
            "iat": min(now, now + expires_in_seconds),
            "exp": now + expires_in_seconds,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})

    async def discovery(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": config.TOKEN_ISSUER,
                "jwks_uri": f"{config.TOKEN_ISSUER}/.well-known/jwks.json",
                "token_endpoint": f"{config.TOKEN_ISSUER}/token",
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def key_set(self, _request: web.Request) -> web.Response:
        return web.json_response(self._key_set)

    async def issue(self, request: web.Request) -> web.Response:
        """POST /token with the form fields sub, scope and, if wanted, expires_in (seconds; negative: already expired)."""
        form = await request.post()
        subject = form.get("sub", "")
        if not subject:
            return web.json_response({"error": "invalid_request", "error_description": "sub is missing"}, status=400)
        try:
            expires_in_seconds = int(form.get("expires_in") or TOKEN_SECONDS_DEFAULT)
        except ValueError:
            return web.json_response(
                {"error": "invalid_request", "error_description": "expires_in is not a whole number"}, status=400
            )
        token = self.token(subject, form.get("scope", ""), expires_in_seconds)
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": expires_in_seconds})


def make_app(key_path: Path = config.KEYS_DIR / "issuer.pem") -> web.Application:
    issuer = Issuer(load_or_create_key(key_path))
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", issuer.discovery)
    app.router.add_get("/.well-known/jwks.json", issuer.key_set)
    app.router.add_post("/token", issuer.issue)
    return app
