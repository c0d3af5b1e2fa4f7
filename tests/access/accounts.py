"""Who gets what at the addresses of accounts."""

from accounts.models import Role
from tests.access.rows import Row, row
from tests.conftest import Practice, make_login

SIGNED_IN = "302 200 200 200 200 200 200"  # for whoever is signed in
AGAIN = "302 302 302 302 302 302 302"  # asks for the password first, or for signing in

# Pages of staff, by who is let in: everybody, who serves the client, admins, admins of this practice. What is shown
# answers 200, what was done leads on with 302, and what is only done, or only shown, answers the other method with 405.
STAFF = "302 404 404 200 200 200 200"
SERVING = "302 404 404 200 404 200 404"
SERVING_ACTS = "302 404 404 302 404 302 404"
REFUSES = "302 404 404 405 405 405 405"
ADMIN = "302 404 404 403 403 200 200"
ADMIN_HERE = "302 404 404 403 403 200 404"
ADMIN_ACTS = "302 404 404 403 403 302 404"
ADMIN_REFUSES = "302 404 404 403 403 405 405"

#    anonymous mom stranger therapist colleague owner outsider
ROWS: dict[str, Row] = {
    "account/": row(SIGNED_IN, SIGNED_IN),
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
    # Clients: those one serves, and all of the practice for a user admin, who alone adds and discharges.
    "clients/": row(STAFF),
    "clients/add/": row(ADMIN, ADMIN),
    "clients/<int:pk>/": row(SERVING, REFUSES, of="client"),
    "clients/<int:pk>/edit/": row(SERVING, SERVING, of="client"),
    "clients/<int:pk>/staff/": row(ADMIN_HERE, ADMIN_ACTS, of="client"),
    "clients/<int:pk>/discharge/": row(ADMIN_HERE, ADMIN_ACTS, of="client"),
    "clients/<int:pk>/readmit/": row(ADMIN_HERE, ADMIN_ACTS, of="client"),
    "clients/<int:pk>/people/": row(SERVING, SERVING_ACTS, of="client"),
    "clients/<int:pk>/people/<int:login_pk>/link/": row(REFUSES, SERVING_ACTS, of="client and mom"),
    "clients/<int:pk>/people/<int:login_pk>/unlink/": row(SERVING, SERVING_ACTS, of="client and mom"),
    # Logins for Clients: those of the clients one serves (P4).
    "logins/": row(STAFF),
    "logins/invite/": row(STAFF),
    "logins/<int:pk>/": row(SERVING, REFUSES, of="mom"),
    "logins/<int:pk>/edit/": row(SERVING, SERVING, of="mom"),
    "logins/<int:pk>/clients/": row(SERVING, REFUSES, of="mom"),
    "logins/<int:pk>/email/": row(SERVING, SERVING, of="invited"),
    "logins/<int:pk>/resend/": row(REFUSES, SERVING_ACTS, of="invited"),
    "logins/<int:pk>/deactivate/": row(SERVING, SERVING_ACTS, of="mom"),
    "logins/<int:pk>/reactivate/": row(SERVING, SERVING_ACTS, of="mom"),
    # Staff and the practice itself, for organization admins; links of staff for user admins.
    "staff/": row(ADMIN),
    "staff/invite/": row(ADMIN, ADMIN),
    "staff/<int:pk>/": row(ADMIN_HERE, ADMIN_HERE, of="therapist"),
    "staff/<int:pk>/clients/": row(ADMIN_HERE, ADMIN_REFUSES, of="therapist"),
    "staff/<int:pk>/clients/<int:client_pk>/": row(ADMIN_REFUSES, ADMIN_ACTS, of="therapist and client"),
    "staff/<int:pk>/email/": row(ADMIN_HERE, ADMIN_HERE, of="invited staff"),
    "staff/<int:pk>/resend/": row(ADMIN_REFUSES, ADMIN_ACTS, of="invited staff"),
    "staff/<int:pk>/deactivate/": row(ADMIN_HERE, ADMIN_ACTS, of="therapist"),
    "staff/<int:pk>/reactivate/": row(ADMIN_HERE, ADMIN_ACTS, of="therapist"),
    "organization/": row(ADMIN, ADMIN),
}


def objects(practice: Practice) -> dict[str, list[int | str]]:
    """One of everything that has an address here, by what rows call it. Runs in the practice's scope."""
    invited = make_login(practice.organization, "Ina Invited")
    invited.link(practice.child)
    colleague = make_login(practice.organization, "Ines Invited", Role.STAFF)
    child, therapist = practice.child.pk, practice.therapist.pk
    return {
        "client": [child],
        "mom": [practice.mom.pk],
        "client and mom": [child, practice.mom.pk],
        "invited": [invited.pk],
        "therapist": [therapist],
        "therapist and client": [therapist, child],
        "invited staff": [colleague.pk],
        "address": [practice.organization.slug, "account/"],
    }
