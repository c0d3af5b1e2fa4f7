"""What the letters about signing in say, as they wait to be sent."""

import re
from urllib.parse import urlsplit

from django.conf import settings

from notifications.models import Letter

PASSWORD = "correct horse"  # of the whole cast
NEW_PASSWORD = "battery staple 4711"


def letters_to(address: str) -> list[Letter]:
    """The oldest first."""
    return list(Letter.objects.filter(to=address).order_by("pk"))


def link_in(letter: Letter) -> str:
    """The local address that the letter's link leads to."""
    found = re.search(r"https?://\S+", letter.body)
    assert found, letter.body
    assert found[0].startswith(settings.PUBLIC_URL + "/")
    assert found[0] in letter.html
    return urlsplit(found[0]).path
