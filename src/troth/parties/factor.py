"""Second factors: one goes with whoever leaves; the demonstration shows its present code to whoever runs it."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt

from troth.parties.models import Staff
from troth.policy.problems import Trouble

PERIOD = 30  # seconds a code counts, RFC 6238


def present_code(member: Staff) -> str:
    """Six digits, or ``Trouble`` when no second factor was set up yet."""
    row = Authenticator.objects.filter(user=member, type=Authenticator.Type.TOTP).first()
    if row is None:
        raise Trouble("no-factor", "No second factor is set up yet.", "Open the sign-in link first.")
    return str(format_hotp_value(hotp_value(decrypt(row.data["secret"]), int(time.time()) // PERIOD)))


def forget(member: Staff) -> None:
    """Nothing of theirs opens anything any more: neither their device nor their spare codes."""
    Authenticator.objects.filter(user=member).delete()
