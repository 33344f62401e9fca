"""DTLS by the OpenSSL that Python came with, for peers whose certificates the one inside `cryptography` refuses.

FFmpeg's `whip` muxer, where it is built with GnuTLS, makes itself a certificate on P-224. OpenSSL 4 answers that with
the alert `illegal_parameter`: it still has the curve, but no longer in TLS. Python's own OpenSSL is mostly a 3.
"""

import _ssl
import ctypes
import weakref
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL

GROUPS = b"X25519:P-256:P-384:P-521:P-224"
CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
MTU = 1200
DTLS_1_2 = 0xFEFD
EC_KEY = 408
NO_QUERY_MTU = 0x1000
SET_MTU, GET_TIMEOUT, HANDLE_TIMEOUT, SET_GROUPS, SET_LEAST_VERSION = 17, 73, 74, 92, 123
WANT_READ, ZERO_RETURN = 2, 6
POINTER, INT, LONG, TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p
SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "DTLS_client_method": (POINTER, ()),
    "SSL_CTX_new": (POINTER, (POINTER,)),
    "SSL_CTX_free": (None, (POINTER,)),
    "SSL_CTX_ctrl": (LONG, (POINTER, INT, LONG, TEXT)),
    "SSL_CTX_set_cipher_list": (INT, (POINTER, TEXT)),
    "SSL_CTX_set_tlsext_use_srtp": (INT, (POINTER, TEXT)),
    "SSL_CTX_use_certificate_ASN1": (INT, (POINTER, INT, TEXT)),
    "SSL_CTX_use_PrivateKey_ASN1": (INT, (INT, POINTER, TEXT, LONG)),
    "SSL_new": (POINTER, (POINTER,)),
    "SSL_free": (None, (POINTER,)),
    "SSL_ctrl": (LONG, (POINTER, INT, LONG, POINTER)),
    "SSL_set_options": (ctypes.c_uint64, (POINTER, ctypes.c_uint64)),
    "SSL_set_bio": (None, (POINTER, POINTER, POINTER)),
    "SSL_set_connect_state": (None, (POINTER,)),
    "SSL_do_handshake": (INT, (POINTER,)),
    "SSL_read": (INT, (POINTER, POINTER, INT)),
    "SSL_write": (INT, (POINTER, TEXT, INT)),
    "SSL_shutdown": (INT, (POINTER,)),
    "SSL_get_error": (INT, (POINTER, INT)),
    "SSL_get1_peer_certificate": (POINTER, (POINTER,)),
    "SSL_get_selected_srtp_profile": (POINTER, (POINTER,)),
    "SSL_export_keying_material": (INT, (POINTER, POINTER, ctypes.c_size_t, TEXT, ctypes.c_size_t, POINTER, INT, INT)),
    "BIO_s_mem": (POINTER, ()),
    "BIO_new": (POINTER, (POINTER,)),
    "BIO_read": (INT, (POINTER, POINTER, INT)),
    "BIO_write": (INT, (POINTER, TEXT, INT)),
    "X509_free": (None, (POINTER,)),
    "i2d_X509": (INT, (POINTER, POINTER)),
    "ERR_clear_error": (None, ()),
}


class Profile(ctypes.Structure):
    """OpenSSL's SRTP_PROTECTION_PROFILE."""

    _fields_ = (("name", ctypes.c_char_p), ("number", ctypes.c_ulong))


class Moment(ctypes.Structure):
    """A timeval."""

    _fields_ = (("seconds", ctypes.c_long), ("microseconds", ctypes.c_long))


