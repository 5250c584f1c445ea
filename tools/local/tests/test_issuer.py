"""The issuer of the local stack issues what Cognito issues. It gives its keys to everybody who reaches it, and tokens to callers on this machine alone. A careful API believes the usual
tokens, and the odd ones for one reason each not."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jwt  # noqa: E402
from aiohttp.test_utils import make_mocked_request  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402

import config  # noqa: E402
import issuer  # noqa: E402


# The claims of an access token by the Developer Guide of Amazon Cognito ("Using the access token"). Those that only some tokens have,
# `device_key` and `cognito:groups`, are left out: nobody here remembers devices, and who is in a group says so.
COGNITO = {
    "sub", "iss", "version", "client_id", "origin_jti", "event_id", "token_use", "scope", "auth_time", "exp", "iat", "jti", "username",
}


class Transport:
    """A connection from somewhere."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._peer, 1) if name == "peername" else default


class CallersTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.issuer = issuer.Issuer(issuer.load_or_create_key(Path(folder.name) / "issuer.pem"))

    def status(self, peer: str) -> int:
        request = make_mocked_request("POST", "/token", transport=Transport(peer))

        async def form() -> dict[str, str]:
            return {"sub": "guest-1", "scope": "booking/operator"}

        request.post = form  # type: ignore[method-assign]
        return asyncio.run(self.issuer.issue(request)).status

    def test_tokens_are_given_to_this_machine_alone(self) -> None:
        for peer in ("127.0.0.1", "127.8.0.1", "::1"):
            self.assertEqual(self.status(peer), 200, peer)
        for peer in ("192.168.1.20", "172.17.0.2", "203.0.113.9", "fe80::1", ""):
            self.assertEqual(self.status(peer), 403, peer)

    def test_keys_are_given_to_everybody(self) -> None:
        request = make_mocked_request("GET", "/.well-known/jwks.json", transport=Transport("172.17.0.2"))
        answer = asyncio.run(self.issuer.key_set(request))
        self.assertEqual(len(json.loads(answer.text or "")["keys"]), 1)


class NoAccessToken(Exception):
    """A token for something else."""


class TokensTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        cls.issuer = issuer.Issuer(cls.key)

    def read(self, token: str) -> None:
        """As functions do, which take the client for the audience of a token that has none."""
        claims = jwt.decode(token, self.key.public_key(), algorithms=["RS256"], issuer=config.TOKEN_ISSUER)
        if claims["client_id"] != config.TOKEN_AUDIENCE:
            raise jwt.InvalidAudienceError
        if claims["token_use"] != "access":
            raise NoAccessToken

    def test_an_odd_token_is_odd_in_one_way(self) -> None:
        for odd, expected in (
            ({"iss": "http://localhost:9999"}, jwt.InvalidIssuerError), ({"client_id": "another"}, jwt.InvalidAudienceError),
            ({"nbf_in": "300"}, jwt.ImmatureSignatureError), ({"foreign_key": "1"}, jwt.InvalidSignatureError),
            ({"token_use": "id"}, NoAccessToken),
        ):
            with self.subTest(odd), self.assertRaises(expected):
                self.read(self.issuer.token("guest", "booking/guest", 600, odd))
        self.read(self.issuer.token("guest", "booking/guest", 600, {"nbf_in": "-5"}))


class ClaimsTest(unittest.TestCase):
    def claims(self, expires_in_seconds: int = 60) -> dict[str, object]:
        with tempfile.TemporaryDirectory() as folder:
            made = issuer.Issuer(issuer.load_or_create_key(Path(folder) / "key.pem"))
        token = made.token("guest-1", "booking/guest", expires_in_seconds)
        return jwt.decode(token, options={"verify_signature": False, "verify_exp": False})

    def test_a_token_has_the_claims_of_cognitos_access_token_and_no_other(self) -> None:
        claims = self.claims()
        self.assertEqual(set(claims), COGNITO)
        self.assertEqual((claims["sub"], claims["username"]), ("guest-1", "guest-1"))
        self.assertEqual((claims["token_use"], claims["scope"], claims["client_id"]), ("access", "booking/guest", config.TOKEN_AUDIENCE))
        self.assertEqual(claims["iss"], config.TOKEN_ISSUER)

    def test_staff_have_an_issuer_and_keys_of_their_own(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            app = issuer.make_app(Path(folder))
            keys = [(Path(folder) / name).read_bytes() for name in ("issuer.pem", "staff.pem")]
            key = issuer.load_or_create_key(Path(folder) / "staff.pem")
        self.assertNotEqual(*keys)
        paths = {resource.canonical for resource in app.router.resources()}
        ends = ("/.well-known/openid-configuration", "/.well-known/jwks.json", "/token")
        self.assertEqual(paths, {prefix + end for prefix in ("", "/staff") for end in ends})
        token = issuer.Issuer(key, issuer.STAFF).token("ada", "booking/operator", 60)
        claims = jwt.decode(token, key.public_key(), algorithms=["RS256"], issuer=f"{config.TOKEN_ISSUER}/staff")
        self.assertEqual(set(claims), COGNITO)
        self.assertEqual((claims["client_id"], claims["scope"]), (config.STAFF_AUDIENCE, "booking/operator"))
        grouped = issuer.Issuer(key, issuer.STAFF).token("ada", "booking/operator", 60, {"groups": " platform  property.hotel-1 "})
        claims = jwt.decode(grouped, options={"verify_signature": False})
        self.assertEqual(set(claims), COGNITO | {"cognito:groups"})
        self.assertEqual(claims["cognito:groups"], ["platform", "property.hotel-1"])

    def test_no_two_tokens_are_one(self) -> None:
        self.assertEqual(len({self.claims()["jti"] for _ in range(3)}), 3)

    def test_an_expired_token_was_issued_before_it_expired(self) -> None:
        claims = self.claims(expires_in_seconds=-60)
        self.assertLessEqual(claims["iat"], claims["exp"])


if __name__ == "__main__":
    unittest.main()
