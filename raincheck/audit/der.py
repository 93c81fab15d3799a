"""A time-stamping answer as DER would have it.

CMS lets the certificates in it stand in any order (RFC 5652 takes BER for all that isn't signed), and OpenSSL's
authorities write them as they lie in a file; the library we read answers with takes DER's order alone.
"""

from dataclasses import dataclass

#: The certificates that a signer sends along: SignedData's `[0]`.
_CERTIFICATES = 0xA0
_LONG, _MOST = 0x80, 4


@dataclass(frozen=True)
class _Element:
    tag: int
    start: int
    inside: int
    end: int


def certificates_in_order(response: bytes) -> bytes:
    """Return an RFC 3161 response with its certificates in DER's order; anything else comes back as it is."""
    try:
        [whole] = _elements(response, 0, len(response))
        _, token = _within(response, whole)
        _, wrapped = _within(response, token)
        [signed] = _within(response, wrapped)
        [certificates] = [one for one in _within(response, signed) if one.tag == _CERTIFICATES]
        each = [response[one.start : one.end] for one in _within(response, certificates)]
    except ValueError:
        return response
    return response[: certificates.inside] + b"".join(sorted(each)) + response[certificates.end :]


def _within(data: bytes, outer: _Element) -> list[_Element]:
    return _elements(data, outer.inside, outer.end)


def _elements(data: bytes, start: int, end: int) -> list[_Element]:
    """Return the elements that lie one after another between two places. Raises ValueError."""
    found = []
    while start < end:
        element = _element(data, start, end)
        found.append(element)
        start = element.end
    return found


def _element(data: bytes, start: int, end: int) -> _Element:
    head = data[start : start + 2]
    if len(head) < len("TL"):
        raise ValueError("cut off")
    tag, length = head
    inside = start + 2
    if length & _LONG:
        size = length - _LONG
        if not 0 < size <= _MOST:
            raise ValueError("a length that DER doesn't have")
        length, inside = int.from_bytes(data[inside : inside + size]), inside + size
    if inside + length > end:
        raise ValueError("longer than what it is in")
    return _Element(tag, start, inside, inside + length)
