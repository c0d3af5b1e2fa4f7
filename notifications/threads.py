"""Into which inboxes a text goes: those of every organization that knows the number, each with its own copy (T7).

An organization knows a number if a login of it, active or not, of staff or of a family, has it now. A number that
nobody knows stays an `InboundText`, which no organization reads. Filing a text again changes nothing.
"""

import re
from collections import defaultdict
from datetime import datetime, timedelta

from accounts import phones
from accounts.models import Login
from notifications.models import InboundText, Meaning, ReplySender, TextReply, TextThread

_A_MOMENT = timedelta(microseconds=1)
_WORD = re.compile(r"\w+")
# Longer than every stop word and "opt out": "wrong number, this is a bakery" stops, and should be read as well.
_WORDS_OF_A_KEYWORD = 2


def file(text: InboundText) -> None:
    """Put a text into the inbox of each organization that has the number. Needs `everywhere` and a transaction."""
    number = phones.normalize(text.phone)
    if not phones.digits(number):
        return  # "anonymous", a name: nobody's number, though a login may have the word for one
    known: dict[int, list[int]] = defaultdict(list)
    # In one order everywhere, so that no two texts of a number wait for each other in a ring.
    logins = Login.objects.filter(phone=number).order_by("organization", "pk")
    for organization, login in logins.values_list("organization", "pk"):
        known[organization].append(login)
    for organization, senders in known.items():
        _file(text, number, organization, senders)


def _file(text: InboundText, number: str, organization: int, senders: list[int]) -> None:
    asks = _asks_to_be_read(text)
    at = text.received_at
    thread, is_new = TextThread.objects.get_or_create(
        organization_id=organization, phone=number, defaults={"last_at": at, "handled_at": None if asks else at}
    )
    thread = TextThread.objects.select_for_update().get(pk=thread.pk)  # until the commit: texts of a number queue
    reply, is_first = TextReply.objects.get_or_create(
        organization_id=organization,
        sid=text.sid,
        defaults={"thread": thread, "body": text.body, "media": text.media, "meaning": text.meaning, "at": at},
    )
    if not is_first:
        return
    ReplySender.objects.bulk_create(
        ReplySender(organization_id=organization, reply=reply, login_id=login) for login in senders
    )
    if asks and not is_new:
        thread.last_at = _after(thread, at)
    if text.meaning in (Meaning.STOP, Meaning.MAYBE_STOP):
        thread.may_want_to_stop = text.meaning == Meaning.MAYBE_STOP  # a STOP leaves nothing to ask about
    thread.save(update_fields=["last_at", "may_want_to_stop"])


def _asks_to_be_read(text: InboundText) -> bool:
    """Whether somebody should read it. Keywords are obeyed or answered, and only kept among the rest."""
    if text.meaning in (Meaning.OTHER, Meaning.MAYBE_STOP):
        return True
    return bool(text.media) or len(_WORD.findall(text.body)) > _WORDS_OF_A_KEYWORD


def _after(thread: TextThread, at: datetime) -> datetime:
    """When a text came, as a moment after all that is known: what nobody has read is never taken for done.

    The clocks of two machines differ, and a text may be committed after one that came later.
    """
    known = max(thread.last_at, thread.handled_at) if thread.handled_at else thread.last_at
    return max(at, known + _A_MOMENT)
