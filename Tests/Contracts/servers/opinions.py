"""What people think of a call, for the vendors that keep it on the call's own row."""

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
