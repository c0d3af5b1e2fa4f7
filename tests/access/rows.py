"""How a page's row in the table of access is written, and who tries it."""

from dataclasses import dataclass

# Everybody who tries every address. `mom` belongs to the child, `stranger` is a client login of the same practice
# that does not; `therapist` serves the child, `colleague` is staff of the same practice who does not; `owner` has
# every permission there; `outsider` has every permission in another practice.
ROLES = ("anonymous", "mom", "stranger", "therapist", "colleague", "owner", "outsider")


@dataclass(frozen=True)
class Row:
    """What each role gets for GET and for an empty POST. `of` names the objects whose ids fill the address, in order.

    `missing` is answered to everybody who would be shown the page, where there is no such object.
    """

    get: tuple[int, ...]
    post: tuple[int, ...]
    of: str = ""


def row(get: str, post: str = "", *, of: str = "") -> Row:
    """Statuses in the order of ROLES. Without `post` the page only shows: 405 for whoever is let in."""
    shown = tuple(int(status) for status in get.split())
    if len(shown) != len(ROLES):
        raise ValueError(f"{get!r} needs a status for each of {ROLES}.")
    posted = tuple(int(status) for status in post.split()) or tuple(405 if s == 200 else s for s in shown)
    if len(posted) != len(ROLES):
        raise ValueError(f"{post!r} needs a status for each of {ROLES}.")
    return Row(shown, posted, of)
