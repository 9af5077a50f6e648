"""IANA's names of cipher suites, for WARC-Cipher-Suite; OpenSSL has names of its own for those before TLS 1.3."""

from __future__ import annotations

_EXCHANGES = {"ECDHE-ECDSA": "ECDHE_ECDSA", "ECDHE-RSA": "ECDHE_RSA", "DHE-RSA": "DHE_RSA", "": "RSA"}
_CIPHERS = {
    "AES256-GCM-SHA384": "AES_256_GCM_SHA384",
    "AES128-GCM-SHA256": "AES_128_GCM_SHA256",
    "CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256",
    "AES256-CCM8": "AES_256_CCM_8",
    "AES128-CCM8": "AES_128_CCM_8",
    "AES256-CCM": "AES_256_CCM",
    "AES128-CCM": "AES_128_CCM",
    "AES256-SHA384": "AES_256_CBC_SHA384",
    "AES256-SHA256": "AES_256_CBC_SHA256",
    "AES128-SHA256": "AES_128_CBC_SHA256",
    "AES256-SHA": "AES_256_CBC_SHA",
    "AES128-SHA": "AES_128_CBC_SHA",
}
# Every suite that a web server and OpenSSL's defaults can agree on; the rest needs a password or a key shared before.
_NAMES = {
    f"{exchange}-{cipher}".lstrip("-"): f"TLS_{iana_exchange}_WITH_{iana_cipher}"
    for exchange, iana_exchange in _EXCHANGES.items()
    for cipher, iana_cipher in _CIPHERS.items()
}


def iana_name(openssl_name: str) -> str | None:
    """`ECDHE-RSA-AES128-GCM-SHA256` -> `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`; None for one that is not known.

    The suites of TLS 1.3 have one name everywhere (RFC 8446, section B.4).
    """
    return openssl_name if openssl_name.startswith("TLS_") else _NAMES.get(openssl_name)
