"""The SMTP stand-in, spoken to by the standard library's client."""

import json
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.standins.smtp import (
    DropAfterData,
    HangAfterData,
    RefuseConnection,
    RefuseData,
    RefuseRecipient,
    SmtpStandin,
)

ROOT = Path(__file__).parents[2]
MOM, DAD = "mom@family.example", "dad@family.example"


@pytest.fixture
def smtp() -> Iterator[SmtpStandin]:
    with SmtpStandin() as standin:
        yield standin


def email(*, to: str = MOM, subject: str = "Your appointments") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Practice <practice@blink.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<appointment-7@blink.example>"
    message.set_content("See you at 9:00.\n.a line that starts with a dot\nÀ bientôt")
    message.add_alternative("<p>See you at 9:00.</p>", subtype="html")
    return message


def send(smtp: SmtpStandin, *recipients: str, timeout: float = 5, **content: str) -> dict[str, object]:
    """Send one message; the refused recipients, as smtplib tells them."""
    with smtplib.SMTP(smtp.host, smtp.port, timeout=timeout) as client:
        return dict(client.send_message(email(**content), to_addrs=recipients or (MOM,)))


def test_what_was_accepted_is_recorded(smtp: SmtpStandin) -> None:
    before = datetime.now(UTC)
    assert send(smtp, MOM, DAD, subject="Rendez-vous à 9 h") == {}
    (received,) = smtp.wait_for(1)
    assert received.sender == "practice@blink.example"
    assert received.recipients == (MOM, DAD)
    assert received.message_id == "<appointment-7@blink.example>"
    assert received.message["Subject"] == "Rendez-vous à 9 h"
    plain, html = received.message.get_body(("plain",)), received.message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines()[1:] == [".a line that starts with a dot", "À bientôt"]
    assert "<p>See you at 9:00.</p>" in html.get_content()
    assert received.raw.count(b"Message-ID:") == 1
    assert before <= received.accepted_at <= before + timedelta(seconds=5)


def test_one_connection_serves_a_batch(smtp: SmtpStandin) -> None:
    with smtplib.SMTP(smtp.host, smtp.port, timeout=5) as client:
        for number in range(20):
            client.send_message(email(subject=str(number)))
    assert [each.message["Subject"] for each in smtp.emails] == [str(number) for number in range(20)]


def test_many_clients_at_once(smtp: SmtpStandin) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert all(refused == {} for refused in pool.map(lambda _: send(smtp), range(40)))
    assert len(smtp.emails) == 40


@pytest.mark.parametrize("code", [550, 450])
def test_a_recipient_is_refused_and_the_other_is_not(smtp: SmtpStandin, code: int) -> None:
    smtp.on(RefuseRecipient(code), to=DAD.upper())
    refused = send(smtp, MOM, DAD)
    assert list(refused) == [DAD]
    assert refused[DAD] == (code, RefuseRecipient(code).reply[4:].encode())
    assert smtp.emails[0].recipients == (MOM,)


