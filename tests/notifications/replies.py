"""Texts that come back, filed as the webhook files them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Login, Organization
from accounts.tenancy import everywhere, within
from notifications import threads
from notifications.models import InboundText, Meaning, TextReply, TextThread

MOM, DAD = "2065550143", "2065550144"
_sids = count(1)


def write(body: str, phone: str = MOM, *, meaning: Meaning = Meaning.OTHER, **fields: Any) -> InboundText:
    """Somebody texts us from this number, and it is filed."""
    at: datetime = fields.pop("at", None) or timezone.now()
    fields.setdefault("sid", f"SM{next(_sids):032x}")
    text = InboundText.objects.create(
        phone=phone, to="2065550100", body=body, meaning=meaning, received_at=at, **fields
    )
    file(text)
    return text


def file(text: InboundText) -> None:
    with everywhere("a text names a number"), transaction.atomic():
        threads.file(text)


def thread_of(organization: Organization, phone: str = MOM) -> TextThread:
    with within(organization):
        return TextThread.objects.get(phone=phone)


def inbox(organization: Organization) -> list[tuple[str, str]]:
    """What is in its inbox: numbers and words."""
    with within(organization):
        return list(TextReply.objects.order_by("at", "pk").values_list("thread__phone", "body"))


def call(login: Login, number: str) -> None:
    """The login has this number from now on."""
    with within(login.organization_id):
        Login.objects.filter(pk=login.pk).update(phone=number)


def long_ago(days: int = 1) -> datetime:
    return timezone.now() - timedelta(days=days)
