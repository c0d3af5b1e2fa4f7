from notifications.models.ledger import Notification, State
from notifications.models.letters import Letter, OutboxLetter
from notifications.models.outbox import OutboxMessage

__all__ = ["Letter", "Notification", "OutboxLetter", "OutboxMessage", "State"]
