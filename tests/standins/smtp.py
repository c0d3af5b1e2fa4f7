"""A stand-in for a mail provider's SMTP server.

    with SmtpStandin() as smtp:
        smtp.on(RefuseRecipient(550), to="gone@example.org")
        ...  # send to smtp.host, smtp.port
        (email,) = smtp.emails
        assert email.message["Subject"] == "Your appointments"

It takes mail for anyone, without TLS or a password. `on` makes it behave badly. As a process:
`python -m tests.standins.smtp --port N --log FILE`.

Sources: RFC 5321 (replies; 4.2.5 on who is responsible after the final 250; 3.8 on 421), RFC 3463 (enhanced
status codes).
"""

import argparse
import asyncio
import contextlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.standins.process import serve
from tests.standins.record import Record
from tests.standins.script import Script


@dataclass(frozen=True)
class RefuseConnection:
    """Greet with an error and close, as a server that is too busy does."""

    code: int = 421
    words: str = "4.3.2 Service not available, try again later"


@dataclass(frozen=True)
class RefuseRecipient:
    """Answer RCPT with an error: 5xx for good, 4xx for now."""

    code: int = 550
    words: str | None = None

    @property
    def reply(self) -> str:
        told = "5.1.1 No such mailbox" if self.code >= 500 else "4.2.1 Mailbox busy, try again later"
        return f"{self.code} {self.words or told}"


@dataclass(frozen=True)
class RefuseData:
    """Answer the whole message with an error: 5xx for good, 4xx for now."""

    code: int = 554
    words: str | None = None

    @property
    def reply(self) -> str:
        told = "5.6.0 Message refused" if self.code >= 500 else "4.3.0 Try again later"
        return f"{self.code} {self.words or told}"


@dataclass(frozen=True)
class HangAfterData:
    """Take the whole message and let the client wait for so many seconds, before or after accepting it.

    A client that gives up before it was accepted has not sent it: the server notices and drops it.
    """

    seconds: float
    accepted: bool = True


@dataclass(frozen=True)
class DropAfterData:
    """Take the whole message and close the connection without an answer, before or after accepting it."""

    accepted: bool = True


Behaviour = RefuseConnection | RefuseRecipient | RefuseData | HangAfterData | DropAfterData


