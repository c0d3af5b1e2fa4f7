"""What people fill in to write: each sending has a token, so that a double click is one message."""

import uuid
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Login, Role
from messaging.models import Conversation, who_may_take_part
from messaging.models.conversations import SUBJECT_LENGTH

MOST_CHARACTERS = 5000


class LoginsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for mypy alone, not when it runs
    """Ticks for logins. Whoever never signed in is named as such: they would be told, but cannot read it yet."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        if obj.activated_at is None:
            return gettext("%(name)s (has not signed in yet)") % {"name": obj.name}
        return cast("str", obj.name)


class MessageForm(forms.Form):
    """The words of one message."""

    body = forms.CharField(
        label=_("Message"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write something first.")},
    )
    token = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def clean_token(self) -> uuid.UUID:
        """A page without one cannot be sent twice by accident, only on purpose."""
        token = self.cleaned_data["token"]
        return token if isinstance(token, uuid.UUID) else uuid.uuid4()


class ReplyForm(MessageForm):
    """Another message in a conversation."""


class StartForm(MessageForm):
    """The first message: to whom, about what."""

    family = LoginsField(
        Login.objects.none(), label=_("Family"), error_messages={"required": _("Tick at least one of the family.")}
    )
    staff = LoginsField(
        Login.objects.none(), label=_("Staff"), error_messages={"required": _("Tick at least one person to write to.")}
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=SUBJECT_LENGTH,
        help_text=_("Emails and texts about the message never show it."),
        error_messages={"required": _("Say in a few words what it is about.")},
    )

    field_order = ["family", "staff", "subject", "body"]

    def __init__(self, *args: Any, client: Client, author: Login, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client, self.author = client, author
        people = who_may_take_part(client).exclude(pk=author.pk)
        if author.role == Role.STAFF:
            family = _choose_from(self.fields["family"], people.clients())
            self.initial.setdefault("family", list(family))
            _choose_from(self.fields["staff"], people.staff())
            self.fields["staff"].label = _("Colleagues")
            self.fields["staff"].required = False
            if not people.staff().exists():
                del self.fields["staff"]
        else:
            # Other parents are not offered: whether two parents read each other's messages is not for one to decide.
            del self.fields["family"]
            staff = _choose_from(self.fields["staff"], people.staff().filter(links__client=client))
            self.fields["staff"].label = _("Write to")
            if len(staff) == 1:
                self.initial.setdefault("staff", list(staff))

    def save(self) -> Conversation:
        """Raises Closed or MayNotTakePart if things changed since the page was shown."""
        kept = self.cleaned_data
        return Conversation.start(
            client=self.client,
            author=self.author,
            recipients=[*kept.get("family", ()), *kept.get("staff", ())],
            subject=kept["subject"],
            body=kept["body"],
            token=kept["token"],
        )


class PeopleForm(forms.Form):
    """Who takes part in a conversation; staff decide."""

    family = LoginsField(
        Login.objects.none(), label=_("Family"), error_messages={"required": _("Tick at least one of the family.")}
    )
    staff = LoginsField(
        Login.objects.none(), label=_("Staff"), error_messages={"required": _("Tick at least one of the staff.")}
    )

    def __init__(self, *args: Any, conversation: Conversation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conversation = conversation
        people = who_may_take_part(conversation.client)
        inside = [one.login_id for one in conversation.people()]
        self.initial = {"family": inside, "staff": inside}
        _choose_from(self.fields["family"], people.clients())
        _choose_from(self.fields["staff"], people.staff())

    def save(self) -> bool:
        """Whether anything changed. Raises MayNotTakePart if things changed since the page was shown."""
        return self.conversation.set_people([*self.cleaned_data["family"], *self.cleaned_data["staff"]])


def _choose_from(field: forms.Field, logins: Any) -> Any:
    cast("LoginsField", field).queryset = logins
    return logins
