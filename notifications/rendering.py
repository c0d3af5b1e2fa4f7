"""From a kind's content to the very words that leave: an email in two forms, or a text that fits."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from accounts.features import Channel
from accounts.links import public_url
from accounts.phones import digits
from notifications.kinds import Content, Delivery
from notifications.models import Notification
from notifications.texts import fit
from notifications.unsubscribe_links import link_for


@dataclass(frozen=True)
class Rendered:
    """One message, ready for a channel."""

    notification: Notification
    channel: Channel
    recipient: str
    body: str
    useful_until: datetime
    subject: str = ""
    html: str = ""
    sender_name: str = ""
    reply_to: str = ""
    calendar: bytes = b""
    calendar_name: str = "calendar.ics"
    calendar_method: str = "PUBLISH"
    segments: int = 0
    unsubscribe: str = ""

    @property
    def message_id(self) -> str:
        return self.notification.message_id


def recipient_of(row: Notification) -> str:
    """The address or ten-digit number that this row goes to."""
    return row.login.user.email if row.channel == Channel.EMAIL else digits(row.login.phone)


def render(delivery: Delivery, content: Content) -> Rendered:
    """Render in the login's own language. Raises whatever a broken template raises."""
    row = delivery.notification
    with translation.override(row.login.language):
        context = {
            **content.context,
            "organization": row.organization,
            "login": row.login,
            "feature": row.get_feature_display(),
            "my_account": public_url(row.organization, "/account/"),
            "unsubscribe": link_for(row.login, row.feature),
        }
        compose = _email if row.channel == Channel.EMAIL else _text
        return compose(row, content, context, delivery.useful_until)


def _email(row: Notification, content: Content, context: dict[str, object], useful_until: datetime) -> Rendered:
    subject = " ".join(render_to_string(f"{content.template}/subject.txt", context).split())
    return Rendered(
        notification=row,
        channel=Channel.EMAIL,
        recipient=recipient_of(row),
        subject=subject,
        body=_without_gaps(render_to_string(f"{content.template}/email.txt", context)),
        html=render_to_string(f"{content.template}/email.html", {**context, "subject": subject}).strip(),
        sender_name=row.organization.name,
        reply_to=row.organization.reply_to,
        calendar=content.calendar() if content.calendar else b"",
        calendar_name=content.calendar_name,
        calendar_method=content.calendar_method,
        unsubscribe=str(context["unsubscribe"]),
        useful_until=useful_until,
    )


def _without_gaps(text: str) -> str:
    """A template's optional lines leave gaps behind: one empty line between paragraphs is enough."""
    return re.sub(r"\n\s*\n", "\n\n", text).strip() + "\n"


def _text(row: Notification, content: Content, context: dict[str, object], useful_until: datetime) -> Rendered:
    fitted = fit(
        practice=row.organization.name,
        render=lambda practice: render_to_string(f"{content.template}/text.txt", {**context, "practice": practice}),
        footer=render_to_string("notifications/text_footer.txt", context).strip(),
    )
    return Rendered(
        notification=row,
        channel=Channel.TEXT,
        recipient=recipient_of(row),
        body=fitted.body,
        segments=fitted.segments.count,
        useful_until=useful_until,
    )
