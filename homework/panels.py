"""What homework shows on pages that do not know it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.access import MemberRequest
from accounts.models import Client, Login
from homework.models import Homework

RECENTLY = timedelta(days=7)
SHOWN = 5


def open_for(login: Login) -> int:
    """How many are still to be done."""
    return Homework.objects.visible_to(login).open().count()


def for_family(request: MemberRequest, subject: None) -> Mapping[str, Any] | None:
    """What is to be done, the first due first. Nothing to do, nothing shown."""
    rows = list(Homework.objects.visible_to(request.login).open().open_first().select_related("client")[: SHOWN + 1])
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN} if rows else None


def for_staff(request: MemberRequest, subject: None) -> Mapping[str, Any] | None:
    """What was marked done lately, but not by whoever looks."""
    done = Homework.objects.visible_to(request.login).done().filter(done_at__gte=timezone.now() - RECENTLY)
    rows = list(
        done.exclude(done_by=request.login).select_related("client", "done_by").order_by("-done_at")[: SHOWN + 1]
    )
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN} if rows else None


def of_client(request: MemberRequest, client: Client) -> Mapping[str, Any]:
    """The client's homework, what is open first."""
    rows = list(Homework.objects.visible_to(request.login).filter(client=client).open_first()[: SHOWN + 1])
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "client": client}
