"""Who gets what at the addresses of accounts."""

from tests.access.rows import Row, row
from tests.conftest import Practice

SIGNED_IN = "302 200 200 200 200 200 200"  # for whoever is signed in
AGAIN = "302 302 302 302 302 302 302"  # asks for the password first, or for signing in

#    anonymous mom stranger therapist colleague owner outsider
ROWS: dict[str, Row] = {
    "account/": row(SIGNED_IN),
    # Signing in. Nobody learns here who has an account (tests/accounts/test_signing_in.py).
    "account/login/": row("200 302 302 302 302 302 302", "200 302 302 302 302 302 302"),
    "account/logout/": row(SIGNED_IN, AGAIN),
    "account/inactive/": row("200 200 200 200 200 200 200"),
    "account/reauthenticate/": row(SIGNED_IN, SIGNED_IN),
    "account/password/change/": row(SIGNED_IN, SIGNED_IN),
    "account/password/reset/": row("200 200 200 200 200 200 200", "200 200 200 200 200 200 200"),
    "account/password/reset/done/": row("200 200 200 200 200 200 200"),
    "account/password/reset/key/<base36:uidb36>-<str:key>/": row(
        "200 200 200 200 200 200 200", "200 200 200 200 200 200 200"
    ),
    "account/password/reset/key/done/": row("200 200 200 200 200 200 200"),
    "account/email/": row(AGAIN, AGAIN),
    "account/email/confirm/<str:token>/": row("302 404 404 404 404 404 404", "302 404 404 404 404 404 404"),
    "account/activate/<str:token>/": row("404 404 404 404 404 404 404", "404 404 404 404 404 404 404"),
    # The second factor: everybody's own, none of anybody else's.
    "account/2fa/": row(SIGNED_IN),
    "account/2fa/authenticate/": row(AGAIN, AGAIN),
    "account/2fa/reauthenticate/": row(AGAIN, AGAIN),
    "account/2fa/app/activate/": row("302 302 302 302 302 302 302", AGAIN),
    "account/2fa/app/deactivate/": row("302 404 404 404 404 404 404", "302 404 404 404 404 404 404"),
    "account/2fa/codes/": row("302 404 404 404 404 404 404", "302 405 405 405 405 405 405"),
    "account/2fa/codes/generate/": row(AGAIN, AGAIN),
    "account/2fa/codes/download/": row("302 404 404 404 404 404 404"),
    "account/2fa/passkeys/": row(SIGNED_IN),
    "account/2fa/passkeys/add/": row(AGAIN, AGAIN),
    "account/2fa/passkeys/login/": row(AGAIN, AGAIN),
    "account/2fa/passkeys/reauthenticate/": row(AGAIN, AGAIN),
    "account/2fa/passkeys/<int:pk>/remove/": row(AGAIN, AGAIN),
    "account/2fa/passkeys/<int:pk>/edit/": row(AGAIN, AGAIN),
    # One's own logins alone: here mom's.
    "switch/<int:login_id>/": row("302 405 405 405 405 405 405", "302 302 404 404 404 404 404", of="mom"),
    # On to a page of one's own practice.
    "at/<slug:organization>/": row("302 302 302 302 302 302 404", "302 405 405 405 405 405 405", of="address"),
    "at/<slug:organization>/<path:path>": row(
        "302 302 302 302 302 302 404", "302 405 405 405 405 405 405", of="address"
    ),
}


def objects(practice: Practice) -> dict[str, list[int | str]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    return {
        "client": [practice.child.pk],
        "mom": [practice.mom.pk],
        "address": [practice.organization.slug, "account/"],
    }
