"""The page's files: a short list, read once; no path that a request names is ever opened."""

import hashlib
from importlib import resources

from aiohttp import web

from streamstyle.web.refusals import Refusal

TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}


class Files:
    """What lies in the folder `page`, by name."""

    def __init__(self) -> None:
        folder = resources.files("streamstyle.web") / "page"
        self._files = {
            entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.rpartition(".")[2] in TYPES
        }

    def response(self, name: str, request: web.Request) -> web.Response:
        content = self._files.get(name)
        if content is None:
            raise Refusal(404, "there is no such page")
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=content, content_type=TYPES[name.rpartition(".")[2]], charset="utf-8", headers=headers)
