#!/usr/bin/env python3
"""Drives the review screen through a pseudo-terminal, and measures what a labeler waits for.

    Jobs/benchmarks/drive-review.py COLUMNSxROWS DECISIONS COMMAND...

For each item some keys are pressed that move in it (down, page down, end, home, the guideline), then one that answers.
A key's wait ends with the last byte that the program writes before it is silent for 8 ms. Prints one line for each
figure, `figure NAME VALUE UNIT`, and leaves with 1 where a bar is missed.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

SILENCE = 0.008
BARS = {"key-to-paint": 16.0, "decision-to-next-item": 50.0}


def open_program(columns, rows, command):
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return child, terminal


def read_burst(terminal, patience):
    """Reads until silence; tells when the last byte came (None where none did within the patience), and the bytes."""
    last, data = None, b""
    deadline = time.perf_counter() + patience
    while True:
        wait = SILENCE if last is not None else max(0.0, deadline - time.perf_counter())
        ready, _, _ = select.select([terminal], [], [], wait)
        if not ready:
            return last, data
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:
            return last, data
        if not part:
            return last, data
        last, data = time.perf_counter(), data + part


def press(terminal, keys, patience=10.0):
    began = time.perf_counter()
    os.write(terminal, keys)
    last, data = read_burst(terminal, patience)
    return (None if last is None else (last - began) * 1000.0), data


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main():
    size, decisions, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    columns, rows = (int(part) for part in size.split("x"))
    child, terminal = open_program(columns, rows, command)
    data, deadline = b"", time.monotonic() + 60
    while b"good" not in data and time.monotonic() < deadline:
        data += read_burst(terminal, 1.0)[1]
    if b"good" not in data:
        sys.stderr.write(data.decode("utf-8", "replace")[-2000:])
        raise SystemExit("the screen did not come up")
    # Figures of the queue are read behind the first picture.
    read_burst(terminal, 1.0)
    moves = [b"\x1b[B", b"\x1b[6~", b"\x1b[F", b"\x1b[5~", b"\x1b[A", b"\x1b[H", b"?", b"?"]
    keys, answers = [], []
    for number in range(decisions):
        for offset in range(3):
            waited, _ = press(terminal, moves[(number * 3 + offset) % len(moves)], patience=0.1)
            # A key that moves nothing, such as Home at the top, paints nothing.
            if waited is not None:
                keys.append(waited)
        waited, _ = press(terminal, b"g" if number % 2 else b"b")
        if waited is None:
            raise SystemExit(f"no picture after answer {number + 1}")
        answers.append(waited)
        # The wait of the next key is its own, not that of the figures that are read anew.
        read_burst(terminal, 0.05)
    os.write(terminal, b"q")
    read_burst(terminal, 5.0)
    os.close(terminal)
    deadline = time.monotonic() + 5
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    missed = False
    print(f"figure review-keys {len(keys)} keys")
    print(f"figure review-decisions {len(answers)} answers")
    for name, values in (("key-to-paint", keys), ("decision-to-next-item", answers)):
        print(f"figure review-{name}-p50 {percentile(values, 0.5):.1f} ms")
        print(f"figure review-{name}-p99 {percentile(values, 0.99):.1f} ms")
        print(f"figure review-{name}-worst {max(values):.1f} ms")
        if percentile(values, 0.99) >= BARS[name]:
            sys.stderr.write(f"{name}: p99 is not under {BARS[name]:.0f} ms\n")
            missed = True
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
