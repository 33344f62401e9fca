"""Session descriptions as they come in and go out: what is asked for, whether it can be met, and how it is answered."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aiortc import RTCIceCandidate, sdp
from aiortc.codecs import CODECS
from aiortc.rtcpeerconnection import find_common_codecs

from streamstyle.web.refusals import Refusal
from streamstyle.web.tuning import PLAYOUT_DELAY

Way = Literal["in", "out", "both"]
"""Pictures come in (WHIP), go out (WHEP), or both (the page)."""
FFMPEG = "FFmpegPublishSession"
START_KBITS = 2500
MOST_CANDIDATES, MOST_SECTIONS = 64, 4


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be met."""

    text: str
    fragments: frozenset[str]
    """The ICE user names: another one later means an ICE restart."""
    kinds: frozenset[str]
    at_once: int | None
    """The number of the playout-delay extension, where it is offered."""
    ffmpeg: bool
    """Whether FFmpeg's own muxer sends."""


def read(text: str, way: Way) -> Offer:
    """400 for what cannot be read, 422 for what cannot be met."""
    description = _parsed(text)
    media = [section for section in description.media if section.kind in ("audio", "video")]
    if len(description.media) > MOST_SECTIONS or len({section.kind for section in media}) < len(media):
        raise Refusal(422, "at most one track a kind")
    if not any(section.kind == "video" for section in media):
        raise Refusal(422, "the offer has no video")
    _check_connections(description)
    wanted = {"in": ("sendonly", "sendrecv"), "out": ("recvonly", "sendrecv"), "both": ("sendrecv",)}[way]
    for section in media:
        if section.port == 0 or section.direction not in wanted:
            raise Refusal(422, f"{section.kind} is offered {section.direction}; this end needs {wanted[0]}")
        _check_codecs(section)
    at_once = next(
        (
            extension.id
            for section in media
            for extension in section.rtp.headerExtensions
            if section.kind == "video" and extension.uri == PLAYOUT_DELAY
        ),
        None,
    )
    names = frozenset(section.ice.usernameFragment for section in media if section.ice and section.ice.usernameFragment)
    ffmpeg = description.name == FFMPEG
    return Offer(text, names, frozenset(section.kind for section in media), at_once, ffmpeg)


def _parsed(text: str) -> sdp.SessionDescription:
    if not text.startswith("v=0"):
        raise Refusal(400, "that is no session description")
    if text.count("a=candidate:") > MOST_CANDIDATES:
        raise Refusal(400, "too many candidates")
    try:
        return sdp.SessionDescription.parse(text)
    except Exception as error:
        # The parser trusts its input: any of a dozen exceptions means that it cannot be read.
        raise Refusal(400, "the session description cannot be read") from error


def _check_connections(description: sdp.SessionDescription) -> None:
    """Half an offer would leave half a connection behind."""
    for section in description.media:
        if section.ice is None or not section.ice.usernameFragment or not section.ice.password:
            raise Refusal(400, "the offer has no ICE parameters")
        if section.dtls is None or not section.dtls.fingerprints:
            raise Refusal(400, "the offer has no fingerprint")
    names = [section.rtp.muxId for section in description.media]
    bundled = [name for group in description.group if group.semantic == "BUNDLE" for name in group.items]
    if len(set(names)) < len(names) or not set(bundled) <= set(names):
        raise Refusal(400, "the offer's media have no names of their own")


def _check_codecs(section: sdp.MediaDescription) -> None:
    common = find_common_codecs(CODECS[section.kind], section.rtp.codecs)
    names = {codec.name.lower() for codec in common}
    # Sound is passed on as it is, so everybody has to speak the same.
    if not names & ({"opus"} if section.kind == "audio" else {"vp8", "h264"}):
        needed = "Opus" if section.kind == "audio" else "VP8 or H.264 Baseline"
        raise Refusal(422, f"{section.kind}: this end speaks {needed}, the offer none of it")


def answer(text: str, near: str | None) -> str:
    """Our answer with candidates in the order of use, and a hint to browsers not to start at 300 kbit/s."""
    sections = re.split(r"(?m)^(?=m=)", text)
    return "".join(_ordered(_hinted(section), near) for section in sections)


def _hinted(section: str) -> str:
    if not section.startswith("m=video"):
        return section
    for number in re.findall(r"(?m)^a=rtpmap:(\d+) (?:VP8|H264)/", section):
        hint = f"x-google-start-bitrate={START_KBITS}"
        changed, count = re.subn(rf"(?m)^(a=fmtp:{number} [^\r\n]*)", rf"\1;{hint}", section)
        if not count:
            changed = re.sub(rf"(?m)^(a=rtpmap:{number} [^\r\n]*)", rf"\1\r\na=fmtp:{number} {hint}", section)
        section = changed
    return section


def _ordered(section: str, near: str | None) -> str:
    """Some clients use only the first candidate: the address that the request came to, then IPv4, then the rest."""
    lines = section.split("\r\n")
    places = [index for index, line in enumerate(lines) if line.startswith("a=candidate:")]
    candidates = sorted((lines[index] for index in places), key=lambda line: _rank(line, near))
    for index, line in zip(places, candidates, strict=True):
        lines[index] = line
    return "\r\n".join(lines)


def _rank(line: str, near: str | None) -> tuple[bool, bool, bool, bool]:
    words = line.split()
    try:
        address = ipaddress.ip_address(words[4])
    except ValueError:
        return True, True, True, True
    return "host" not in words, words[4] != near, address.version == 6, address.is_link_local


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a PATCH trickles."""

    names: frozenset[str]
    candidates: Sequence[RTCIceCandidate]


def read_fragment(text: str) -> Fragment:
    """An SDP fragment (RFC 8840); candidates that are of no use are left out."""
    candidates: list[RTCIceCandidate] = []
    names: set[str] = set()
    mid: str | None = None
    lines = text.splitlines()
    if not lines or any(line and not re.match(r"[a-z]=", line) for line in lines):
        raise Refusal(400, "the fragment cannot be read")
    for line in lines[:500]:
        if line.startswith("a=mid:"):
            mid = line[6:].strip()
        elif line.startswith("a=ice-ufrag:"):
            names.add(line[12:].strip())
        elif line.startswith("a=candidate:") and len(candidates) < MOST_CANDIDATES:
            candidate = _candidate(line[12:])
            if candidate is not None:
                candidate.sdpMid = mid
                candidate.sdpMLineIndex = None if mid else 0
                candidates.append(candidate)
    return Fragment(frozenset(names), candidates)


def _candidate(text: str) -> RTCIceCandidate | None:
    try:
        candidate = sdp.candidate_from_sdp(text)
    except (ValueError, AssertionError, IndexError):
        return None
    # TCP, and anything else that cannot be connected to from here.
    return candidate if candidate.protocol.lower() == "udp" and 0 < candidate.port < 65536 else None
