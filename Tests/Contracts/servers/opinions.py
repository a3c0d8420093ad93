"""What people think of a call, for the vendors that keep it on the call's own row."""

import hashlib
import hmac

import common


class Opinion:
    """A thumb (-1, 1 or None), and whether it comes after the first pull; a corrected answer."""

    def __init__(self, call, arguments):
        draw = common.noise(arguments.seed, call.i, "thumb") % 10
        self.thumb = 1 if draw in (0, 1, 4) else -1 if draw in (2, 3, 5) else None
        # Some are given only once `/__control {"phase": 1}` was posted.
        self.is_late = draw in (4, 5)
        self.correction = f"Better: {call.question}" if call.i % 11 == 7 else None

    def thumb_in(self, phase):
        return None if self.is_late and phase == 0 else self.thumb


def feedback(identity, target, signal, **more):
    """The record that the lake holds, with the source's prefix left out of ids."""
    return common.prune({"type": "feedback", "id": identity, "target": target, "signal": signal, **more})


def arrives_late(call, arguments):
    """Whether the call itself is logged only in phase 1: the newest five are."""
    return call.i >= arguments.rows - 5


def pseudonym(user):
    """The stand-in of a user under the key of the tests, 32 bytes of 7."""
    if user is None or user.startswith("u-"):
        return user
    return "u-" + hmac.new(b"\x07" * 32, b"user\0" + user.encode(), hashlib.sha256).hexdigest()[:20]


def write(arguments, records):
    """Writes `--expect` with pseudonyms in the place of users, as the lake has them."""
    common.write_expected(arguments, [
        {**record, "user": pseudonym(record["user"])} if "user" in record else record for record in records])