def test_a_recipient_is_refused_for_the_next_two_times(smtp: SmtpStandin) -> None:
    smtp.on(RefuseRecipient(450), times=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(smtp)
    assert send(smtp) == {}


@pytest.mark.parametrize("code", [554, 451])
def test_the_message_is_refused(smtp: SmtpStandin, code: int) -> None:
    smtp.on(RefuseData(code), to=DAD)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(smtp, MOM, DAD)
    assert refused.value.smtp_code == code
    assert smtp.emails == ()
    assert send(smtp, MOM) == {}


def test_the_connection_is_refused(smtp: SmtpStandin) -> None:
    smtp.on(RefuseConnection(), times=1)
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        send(smtp)
    assert refused.value.smtp_code == 421
    assert send(smtp) == {}


def test_a_connection_cannot_be_refused_for_one_recipient(smtp: SmtpStandin) -> None:
    with pytest.raises(ValueError, match="RefuseConnection"):
        smtp.on(RefuseConnection(), to=MOM)


@pytest.mark.parametrize("accepted", [True, False])
def test_the_connection_is_dropped_before_the_answer(smtp: SmtpStandin, *, accepted: bool) -> None:
    smtp.on(DropAfterData(accepted=accepted), times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp)
    assert len(smtp.emails) == accepted
    assert send(smtp) == {}


def test_the_client_gives_up_on_a_message_that_was_accepted(smtp: SmtpStandin) -> None:
    smtp.on(HangAfterData(30), times=1)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(smtp, timeout=0.1)
    assert len(smtp.emails) == 1
    assert send(smtp) == {}


def test_the_client_gives_up_on_a_message_that_then_is_not_accepted(smtp: SmtpStandin) -> None:
    smtp.on(HangAfterData(0.3, accepted=False), times=1)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(smtp, timeout=0.1)
    with pytest.raises(TimeoutError, match="0 of 1"):
        smtp.wait_for(1, within=0.4)
    assert send(smtp) == {}


@pytest.mark.parametrize("accepted", [True, False])
def test_the_answer_comes_late(smtp: SmtpStandin, *, accepted: bool) -> None:
    smtp.on(HangAfterData(0.2, accepted=accepted))
    started = time.monotonic()
    assert send(smtp) == {}
    assert time.monotonic() - started >= 0.2
    assert len(smtp.emails) == 1


def test_every_answer_is_slow(smtp: SmtpStandin) -> None:
    smtp.delay = 0.05
    started = time.monotonic()
    assert send(smtp) == {}
    assert time.monotonic() - started >= 7 * 0.05  # greeting, EHLO, MAIL, RCPT, DATA, the message, QUIT
    assert len(smtp.emails) == 1


def test_clear_starts_over(smtp: SmtpStandin) -> None:
    send(smtp)
    smtp.on(RefuseData())
    smtp.clear()
    assert smtp.emails == ()
    assert send(smtp) == {}


def test_waiting_in_vain_says_how_many_came(smtp: SmtpStandin) -> None:
    send(smtp)
    with pytest.raises(TimeoutError, match="1 of 2"):
        smtp.wait_for(2, within=0.05)


def test_it_stops_under_open_and_hanging_connections_and_starts_again_on_its_port() -> None:
    standin = SmtpStandin()
    with standin, ThreadPoolExecutor() as pool:
        standin.on(HangAfterData(60), times=1)
        hanging = pool.submit(send, standin, timeout=20)
        standin.wait_for(1)
        idle = smtplib.SMTP(standin.host, standin.port, timeout=5)
        standin.__exit__()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            hanging.result(timeout=5)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            idle.noop()
        with socket.socket() as probe:
            assert probe.connect_ex((standin.host, standin.port)) != 0
        port = standin.port
        standin.__enter__()
        assert standin.port == port
        assert send(standin) == {}


@pytest.mark.parametrize("end", ["SIGTERM", "stdin"])
def test_as_a_process_it_logs_a_line_per_message(tmp_path: Path, end: str) -> None:
    log = tmp_path / "emails.jsonl"
    command = [sys.executable, "-m", "tests.standins.smtp", "--port", "0", "--log", str(log)]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready, url = process.stdout.readline().split()
        assert ready == "ready"
        with smtplib.SMTP("127.0.0.1", int(url.rpartition(":")[2]), timeout=5) as client:
            client.send_message(email(), to_addrs=[MOM, DAD])
            (line,) = log.read_text().splitlines()
        if end == "stdin":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    logged = json.loads(line)
    assert datetime.fromisoformat(logged.pop("accepted_at")).tzinfo
    assert logged == {
        "message_id": "<appointment-7@blink.example>",
        "subject": "Your appointments",
        "to": MOM,
        "sender": "practice@blink.example",
        "recipients": [MOM, DAD],
    }
