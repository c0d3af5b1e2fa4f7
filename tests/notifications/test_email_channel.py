"""Email by the real SMTP and Anymail backends (E1, E5), and what each way of failing means."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.utils import parseaddr

import pytest
from anymail.message import AnymailRecipientStatus
from anymail.signals import post_send, pre_send
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import Settings

from accounts.tenancy import within
from notifications.channels import UNTIL_MENDED, ChannelError, Lost, Misconfigured, Permanent, Transient, local
from notifications.channels.email import compose, open_connection
from notifications.models import OutboxMessage
from notifications.rendering import Rendered
from tests.conftest import Practice
from tests.notifications.conftest import TIMEOUT, make_email
from tests.standins.mail_api import Answer, MailApiStandin, refused_recipient
from tests.standins.smtp import (
    DropAfterData,
    HangAfterData,
    RefuseConnection,
    RefuseData,
    RefuseRecipient,
    SmtpStandin,
)

pytestmark = pytest.mark.django_db

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nSUMMARY:À bientôt\r\nEND:VCALENDAR\r\n".encode()


@pytest.fixture
def email(practice: Practice) -> Rendered:
    return make_email(practice.mom, calendar=CALENDAR, reply_to="desk@harbor.example")


def send(*messages: Rendered) -> list[str]:
    with open_connection() as connection:
        return [connection.send(message) for message in messages]


def failure(message: Rendered) -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        send(message)
    assert raised.value.__context__ is None, "the provider's exception, and what is in it, came along"
    return raised.value


def test_an_email_arrives_whole(smtp: SmtpStandin, email: Rendered) -> None:
    assert send(email) == [email.notification.message_id]
    (received,) = smtp.emails
    message = received.message
    assert message["From"] == "Harbor Kids Therapy <reminders@blink.example>"
    assert received.sender == "reminders@blink.example"
    assert message["To"] == email.recipient
    assert message["Reply-To"] == "desk@harbor.example"
    assert message["Subject"] == "Your appointment on Tuesday"
    assert received.message_id == email.notification.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(message["Date"].datetime.replace(tzinfo=UTC) - timezone.now()) < timedelta(minutes=1)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ["See you at 9:00."]
    assert html.get_content().strip() == "<p>See you at 9:00.</p>"


def test_the_calendar_file_is_attached_byte_for_byte_R10(smtp: SmtpStandin, email: Rendered) -> None:
    send(email)
    (part,) = smtp.emails[0].message.iter_attachments()
    assert part.get_filename() == "calendar.ics"
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params == {"method": "PUBLISH", "charset": "utf-8"}
    assert part.get_payload(decode=True) == CALENDAR


def test_the_kind_names_the_calendar_file(smtp: SmtpStandin, practice: Practice) -> None:
    send(make_email(practice.mom, calendar=CALENDAR, calendar_name="session.ics"))
    (part,) = smtp.emails[0].message.iter_attachments()
    assert part.get_filename() == "session.ics"


def test_without_a_calendar_nothing_is_attached(smtp: SmtpStandin, practice: Practice) -> None:
    send(make_email(practice.mom))
    assert smtp.emails[0].message.get_content_type() == "multipart/alternative"
    assert "Reply-To" not in smtp.emails[0].message


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Harbor, Kids & Co.", "Harbor, Kids & Co."),
        ('The "Harbor" \\ Clinic', 'The "Harbor" \\ Clinic'),
        ("Clinique de l’Étoile 🐳", "Clinique de l’Étoile 🐳"),
        ("Harbor <evil@example.org>", "Harbor <evil@example.org>"),
        ("Harbor\r\nBcc: evil@example.org", "Harbor Bcc: evil@example.org"),
        ("Har\0bor\x85Kids\u2028Therapy \ud83d", "Har bor Kids Therapy"),
        ("=?utf-8?q?Harbor?=", "Harbor"),
        ("x" * 120, "x" * 120),
        ("🐳" * 120, "🐳" * 120),
        ("", ""),
    ],
)
def test_any_practice_name_is_safe_in_the_sender(smtp: SmtpStandin, practice: Practice, name: str, shown: str) -> None:
    send(make_email(practice.mom, sender_name=name))
    (received,) = smtp.emails
    raw = message_from_bytes(received.raw)["From"]
    encoded, address = parseaddr(raw)
    assert str(make_header(decode_header(encoded))) == shown
    assert address == received.sender == "reminders@blink.example"
    assert received.recipients == (practice.mom.user.email,)
    assert "Bcc" not in received.message
    assert max(len(line) for line in received.raw.splitlines()) <= 998


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Harbor Kids Therapy", "Harbor Kids Therapy <reminders@blink.example>"),
        ("Clinique de l’Étoile 🐳", "Clinique de l’Étoile 🐳 <reminders@blink.example>"),
        ("Harbor, Kids & Co.", '"Harbor, Kids & Co." <reminders@blink.example>'),
        ('The "Harbor" \\ Clinic', '"The \\"Harbor\\" \\\\ Clinic" <reminders@blink.example>'),
        ("Harbor\r\nBcc: evil@example.org", '"Harbor Bcc: evil@example.org" <reminders@blink.example>'),
        ("", "reminders@blink.example"),
    ],
)
def test_the_outbox_shows_the_sender_that_an_email_has(
    settings: Settings, practice: Practice, name: str, shown: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Blink <reminders@blink.example>"
    message = make_email(practice.mom, sender_name=name)
    with local.open_connection() as outbox, within(practice.organization):
        outbox.send(message)
        assert OutboxMessage.objects.get().sender == compose(message).from_email == shown


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: evil@example.org", "Hi\u2028Bcc: evil@example.org"])
def test_a_subject_cannot_add_headers(smtp: SmtpStandin, practice: Practice, subject: str) -> None:
    send(make_email(practice.mom, subject=subject))
    assert smtp.emails[0].message["Subject"] == "Hi Bcc: evil@example.org"
    assert "Bcc" not in smtp.emails[0].message


@pytest.mark.parametrize(
    "fields",
    [
        {"recipient": "mom@example.org\r\nBcc: evil@example.org"},
        {"recipient": "nobody"},
        {"reply_to": "desk@harbor.example\nBcc: evil@example.org"},
    ],
)
def test_an_address_no_header_can_hold_is_refused_for_good(
    smtp: SmtpStandin, practice: Practice, fields: dict[str, str]
) -> None:
    smtp.on(RefuseRecipient(501), to="nobody")
    assert isinstance(failure(make_email(practice.mom, **fields)), Permanent)
    assert smtp.emails == ()


def test_every_attempt_has_the_same_message_id_E5(smtp: SmtpStandin, email: Rendered, practice: Practice) -> None:
    send(email)
    send(email, make_email(practice.dad))
    first, again, other = (received.message_id for received in smtp.emails)
    assert first == again != other
    assert parseaddr(first)[1].endswith("@blink.example")


def test_one_connection_serves_a_batch(smtp: SmtpStandin, practice: Practice) -> None:
    smtp.on(RefuseConnection(), times=1)
    assert failure(make_email(practice.mom)).code == "421"
    with open_connection() as connection:
        connection.send(make_email(practice.mom))
        smtp.on(RefuseConnection())  # there is no second one
        smtp.on(RefuseRecipient(550), times=1)
        with pytest.raises(Permanent):
            connection.send(make_email(practice.dad))
        connection.send(make_email(practice.dad))
    assert len(smtp.emails) == 2


def test_a_broken_connection_is_opened_again(smtp: SmtpStandin, practice: Practice) -> None:
    with open_connection() as connection:
        connection.send(make_email(practice.mom))
        smtp.on(DropAfterData(accepted=False), times=1)
        with pytest.raises(Lost):
            connection.send(make_email(practice.dad))
        connection.send(make_email(practice.dad))
    assert len(smtp.emails) == 2


def test_a_connection_closed_after_so_many_messages_is_replaced_at_once(smtp: SmtpStandin, practice: Practice) -> None:
    with open_connection() as connection:
        connection.send(make_email(practice.mom))
        smtp.on(RefuseRecipient(421, "4.7.0 Too many messages on this connection"), times=1)
        connection.send(make_email(practice.dad))
    assert len(smtp.emails) == 2


SMTP_TABLE = [
    (RefuseConnection(421), Transient("421")),
    (RefuseConnection(554, "5.7.1 Go away"), Misconfigured("554")),
    (RefuseRecipient(450), Transient("450")),
    (RefuseRecipient(421), Transient("421")),
    (RefuseData(451), Transient("451")),
    # Said of the recipient.
    (RefuseRecipient(550), Permanent("550")),
    (RefuseRecipient(550, "#5.1.0 Address rejected"), Permanent("550")),
    (RefuseRecipient(556, "5.1.10 Domain takes no mail"), Permanent("556")),
    (RefuseRecipient(552, "5.2.2 Mailbox full"), Permanent("552")),
    (RefuseRecipient(550, "No such user here"), Permanent("550")),
    (RefuseRecipient(551, "User not local"), Permanent("551")),
    (RefuseRecipient(553, "Mailbox name not allowed"), Permanent("553")),
    (RefuseData(550, "5.1.1 No such mailbox"), Permanent("550")),
    (RefuseData(552, "5.2.3 Too long for this mailbox"), Permanent("552")),
    # Said of us.
    (RefuseRecipient(530, "5.7.0 Authentication required"), Misconfigured("530")),
    (RefuseRecipient(535, "Authentication failed"), Misconfigured("535")),
    (RefuseRecipient(550, "5.7.1 Relaying denied"), Transient("550", UNTIL_MENDED)),
    (RefuseRecipient(553, "5.1.8 Sender's domain not found"), Transient("553", UNTIL_MENDED)),
    (RefuseRecipient(550, "5.1.7 Sender's address not understood"), Transient("550", UNTIL_MENDED)),
    (RefuseRecipient(552, "Too many recipients"), Transient("552", UNTIL_MENDED)),
    (RefuseRecipient(554, "Transaction failed"), Transient("554", UNTIL_MENDED)),
    (RefuseData(550, "5.7.1 Not authorized to send from this address"), Transient("550", UNTIL_MENDED)),
    (RefuseData(550, "Daily sending quota exceeded"), Transient("550", UNTIL_MENDED)),
    (RefuseData(552, "5.3.4 Message too big"), Transient("552", UNTIL_MENDED)),
    (RefuseData(552, "Message too big"), Transient("552", UNTIL_MENDED)),
    (RefuseData(554), Transient("554", UNTIL_MENDED)),
    (RefuseData(554, "Transaction failed"), Transient("554", UNTIL_MENDED)),
    (DropAfterData(accepted=True), Lost("SMTPServerDisconnected")),
    (DropAfterData(accepted=False), Lost("SMTPServerDisconnected")),
    (HangAfterData(5, accepted=True), Lost("SMTPServerDisconnected")),
]


@pytest.mark.parametrize(("behaviour", "expected"), SMTP_TABLE, ids=lambda value: repr(value)[:70])
def test_each_smtp_failure_is_sorted(
    smtp: SmtpStandin,
    email: Rendered,
    behaviour: RefuseConnection | RefuseRecipient | RefuseData | DropAfterData | HangAfterData,
    expected: ChannelError,
) -> None:
    smtp.on(behaviour)
    assert failure(email) == expected
    smtp.clear()
    send(email)
    assert len(smtp.emails) == 1


class StrictSmtp(SmtpStandin):
    """A server that lets nobody send from our address."""

    async def handle_MAIL(self, *_: object) -> str:
        return "553 5.7.1 Sender address rejected: not owned by user"


def test_a_refused_sender_is_ours_to_mend(smtp: SmtpStandin, email: Rendered, settings: Settings) -> None:
    with StrictSmtp() as strict:
        settings.EMAIL_PORT = strict.port
        assert failure(email) == Transient("553", UNTIL_MENDED)


def test_a_server_that_is_not_there_took_nothing(smtp: SmtpStandin, email: Rendered) -> None:
    smtp.__exit__()
    assert failure(email) == Transient("ConnectionRefusedError")
    smtp.__enter__()


def test_a_server_that_does_not_greet_took_nothing(email: Rendered, smtp: SmtpStandin, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.EMAIL_PORT = mute.getsockname()[1]
        assert isinstance(failure(email), Transient)


def test_a_password_that_a_server_does_not_know_is_ours_to_mend(
    smtp: SmtpStandin, email: Rendered, settings: Settings
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "blink", "wrong"
    assert failure(email) == Misconfigured("SMTPNotSupportedError")


def test_a_backend_that_is_not_there_is_ours_to_mend(email: Rendered, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "no.such.Backend"
    assert failure(email) == Misconfigured("ModuleNotFoundError")


# Anymail, by the example of Postmark.


def test_an_email_arrives_whole_through_anymail_E1(mail_api: MailApiStandin, email: Rendered) -> None:
    (provider_id,) = send(email)
    (sent,) = mail_api.emails
    assert len(provider_id) == 36, "the provider's own id, by which its webhook will name it"
    assert sent["From"] == "Harbor Kids Therapy <reminders@blink.example>"
    assert sent["To"] == email.recipient
    assert sent["ReplyTo"] == "desk@harbor.example"
    assert sent["TextBody"] == email.body
    assert sent["HtmlBody"] == email.html
    headers = {header["Name"]: header["Value"] for header in sent["Headers"]}
    assert headers["Message-ID"] == email.notification.message_id
    assert headers["X-PM-KeepID"] == "true"
    assert headers["Auto-Submitted"] == "auto-generated"
    (attached,) = sent["Attachments"]
    assert attached["Name"] == "calendar.ics"
    kind = BytesParser(policy=policy.default).parsebytes(b"Content-Type: " + attached["ContentType"].encode())
    assert kind["Content-Type"].params == {"method": "PUBLISH", "charset": "utf-8"}
    assert not {"Metadata", "Tag"} & sent.keys(), "nothing about the person is given as metadata"


def test_any_practice_name_is_safe_through_anymail(mail_api: MailApiStandin, practice: Practice) -> None:
    send(make_email(practice.mom, sender_name='Clinique "Étoile", 🐳\r\nBcc: x@y.example'))
    (sent,) = mail_api.emails
    name, address = parseaddr(sent["From"])
    assert (name, address) == ('Clinique "Étoile", 🐳 Bcc: x@y.example', "reminders@blink.example")
    assert "Bcc" not in sent


def postmark_says(code: int, words: str) -> Answer:
    """A refusal with one of https://postmarkapp.com/developer/api/overview#error-codes."""
    return Answer(422, json.dumps({"ErrorCode": code, "Message": words}))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused_recipient(), Permanent("AnymailRecipientsRefused")),
        (Answer(429, "{}", {"Retry-After": "7"}), Transient("429", 7.0)),
        (Answer(429, "{}"), Transient("429")),
        (Answer(503, "busy", {"Retry-After": "nonsense"}), Transient("503")),
        (Answer(500, "{}"), Lost("500")),
        (Answer(504, "gateway"), Lost("504")),
        (Answer(401, '{"ErrorCode": 10, "Message": "Bad token"}'), Misconfigured("401")),
        (Answer(400, "{}"), Transient("400", UNTIL_MENDED)),
        (Answer(413, "{}"), Transient("413", UNTIL_MENDED)),
        (postmark_says(300, "Invalid 'To' address: '{to}'."), Permanent("AnymailRecipientsRefused")),
        (postmark_says(300, "Invalid 'From' address: 'x'."), Transient("422", UNTIL_MENDED)),
        (postmark_says(400, "Sender signature not confirmed"), Transient("422", UNTIL_MENDED)),
        (postmark_says(405, "Not allowed to send: out of credits"), Transient("422", UNTIL_MENDED)),
        (postmark_says(412, "Pending approval"), Transient("422", UNTIL_MENDED)),
        (Answer(200, "<html>not Postmark</html>", accepted=True), Lost("200")),
        (Answer(accepted=True, hang=TIMEOUT * 3), Lost("AnymailRequestsAPIError")),
        (Answer(accepted=True, drop=True), Lost("AnymailRequestsAPIError")),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_each_failure_of_a_provider_is_sorted(
    mail_api: MailApiStandin, email: Rendered, answer: Answer, expected: ChannelError
) -> None:
    mail_api.answers.append(answer)
    assert failure(email) == expected
    mail_api.emails.clear()
    send(email)
    assert len(mail_api.emails) == 1


