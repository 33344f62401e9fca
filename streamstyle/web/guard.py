"""Who may come in: token, origin, host, rate; and what every answer tells the browser."""

import hmac
import ipaddress
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from streamstyle.web.messages import Allowance
from streamstyle.web.refusals import Refusal

MOST_ADDRESSES = 4096
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), fullscreen=(self), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of admission."""

    token: str | None = None
    origins: frozenset[str] = frozenset()
    """Foreign pages that may use WHIP and WHEP, as `https://example.org`; `*` for all."""
    hosts: frozenset[str] = frozenset()
    """Names of this server, besides localhost and plain addresses."""

    def check_token(self, headers: Mapping[str, str]) -> None:
        """401 without the right one; takes as long for a near miss as for a wild guess."""
        if self.token is None:
            return
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(errors="surrogateescape"), self.token.encode())
        if scheme.lower() != "bearer" or not right:
            raise Refusal(401, "the token is missing or wrong")

    def check_origin(self, request: web.Request) -> str | None:
        """The foreign origin that is allowed, None for our own page and for programs; 403 for anybody else."""
        self._check_host(request.host)
        origin = request.headers.get("Origin")
        if origin is None:
            return None
        if urlsplit(origin).netloc == request.host and origin != "null":
            return None
        if "*" in self.origins or origin in self.origins:
            return origin
        raise Refusal(403, "this origin may not use the server")

    def _check_host(self, host: str) -> None:
        # A foreign name that resolves to this machine would make its page our own page's equal.
        name = urlsplit(f"//{host}").hostname or ""
        if self.token is not None or name == "localhost" or name in self.hosts:
            return
        try:
            ipaddress.ip_address(name)
        except ValueError:
            raise Refusal(403, f"this server is not called {name[:80]!r} (--name adds a name)") from None


class Doorkeeper:
    """How often each address may ask."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()

    def check(self, address: str) -> None:
        """429 for too many."""
        allowance = self._allowances.setdefault(address, Allowance(self._rate, self._burst))
        self._allowances.move_to_end(address)
        while len(self._allowances) > MOST_ADDRESSES:
            self._allowances.popitem(last=False)
        if not allowance.take():
            raise Refusal(429, "too many requests", 1 + int(1 / self._rate))


def cors(origin: str | None) -> dict[str, str]:
    """What a page elsewhere needs to read our answer."""
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "ETag, Link, Location",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Origin",
    }


PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "600",
}
