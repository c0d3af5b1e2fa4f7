from messaging.models.conversations import Closed, Conversation, MayNotTakePart, Message
from messaging.models.participants import Participant, who_may_take_part

__all__ = ["Closed", "Conversation", "MayNotTakePart", "Message", "Participant", "who_may_take_part"]