def test_a_provider_that_is_not_there_took_nothing(mail_api: MailApiStandin, email: Rendered) -> None:
    mail_api.__exit__()
    assert failure(email) == Transient("AnymailRequestsAPIError")
    mail_api.__enter__()


@pytest.fixture
def broken_receiver() -> Iterator[None]:
    """Somebody's receiver of Anymail's signal, which comes after the provider's answer."""

    def receiver(**_: object) -> None:
        raise RuntimeError("a full disk")

    post_send.connect(receiver, weak=False)
    yield
    post_send.disconnect(receiver)


@pytest.mark.usefixtures("broken_receiver")
def test_a_receiver_that_fails_after_the_acceptance_changes_nothing(mail_api: MailApiStandin, email: Rendered) -> None:
    (provider_id,) = send(email)
    assert len(provider_id) == 36
    mail_api.answers.append(refused_recipient())
    assert failure(email) == Permanent("AnymailRecipientsRefused")


@pytest.fixture
def failing_provider(settings: Settings) -> Iterator[None]:
    """Anymail's own test backend, that answers as a provider who is out of order."""

    def receiver(message: EmailMessage, **_: object) -> None:
        status = AnymailRecipientStatus(message_id=None, status="failed")
        answer = {"recipient_status": dict.fromkeys(message.to, status)}
        vars(message)["anymail_test_response"] = answer

    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    pre_send.connect(receiver, weak=False)
    yield
    pre_send.disconnect(receiver)


@pytest.mark.usefixtures("failing_provider")
def test_what_failed_for_some_other_reason_is_not_the_recipients_fault(email: Rendered) -> None:
    assert failure(email) == Transient("failed", UNTIL_MENDED)


def test_what_is_composed_is_what_django_would_send(email: Rendered, smtp: SmtpStandin) -> None:
    """The stand-in aside, the message itself parses without a defect."""
    composed = compose(email)
    assert isinstance(composed, EmailMessage)
    parsed = BytesParser(policy=policy.default).parsebytes(composed.message().as_bytes())
    assert [part.defects for part in parsed.walk()] == [[]] * len(list(parsed.walk()))
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
