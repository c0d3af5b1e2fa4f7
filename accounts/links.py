"""Addresses that go out in notices."""

from django.conf import settings

from accounts.models import Organization


def public_url(organization: Organization, path: str) -> str:
    """The whole address of a page of this organization: whoever opens it signs in and lands there.

    `path` is local, such as "/my/invoices/41/". A user of several practices is switched to the right one.
    """
    return f"{settings.PUBLIC_URL}/at/{organization.slug}{path}"
