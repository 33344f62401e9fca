"""Everything that is changed inside aiortc, in one place, on the one connection at hand and on nobody else's.

What it does by itself: a picture waits for the first packet of the next one (33 ms at 30 a second), a lost packet
holds everything up until 512 more have come, the estimate fed back to the sender starts near zero and creeps, rates
are too low for paintings, and DTLS refuses the certificates that FFmpeg makes.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import aioice.ice
import aioice.stun
from aiortc import InvalidStateError, RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpReceiver, clock
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.rtp import (
    HeaderExtensions,
    HeaderExtensionsMap,
    RtpPacket,
    pack_header_extensions,
    unpack_header_extensions,
)
from OpenSSL import SSL

from streamstyle.web import dtls
from streamstyle.web.encoders import encoder

GROUPS = b"X25519:P-256:P-384:P-521"
SMALL_GROUP = b":P-224"
"""Last: GnuTLS makes such certificates at its medium level, and FFmpeg's `whip` muxer asks for that level. OpenSSL 4
leaves the group out of TLS as it is built by default (RFC 8422 deprecates it)."""
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
AT_ONCE = b"\0\0\0"
"""Shortest and longest wait before a picture is shown, in units of 10 ms, 12 bits each."""
FIRST_ESTIMATE = 4_000_000
HOLE_PATIENCE = 0.5
"""Seconds that retransmission gets before a hole is given up and a key frame asked for."""
CONSENT_INTERVAL, CONSENT_SECONDS = 3.0, 15.0


class Certificate(RTCCertificate):
    """Takes peers' certificates on P-224 too."""

    def _create_ssl_context(self, srtp_profiles: Any) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        take_small_group(context)
        return context


def take_small_group(context: SSL.Context) -> bool:
    """Adds P-224 to the groups of a context; False where this OpenSSL has it not."""
    library: Any = SSL._lib  # type: ignore[attr-defined]
    choose = getattr(library, "SSL_CTX_set1_curves_list", None)
    if choose is None or not choose(context._context, GROUPS + SMALL_GROUP):
        library.ERR_clear_error()
        return False
    return True


def take_small_group_elsewhere(transport: RTCDtlsTransport) -> bool:
    """Has Python's own OpenSSL shake hands where the other one has not P-224; False where that cannot be had."""
    if take_small_group(SSL.Context(SSL.DTLS_METHOD)):
        return True
    library = dtls.library()
    if library is None:
        return False
    shake = transport._do_handshake
    own: RTCCertificate = transport._RTCDtlsTransport__local_certificate  # type: ignore[attr-defined]
    profiles = [profile.openssl_profile for profile in transport._srtp_profiles]

    async def shake_by_another() -> None:
        if transport._role == "client":
            transport._ssl = dtls.Connection(library, own._key, own._cert, profiles)  # type: ignore[assignment]
        await shake()

    transport._do_handshake = shake_by_another  # type: ignore[method-assign]
    return True


class PromptBuffer(JitterBuffer):
    """Hands a picture on with its last packet, and gives a hole up after a while: then only a key frame will do."""

    def __init__(self, moment: Callable[[], float] = time.monotonic) -> None:
        super().__init__(capacity=512, is_video=True)
        self._moment = moment
        self._since: float | None = None
        self._skipping = False
        self._needs_key = False
        self.lost = 0

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        if self._skipping:
            self._origin = (packet.sequence_number + 1) & 0xFFFF
            self._skipping = not packet.marker
            return False, None
        pli, frame = super().add(packet)
        if frame is not None:
            self._since = None
        elif self._blocked(packet):
            now = self._moment()
            self._since = now if self._since is None else self._since
            if now - self._since > HOLE_PATIENCE:
                self._skip(packet)
                return True, None
        if frame is not None and self._needs_key:
            if not is_key(frame.data):
                return pli, None
            self._needs_key = False
        self._needs_key |= pli
        return pli, frame

    def _blocked(self, packet: RtpPacket) -> bool:
        ahead = (packet.sequence_number - (self._origin or 0)) & 0xFFFF
        if ahead >= self.capacity:
            return False
        return any(self._packets[((self._origin or 0) + step) % self.capacity] is None for step in range(ahead))

    def _skip(self, packet: RtpPacket) -> None:
        self.remove(self.capacity)
        self._origin = (packet.sequence_number + 1) & 0xFFFF
        self._skipping, self._needs_key, self._since = not packet.marker, True, None
        self.lost += 1

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        packets: list[Any] = []
        for step in range(self.capacity):
            packet = self._packets[((self._origin or 0) + step) % self.capacity]
            if packet is None:
                return None
            if packets and packet.timestamp != packets[0].timestamp:
                return self._taken(packets)
            packets.append(packet)
            if packet.marker:
                return self._taken(packets)
        return None

    def _taken(self, packets: list[Any]) -> JitterFrame:
        self.remove(len(packets))
        return JitterFrame(data=b"".join(packet._data for packet in packets), timestamp=packets[0].timestamp)


