"""My Account."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member_page


@member_page()
@require_safe
def my_account(request: MemberRequest) -> HttpResponse:
    return render(request, "accounts/my_account.html")