def library() -> Any:
    """Python's own OpenSSL, where it can be reached and knows P-224; None elsewhere."""
    try:
        found = ctypes.CDLL(_ssl.__file__)
        for name, (result, arguments) in SIGNATURES.items():
            function = getattr(found, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        # Built into the interpreter, or of an age that calls things otherwise.
        return None
    context = found.SSL_CTX_new(found.DTLS_client_method())
    try:
        return found if found.SSL_CTX_ctrl(context, SET_GROUPS, 0, GROUPS) == 1 else None
    finally:
        found.SSL_CTX_free(context)
        found.ERR_clear_error()


class Connection:
    """The client's side of DTLS, with the methods of pyOpenSSL's connection that aiortc calls."""

    def __init__(self, found: Any, key: Any, certificate: x509.Certificate, profiles: Sequence[bytes]) -> None:
        self._library = found
        context = found.SSL_CTX_new(found.DTLS_client_method())
        weakref.finalize(self, found.SSL_CTX_free, context)
        secret = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        card = certificate.public_bytes(Encoding.DER)
        done = (
            found.SSL_CTX_ctrl(context, SET_LEAST_VERSION, DTLS_1_2, None),
            found.SSL_CTX_ctrl(context, SET_GROUPS, 0, GROUPS),
            found.SSL_CTX_set_cipher_list(context, CIPHERS),
            found.SSL_CTX_use_certificate_ASN1(context, len(card), card),
            found.SSL_CTX_use_PrivateKey_ASN1(EC_KEY, context, secret, len(secret)),
            # This one answers 0 when all is well.
            1 - found.SSL_CTX_set_tlsext_use_srtp(context, b":".join(profiles)),
        )
        if not all(each == 1 for each in done):
            raise SSL.Error(f"OpenSSL would not be set up: {done}")
        self._ssl = found.SSL_new(context)
        weakref.finalize(self, found.SSL_free, self._ssl)
        self._into, self._from = (found.BIO_new(found.BIO_s_mem()) for _ in range(2))
        found.SSL_set_bio(self._ssl, self._into, self._from)
        found.SSL_set_options(self._ssl, NO_QUERY_MTU)
        found.SSL_ctrl(self._ssl, SET_MTU, MTU, None)
        found.SSL_set_connect_state(self._ssl)

    def do_handshake(self) -> None:
        self._check(self._library.SSL_do_handshake(self._ssl))

    def _check(self, result: int) -> int:
        if result > 0:
            return result
        error = self._library.SSL_get_error(self._ssl, result)
        self._library.ERR_clear_error()
        if error == WANT_READ:
            raise SSL.WantReadError
        raise SSL.ZeroReturnError if error == ZERO_RETURN else SSL.Error(f"error {error}")

    def recv(self, most: int) -> bytes:
        room = ctypes.create_string_buffer(most)
        size = self._check(self._library.SSL_read(self._ssl, room, most))
        return room.raw[:size]

    def send(self, data: bytes) -> int:
        return self._check(self._library.SSL_write(self._ssl, data, len(data)))

    def bio_write(self, data: bytes) -> None:
        self._library.BIO_write(self._into, data, len(data))

    def bio_read(self, most: int) -> bytes:
        room = ctypes.create_string_buffer(most)
        size = self._library.BIO_read(self._from, room, most)
        return room.raw[: max(size, 0)]

    def shutdown(self) -> None:
        self._library.SSL_shutdown(self._ssl)
        self._library.ERR_clear_error()

    def DTLSv1_get_timeout(self) -> float | None:
        """Seconds until something has to be sent again."""
        left = Moment()
        if self._library.SSL_ctrl(self._ssl, GET_TIMEOUT, 0, ctypes.byref(left)) != 1:
            return None
        return float(left.seconds) + float(left.microseconds) / 1e6

    def DTLSv1_handle_timeout(self) -> None:
        self._library.SSL_ctrl(self._ssl, HANDLE_TIMEOUT, 0, None)
        self._library.ERR_clear_error()

    def get_peer_certificate(self, *, as_cryptography: bool) -> x509.Certificate:
        assert as_cryptography
        found = self._library.SSL_get1_peer_certificate(self._ssl)
        try:
            room = ctypes.create_string_buffer(self._library.i2d_X509(found, None))
            self._library.i2d_X509(found, ctypes.byref(ctypes.c_void_p(ctypes.addressof(room))))
        finally:
            self._library.X509_free(found)
        return x509.load_der_x509_certificate(room.raw)

    def get_selected_srtp_profile(self) -> bytes:
        found = self._library.SSL_get_selected_srtp_profile(self._ssl)
        return ctypes.cast(found, ctypes.POINTER(Profile)).contents.name if found else b""

    def export_keying_material(self, label: bytes, size: int) -> bytes:
        room = ctypes.create_string_buffer(size)
        self._check(self._library.SSL_export_keying_material(self._ssl, room, size, label, len(label), None, 0, 0))
        return room.raw
