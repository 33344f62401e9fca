"""DTLS by Python's own OpenSSL: against the other OpenSSL, without a network."""

import time

import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, certificate_digest
from OpenSSL import SSL

from streamstyle.web import dtls

LABEL, SIZE = b"EXTRACTOR-dtls_srtp", 60
LIBRARY = dtls.library()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="Python's own OpenSSL cannot be reached here")


def server() -> tuple[SSL.Connection, str]:
    certificate = RTCCertificate.generateCertificate()
    connection = SSL.Connection(certificate._create_ssl_context(srtp_profiles=SRTP_PROFILES))
    connection.set_accept_state()
    return connection, certificate_digest(certificate._cert, "sha-256")


def client() -> tuple[dtls.Connection, str]:
    certificate = RTCCertificate.generateCertificate()
    profiles = [profile.openssl_profile for profile in SRTP_PROFILES]
    made = dtls.Connection(LIBRARY, certificate._key, certificate._cert, profiles)
    return made, certificate_digest(certificate._cert, "sha-256")


def passed_on(source: SSL.Connection | dtls.Connection, target: SSL.Connection | dtls.Connection) -> None:
    try:
        data = source.bio_read(4000)
    except SSL.WantReadError:
        return
    if data:
        target.bio_write(data)


def shaken(near: dtls.Connection, far: SSL.Connection) -> None:
    done: set[object] = set()
    for _ in range(20):
        for one, other in ((near, far), (far, near)):
            try:
                one.do_handshake()
                done.add(one)
            except SSL.WantReadError:
                pass
            passed_on(one, other)
        if len(done) == 2:
            return
    pytest.fail("no handshake")


def test_both_ends_come_to_the_same_keys() -> None:
    (near, here), (far, there) = client(), server()
    shaken(near, far)
    assert (
        near.get_selected_srtp_profile()
        == far.get_selected_srtp_profile()
        in {profile.openssl_profile for profile in SRTP_PROFILES}
    )
    assert near.export_keying_material(LABEL, SIZE) == far.export_keying_material(LABEL, SIZE)
    assert certificate_digest(near.get_peer_certificate(as_cryptography=True), "sha-256") == there
    seen = far.get_peer_certificate(as_cryptography=True)
    assert seen is not None and certificate_digest(seen, "sha-256") == here


def test_words_and_the_goodbye_pass() -> None:
    (near, _), (far, _) = client(), server()
    shaken(near, far)
    with pytest.raises(SSL.WantReadError):
        near.recv(1500)
    near.send(b"there")
    passed_on(near, far)
    assert far.recv(1500) == b"there"
    far.send(b"and back")
    passed_on(far, near)
    assert near.recv(1500) == b"and back"
    far.shutdown()
    passed_on(far, near)
    with pytest.raises(SSL.ZeroReturnError):
        near.recv(1500)
    near.shutdown()


def test_what_got_lost_is_sent_again() -> None:
    (near, _), (far, _) = client(), server()
    with pytest.raises(SSL.WantReadError):
        near.do_handshake()
    assert near.bio_read(1500)
    left = near.DTLSv1_get_timeout()
    assert left is not None and 0 < left <= 1
    time.sleep(left)
    near.DTLSv1_handle_timeout()
    shaken(near, far)


def test_rubbish_is_not_taken_for_an_answer() -> None:
    near, _ = client()
    near.bio_write(b"\x16\xfe\xfd" + bytes(60))
    with pytest.raises(SSL.Error):
        near.do_handshake()
