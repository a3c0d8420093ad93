"""The form of a text that classifiers are trained on: the same as `ClassifierText` in Swift, whose comment describes it.

A test holds the two together by the examples in Tests/Text/ClassifierTextExamples.
"""

HEAD_BYTES = 2000
TAIL_BYTES = 500
VERSION = 1


def _window(data: bytes) -> list[bytes]:
    if len(data) <= HEAD_BYTES + TAIL_BYTES:
        return [data]
    head = HEAD_BYTES
    while head > HEAD_BYTES - 3 and data[head] & 0xC0 == 0x80:
        head -= 1
    tail = len(data) - TAIL_BYTES
    while tail < len(data) - TAIL_BYTES + 3 and data[tail] & 0xC0 == 0x80:
        tail += 1
    return [data[:head], data[tail:]]


def normalise(text: str) -> str:
    """The form of `text`; unpaired surrogates, which UTF-8 lacks, part words."""
    out: list[str] = []
    for number, part in enumerate(_window(text.encode("utf-8", "replace"))):
        if number:
            out.append(" ")
        last = " "
        for char in part.decode("utf-8", "replace"):
            code = ord(char)
            if 0xFF01 <= code <= 0xFF5E:
                code -= 0xFF01 - 0x21
                char = chr(code)
            if code in (0x27, 0xAD, 0x2019, 0xFEFF) or 0x200B <= code <= 0x200F or 0x2060 <= code <= 0x2064:
                continue
            if code <= 0x20 or code == 0x7F or 0x2000 <= code <= 0x203F or code == 0xFFFD:
                out.append(" ")
                last = " "
            elif code < 0x80:
                if char.isalpha():
                    if last not in ("a", "0", " "):
                        out.append(" ")
                    out.append(char.lower())
                    last = "a"
                elif char.isdigit():
                    if last not in ("a", "0", " "):
                        out.append(" ")
                    if last != "0":
                        out.append("0")
                    last = "0"
                elif char != last:
                    out.append(" " + char)
                    last = char
            elif code >= 0x3000:
                out.append(" " + char + " ")
                last = " "
            else:
                if last not in ("a", "0", " "):
                    out.append(" ")
                latin = 0xC0 <= code <= 0xDE and code != 0xD7
                out.append(char.lower() if latin or 0x410 <= code <= 0x42F else char)
                last = "a"
    words = [w for w in "".join(out).split(" ") if w]
    while words and len(words[-1]) == 1 and words[-1] < "\x7f" and not words[-1].isalnum():
        words.pop()
    return " ".join(words)
