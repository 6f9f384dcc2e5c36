"""The second factor: TOTP codes from a phone, and recovery codes. Source: https://www.rfc-editor.org/rfc/rfc6238"""

import hmac
import secrets
import time
from io import BytesIO

from markupsafe import Markup

from server.auth.access import Access
from server.store.people.accounts import Account

STEP_S = 30
DRIFT = 1
"""Steps that a phone's clock may be early or late."""
CODES = 10
"""The number of recovery codes."""
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters that cannot be mistaken for each other."""


def new_secret() -> str:
    """Return a new secret for a phone, in base 32."""
    import pyotp

    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: float | None = None) -> int | None:
    """Return the time step of a code; None if the code is not valid now."""
    import pyotp

    totp, current = pyotp.TOTP(secret), int((time.time() if now is None else now) // STEP_S)
    given = _normalised(code).encode()
    steps = range(current - DRIFT, current + DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)), None)


def verify_code(access: Access, account: Account, code: str) -> bool:
    """Tell whether a code from the phone or a recovery code is valid for an account, and use it up."""
    step = matching_step(account.totp_secret or "", code) if account.totp_secret else None
    if step is not None:
        return access.second_factors.use_step(account.id, step)
    return access.second_factors.use_recovery_code(account.id, access.hash_of_code(_normalised(code)))


def new_recovery_codes() -> list[str]:
    """Return recovery codes; each has about 49 bits."""
    made = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in made]


def enable(access: Access, account: Account, secret: str, step: int) -> list[str]:
    """Require codes from now on, and return the recovery codes, which are shown only now."""
    codes = new_recovery_codes()
    access.second_factors.enable(account.id, secret, step, [access.hash_of_code(_normalised(code)) for code in codes])
    return codes


def qr_code(secret: str, name: str, site: str) -> Markup:
    """Return the QR code from which a phone reads the secret, as SVG."""
    import pyotp
    import segno

    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)
    svg = BytesIO()
    segno.make(address, error="m").save(
        svg, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr", lineclass=None
    )
    return Markup(svg.getvalue().decode())


def _normalised(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()[:32]
