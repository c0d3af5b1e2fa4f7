"""Where the link of an old notice leads once its homework was removed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.access import MemberRequest
from homework.models import Homework


def gone(request: MemberRequest, pk: int, *, to: str) -> HttpResponse:
    """On to the list, which says that it was removed. Raises Http404 for what this visitor never could see."""
    get_object_or_404(Homework.objects.removed().of_clients_of(request.login), pk=pk)
    messages.info(request, _("This homework was taken back. It need not be done any more."))
    return redirect(to)
