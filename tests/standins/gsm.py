"""How many segments a text takes, reckoned apart from the product, so that one can check the other.

Source: 3GPP TS 23.038, the GSM 7-bit default alphabet and its extension table; Twilio's "What is the SMS
character limit?" (160 and 153 septets, 70 and 67 UTF-16 units).
"""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"


def segments(body: str) -> int:
    """The number of segments, at least 1."""
    if all(character in BASIC or character in EXTENSION for character in body):
        sizes = [2 if character in EXTENSION else 1 for character in body]
        alone, joined = 160, 153
    else:
        sizes = [len(character.encode("utf-16-le")) // 2 for character in body]
        alone, joined = 70, 67
    if sum(sizes) <= alone:
        return 1
    count, room = 1, joined
    for size in sizes:  # a character is never split between two segments
        if size > room:
            count, room = count + 1, joined
        room -= size
    return count
