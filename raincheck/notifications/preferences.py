"""What people have asked not to hear of any more. Only topics have it; the rest is owed to them."""

from collections.abc import Iterable
from uuid import UUID

from raincheck.notifications.leaving import topic_of
from raincheck.notifications.models import Message, OptOut


def wants(person_id: UUID, topic: str) -> bool:
    """Say whether an identity or a member of staff still hears of this topic; `""` is what everybody hears of."""
    return not topic or not OptOut.objects.filter(recipient_id=person_id, topic=topic).exists()


def unwanted(messages: Iterable[Message]) -> set[UUID]:
    """Return the ids of those of these messages whose readers have left their topic, even after they were written."""
    topics = {m.id: topic_of(m) for m in messages}
    about = [m for m in messages if topics[m.id]]
    if not about:
        return set()
    left = set(
        OptOut.objects.filter(recipient_id__in={m.recipient_id for m in about}).values_list(
            "recipient_id", "topic"
        )
    )
    return {m.id for m in about if (m.recipient_id, topics[m.id]) in left}