def is_key(data: bytes) -> bool:
    """Whether an encoded picture stands by itself."""
    if data.startswith(b"\0\0\0\1"):
        return any(part and part[0] & 0x1F in (5, 7) for part in data.split(b"\0\0\1")[1:3])
    return bool(data) and not data[0] & 1


class PlayoutMap(HeaderExtensionsMap):
    """Tells the browser with every packet to show pictures as they come."""

    def __init__(self, identifier: int) -> None:
        super().__init__()
        self._identifier = identifier

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        extensions = list(unpack_header_extensions(*super().set(values)))
        return pack_header_extensions([*extensions, (self._identifier, AT_ONCE)])


def connection(servers: Iterable[RTCIceServer] = ()) -> RTCPeerConnection:
    """A connection that contacts no server but those named."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=list(servers)))
    peer._RTCPeerConnection__certificates = [Certificate.generateCertificate()]  # type: ignore[attr-defined]
    connect = peer._RTCPeerConnection__connect  # type: ignore[attr-defined]

    async def connect_unless_closed() -> None:
        # Closed in the middle of it, aiortc stumbles over its own transports, in a task that nobody looks at.
        try:
            await connect()
        except InvalidStateError:
            if peer.signalingState != "closed":
                raise

    peer._RTCPeerConnection__connect = connect_unless_closed  # type: ignore[attr-defined]
    return peer


def tune(peer: RTCPeerConnection, at_once: int | None = None, ffmpeg: bool = False) -> None:
    """Once codecs are settled and before media flows; `at_once` is the offered playout-delay extension's number."""
    transports = {each.receiver.transport for each in peer.getTransceivers()}
    if peer.sctp is not None:
        transports.add(peer.sctp.transport)
    for transport in transports:
        keep_consent(transport.transport._connection)
        if ffmpeg:
            take_small_group_elsewhere(transport)
    for transceiver in peer.getTransceivers():
        if transceiver.kind != "video":
            # Sound is passed on as it is: everybody has to speak the same.
            transceiver._codecs = [codec for codec in transceiver._codecs if codec.name.lower() == "opus"]
            continue
        receiver, sender = transceiver.receiver, transceiver.sender
        receiver._RTCRtpReceiver__jitter_buffer = PromptBuffer()  # type: ignore[attr-defined]
        estimator = receiver._RTCRtpReceiver__remote_bitrate_estimator  # type: ignore[attr-defined]
        estimator.rate_control.set_estimate(FIRST_ESTIMATE, clock.current_ms())
        sender._RTCRtpSender__encoder = encoder(transceiver._codecs[0].name)  # type: ignore[attr-defined]
        if at_once is not None:
            extension = RTCRtpHeaderExtensionParameters(id=at_once, uri=PLAYOUT_DELAY)
            transceiver._headerExtensions.append(extension)
            sender._RTCRtpSender__rtp_header_extensions_map = PlayoutMap(at_once)  # type: ignore[attr-defined]


def keep_consent(connection: aioice.ice.Connection) -> None:
    """A peer that asks counts as one that answers: FFmpeg's muxer answers no checks once it sends."""
    heard = time.monotonic()
    check = connection.check_incoming

    def noted(*incoming: Any) -> None:
        nonlocal heard
        heard = time.monotonic()
        check(*incoming)

    async def ask(pair: Any) -> None:
        nonlocal heard
        assert connection.remote_password is not None
        key = connection.remote_password.encode()
        request = connection.build_request(pair, nominate=False)
        with suppress(aioice.stun.TransactionError):
            await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=0)
            heard = time.monotonic()

    async def query_consent() -> None:
        nonlocal heard
        heard = time.monotonic()
        while time.monotonic() - heard < CONSENT_SECONDS:
            await asyncio.sleep(CONSENT_INTERVAL)
            for pair in tuple(connection._nominated.values()):
                await ask(pair)
        connection._query_consent_task = None
        await connection.close()

    connection.check_incoming = noted  # type: ignore[method-assign,assignment]
    connection.query_consent = query_consent  # type: ignore[method-assign]


def overhear(receiver: RTCRtpReceiver, hear: Callable[[bytes, int], None]) -> None:
    """Hands on every packet's payload and time stamp as it comes in, besides its being decoded."""
    handle = receiver._handle_rtp_packet

    async def heard(packet: RtpPacket, arrival_time_ms: int) -> None:
        if packet.payload:
            hear(packet.payload, packet.timestamp)
        await handle(packet, arrival_time_ms)

    receiver._handle_rtp_packet = heard  # type: ignore[method-assign]


def lost_pictures(peer: RTCPeerConnection) -> int:
    """How often a hole in the stream had to be given up."""
    buffers = [each.receiver._RTCRtpReceiver__jitter_buffer for each in peer.getTransceivers()]  # type: ignore[attr-defined]
    return sum(buffer.lost for buffer in buffers if isinstance(buffer, PromptBuffer))


def prepare() -> None:
    """What aioice leaves no other way to set: on a machine without a network there is still the loopback."""
    found = aioice.ice.get_host_addresses

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return found(use_ipv4, use_ipv6) or ["127.0.0.1"]

    if found.__name__ != with_loopback.__name__:
        aioice.ice.get_host_addresses = with_loopback
