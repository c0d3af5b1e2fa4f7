from notifications.models.attempts import EarlierAttempt
from notifications.models.email_events import EmailEvent
from notifications.models.holds import Hold
from notifications.models.inbound import InboundText, Meaning, ReplySender, TextReply, TextThread
from notifications.models.ledger import Notification, State
from notifications.models.letters import Letter, OutboxLetter
from notifications.models.outbox import OutboxAnswer, OutboxMessage

__all__ = [
    "EarlierAttempt",
    "EmailEvent",
    "Hold",
    "InboundText",
    "Letter",
    "Meaning",
    "Notification",
    "OutboxAnswer",
    "OutboxLetter",
    "OutboxMessage",
    "ReplySender",
    "State",
    "TextReply",
    "TextThread",
]