@dataclass(frozen=True)
class Email:
    """A message the stand-in accepted, once however many recipients it has. `accepted_at` in UTC."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes
    accepted_at: datetime

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"] or "")


class SmtpStandin:
    """The server. Enter it to start it on 127.0.0.1; `port` 0 takes a free one.

    `delay` is how many seconds it takes over each answer; it may be changed at any time.
    """

    host = "127.0.0.1"

    def __init__(self, *, port: int = 0, log: Path | None = None, delay: float = 0) -> None:
        self.port = port
        self.delay = delay
        self._script: Script[Behaviour] = Script()
        self._record: Record[Email] = Record(log)
        self._numbers = iter(range(1, 1_000_000_000))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._transports: set[asyncio.BaseTransport] = set()

    @property
    def url(self) -> str:
        """As EMAIL_URL and its like take it."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def emails(self) -> tuple[Email, ...]:
        """Every accepted message, oldest first."""
        return self._record.all()

    def __enter__(self) -> Self:
        loop = self._loop = asyncio.new_event_loop()
        # Connections wait in the socket's queue until the thread below serves them.
        server = loop.run_until_complete(
            loop.create_server(lambda: self._protocol(loop), self.host, self.port, backlog=128)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(loop, server), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def on(self, behaviour: Behaviour, *, to: str | None = None, times: int | None = None) -> None:
        """Behave so: for one recipient or (None) all, so many times or until `clear`.

        A connection has no recipient yet, so RefuseConnection takes no `to` (ValueError). For the behaviours
        at DATA, `to` means any of the message's recipients.
        """
        if isinstance(behaviour, RefuseConnection) and to is not None:
            raise ValueError("RefuseConnection cannot be for one recipient")
        self._script.add(behaviour, at=_stage(behaviour), to=to, times=times)

    def clear(self) -> None:
        """Behave as usual from now on, and forget the messages."""
        self._script.clear()
        self._record.clear()
        self.delay = 0

    def wait_for(self, count: int, *, within: float = 5) -> tuple[Email, ...]:
        """The accepted messages once there are `count`. Raises TimeoutError after `within` seconds."""
        return self._record.wait_for(count, within=within)

    # aiosmtpd calls these, on the loop's thread, for RCPT and at the end of DATA.

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._script.take(at="recipient", to=address)
        if isinstance(refusal, RefuseRecipient):
            return refusal.reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        behaviour = self._at_data(envelope)
        if isinstance(behaviour, RefuseData):
            return behaviour.reply
        refused = isinstance(behaviour, DropAfterData) and not behaviour.accepted
        late = isinstance(behaviour, HangAfterData) and not behaviour.accepted
        if not refused and not late:
            self._accept(envelope)
        if isinstance(behaviour, HangAfterData):
            await asyncio.sleep(behaviour.seconds)  # cancelled if the client leaves
        if late:
            self._accept(envelope)
        if isinstance(behaviour, DropAfterData):
            assert server.transport is not None
            server.transport.close()  # the answer below then goes nowhere
        return "250 2.0.0 OK"

    def _at_data(self, envelope: Envelope) -> Behaviour | None:
        for address in envelope.rcpt_tos:
            behaviour = self._script.take(at="data", to=address)
            if behaviour is not None:
                return behaviour
        return None

    def _accept(self, envelope: Envelope) -> None:
        raw = envelope.original_content
        assert raw is not None
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        email = Email(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            message=message,
            raw=raw,
            accepted_at=datetime.now(UTC),
        )
        line: dict[str, object] = {
            "message_id": email.message_id,
            "subject": str(message["Subject"] or ""),
            "to": str(message["To"] or ""),
            "sender": email.sender,
            "recipients": email.recipients,
            "accepted_at": email.accepted_at.isoformat(),
        }
        self._record.add(str(next(self._numbers)), email, line)

    def _protocol(self, loop: asyncio.AbstractEventLoop) -> asyncio.Protocol | SMTP:
        refusal = self._script.take(at="connection")
        if isinstance(refusal, RefuseConnection):
            return _Refusing(f"{refusal.code} {refusal.words}\r\n".encode())
        return _Conversation(self, loop)

    def _serve(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
        """Run the loop until told to stop, then close everything, answered or not."""
        asyncio.set_event_loop(loop)
        loop.run_forever()
        server.close()
        for transport in list(self._transports):
            transport.close()
        rest = asyncio.all_tasks(loop)
        for task in rest:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        loop.run_until_complete(asyncio.sleep(0))  # lets the transports close their sockets
        loop.close()


class _Conversation(SMTP):
    """One client's conversation, as slow as the stand-in is told to be."""

    def __init__(self, standin: SmtpStandin, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(standin, loop=loop, hostname="smtp.standin.example", enable_SMTPUTF8=True)
        self._standin = standin

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._standin._transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self._standin._transports.discard(self.transport)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:  # aiosmtpd types it AnyStr, which cannot be passed on
        if self._standin.delay:
            await asyncio.sleep(self._standin.delay)
        with contextlib.suppress(ConnectionError):
            await super().push(status)


class _Refusing(asyncio.Protocol):
    """Says one line and closes."""

    def __init__(self, line: bytes) -> None:
        self._line = line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._line)
        transport.close()


def _stage(behaviour: Behaviour) -> str:
    if isinstance(behaviour, RefuseConnection):
        return "connection"
    return "recipient" if isinstance(behaviour, RefuseRecipient) else "data"


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for a mail provider's SMTP server on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, told on standard output")
    parser.add_argument("--log", type=Path, help="append one line of JSON per accepted message")
    parser.add_argument("--delay", type=float, default=0, help="seconds to take over each answer")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    told = vars(parser.parse_args())
    until_stdin_closes = told.pop("until_stdin_closes")
    serve(SmtpStandin(**told), until_stdin_closes=until_stdin_closes)


if __name__ == "__main__":
    main()
