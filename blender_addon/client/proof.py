"""The proof that a service knows the token, asked for on each new connection before the token is sent.

As in ``server/proof.py``: random digits go with ``GET /v1/health``, and their HMAC under the token comes back. The name
and port that are spoken to are part of it, so that whoever listens elsewhere cannot hand the question on.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from .errors import UserError, not_a_service

CHALLENGE, PROOF = "svbrdf-challenge", "svbrdf-proof"
PATH = "/v1/health"


def make_challenge() -> str:
    """Return the digits to send."""
    return secrets.token_hex(32)


def make_proof(token: str, host: str, challenge: str) -> str:
    """Return the right answer to a challenge, for a value of the Host header."""
    text = f"svbrdf-inpaint proof 1\n{host.lower()}\n{challenge}"
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


def check_proof(url: str, expected: str, given: str | None) -> None:
    """See whether an answer is the right one.

    Raises:
        UserError: ``not_a_service`` if there is none, ``refused`` if it is made with another token.
    """
    if given is None:
        raise not_a_service(url)
    if not hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode()):
        sentence = f"What answers at {url} goes by another token, so nothing was sent; give it in the preferences."
        raise UserError("refused", sentence)
