#!/usr/bin/env python3
"""Writes the sample input anew: a week of support chats at Larkspur, an invented bicycle shop, and what its
customers did with the answers. Needs Python 3 and nothing else; the same seed gives the same bytes.

    python3 Datasets/samples/generate.py            write the files and the table in README.md
    python3 Datasets/samples/generate.py --check    fail if what is there differs

The text is in support_texts.py. This file decides who asks what and when, what the model answers, how people
react, and which faults the log has. Every fault is planted by name, so README.md's table is exact.
"""

import hashlib
import json
import os
import random
import re
import sys
from datetime import datetime, timedelta, timezone

sys.dont_write_bytecode = True
import support_texts as texts  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20261111
DAYS = [datetime(2026, 11, 11, tzinfo=timezone.utc) + timedelta(days=n) for n in range(7)]
MODELS = {"gpt-4o-mini": (0.15, 0.60), "mistral-small": (0.10, 0.30)}  # US dollars a million tokens, in and out
PERSONAL_VALUES = {
    "EMAIL": r"[\w.+-]+@[\w.-]*example\.(?:com|net|org)",
    "CARD": r"4242 4242 4242 4242|5555555555554444|3782 822463 10005|4111 1111 1111 1111",
    "IBAN": r"DE89 3704 0044 0532 0130 00|NL91ABNA0417164300|GB82 WEST 1234 5698 7654 32",
    "PHONE": r"\+44 20 7946 0958|\(415\) 555-0132|\+49 30 23125 014|\+1 202-555-0143",
    "IP": r"203\.0\.113\.25|198\.51\.100\.7|192\.0\.2\.44|2001:db8::4f:12",
    "SECRET": r"sk-larkspur0example0key0not0real0000|AKIAIOSFODNN7EXAMPLE",
}
LOOP = "Please check the tracking page of the carrier again. "

random_source = random.Random(SEED)
pick = random_source.choice
chance = lambda share: random_source.random() < share


def normalised(text):
    """The form in which curation compares texts: ASCII lower case, runs of white space as one space."""
    return re.sub(r"\s+", " ", text).strip().lower()


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


class Log:
    """Rows in the making. A row is (time of arrival, bytes); `counts` is what README.md says."""

    def __init__(self):
        self.interactions, self.feedback = [], []
        self.seen, self.rows, self.quality, self.question_of = set(), {}, {}, {}
        self.counts = {}
        self.serial = {"chat": 0, "conversation": 0, "feedback": 0}

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by

    def number(self, kind):
        self.serial[kind] += 1
        digest = hashlib.sha256(f"{SEED}/{kind}/{self.serial[kind]}".encode()).hexdigest()
        return digest[: {"chat": 12, "conversation": 8, "feedback": 10}[kind]]

    def is_new(self, question, answer):
        """Whether nobody got this answer to this question before; two equal ones would be exact duplicates."""
        key = (normalised(question), normalised(answer))
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def interaction(self, time, conversation, user, model, prompt, history, answer, **more):
        messages = [{"role": "system", "content": texts.SYSTEM[prompt]}] + history
        finish = more.get("finish", "stop")
        tokens_in = sum(len(m["content"]) for m in messages) // 4 + 4 * len(messages)
        tokens_out = max(len(answer) // 4, 1)
        price_in, price_out = MODELS[model]
        row = {
            "type": "interaction", "id": "chat-" + self.number("chat"), "created_at": stamp(time),
            "session": {"id": conversation}, "user_id": user, "app": "support", "model": model,
            "prompt_version": prompt, "messages": messages,
            "response": {"role": "assistant", "content": answer}, "finish_reason": finish,
            "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out},
            "cost": round((tokens_in * price_in + tokens_out * price_out) / 1e6, 8),
            "latency_ms": 350 + tokens_out * pick([9, 11, 14]) + random_source.randrange(200),
            "tags": [pick(["web", "web", "ios", "android"]), more.get("topic", "other")],
        }
        if "parent" in more:
            row["parent_id"] = more["parent"]
        self.rows[row["id"]] = row
        self.quality[row["id"]] = more.get("quality", "good")
        self.question_of[row["id"]] = more.get("question", "")
        self.add_line(self.interactions, time, row)
        return row

    def add_line(self, table, time, row):
        # Some of the shop's writers escape what is not ASCII, as Python does by default.
        escaped = hash_share(row.get("id", "")) < 0.25
        table.append((time, json.dumps(row, ensure_ascii=escaped, separators=(",", ":")).encode()))

    def event(self, time, target, event, late=False, **more):
        row = {"id": "fb-" + self.number("feedback"), "timestamp": stamp(time), "target_id": target, "event": event}
        row.update({key: value for key, value in more.items() if value not in (None, "")})
        self.add_line(self.feedback, time, row)
        self.count(f"event {event}")
        if late:
            self.count("late feedback")
        return row


def hash_share(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


def fill(text, slots):
    return re.sub(r"\{(\w+)\}", lambda found: slots[found.group(1)], text)


def working_hour(day):
    """A moment of the day: nobody writes before 7 or after 21 o'clock."""
    return day + timedelta(milliseconds=random_source.randrange(7 * 3600_000, 21 * 3600_000))


def within(day, time):
    """Keeps a moment in its UTC day, so that the row lands in that day's file."""
    return min(time, day + timedelta(hours=23, minutes=59, seconds=59))


def user():
    # A few people write often, most write once.
    return f"user-{pick([7, 7, 12, 12, 31]) if chance(0.12) else random_source.randrange(40, 420):04d}"


def asked(greeting, question, thanks):
    """A question between its courtesies, going on in lower case after a comma."""
    first = question.split(" ", 1)[0]
    if greeting.endswith(", ") and first != "I" and not first.startswith("I'") and not first[1:2].isupper():
        question = question[:1].lower() + question[1:]
    return greeting + question + thanks


def answered(answer):
    """A good answer between its courtesies; nobody is happy to help and sorry at once."""
    opener = pick(texts.OPENERS)
    if answer.startswith(("I am sorry", "Sorry", "That ", "Please do not", "Then ")):
        opener = ""
    return opener + answer + pick(texts.CLOSERS)


def words(log, entry, quality, slots):
    """A question and an answer of the wanted quality that the log does not hold yet."""
    for _ in range(400):
        question = asked(pick(texts.GREETINGS), fill(pick(entry["ask"]), slots), pick(texts.THANKS))
        answer = fill(pick(entry[quality]), slots)
        if quality == "good":
            answer = answered(answer)
        if log.is_new(question, answer):
            return question, answer
    raise SystemExit(f"no new words left for {entry['id']}")


def slots():
    return {name: pick(values) for name, values in texts.SLOTS.items()}


def react(log, day, row, asker):
    """What the user did with an answer, as a share of people does; most do nothing."""
    good = log.quality[row["id"]] == "good"
    time = within(day, datetime.fromisoformat(row["created_at"].replace("Z", "+00:00")) + timedelta(
        seconds=random_source.randrange(20, 900)))
    tell = lambda event, **more: log.event(time, row["id"], event, user_id=asker, **more)
    roll = random_source.random()
    if good:
        if roll < 0.34:
            tell("thumbs_up", comment=pick(texts.COMMENTS_UP))
        elif roll < 0.42:
            tell("stars", value=pick([4, 5, 5]))
        elif roll < 0.60:
            tell("copied")
            if chance(0.3):
                tell("accepted")
        elif roll < 0.66:
            tell("accepted")
        elif roll < 0.70:
            tell("edited")
        elif roll < 0.74:
            tell("left")
    else:
        if roll < 0.44:
            tell("thumbs_down", comment=pick(texts.COMMENTS_DOWN))
        elif roll < 0.58:
            tell("stars", value=pick([1, 1, 2]))
        elif roll < 0.72:
            tell("edited")
        elif roll < 0.84:
            tell("left")


def conversation(log, day, entry, quality):
    """One person's question, the answer, and in some conversations the next turn."""
    time, asker, values = working_hour(day), user(), slots()
    name, model, prompt = "c-" + log.number("conversation"), pick(list(MODELS)), pick(["support/3", "support/4", "support/4"])
    question, answer = words(log, entry, quality, values)
    history = [{"role": "user", "content": question}]
    more = {"topic": entry["topic"], "quality": quality, "question": entry["id"]}
    row = log.interaction(time, name, asker, model, prompt, history, answer, **more)
    goes_on = entry["then"] and chance(0.75)
    if not goes_on:
        react(log, day, row, asker)
        return row
    log.count("conversations of several turns")
    log.event(within(day, time + timedelta(seconds=45)), row["id"], "follow_up", user_id=asker)
    follow, good, bad = pick(entry["then"])
    quality = "bad" if bad and chance(0.3) else "good"
    history = history + [{"role": "assistant", "content": answer}, {"role": "user", "content": fill(follow, values)}]
    answer = fill(bad if quality == "bad" else answered(good), values)
    # The earlier turns tell this row from others, so an equal last turn is no exact duplicate of anything as
    # long as somebody words it anew.
    tries = 0
    while not log.is_new(history[-1]["content"], answer):
        tries += 1
        history[-1]["content"] = asked(pick(texts.GREETINGS), fill(follow, values), pick(texts.THANKS))
        if tries > 400:
            raise SystemExit(f"no new words left for the next turn of {entry['id']}")
    more["quality"] = quality
    later = log.interaction(
        within(day, time + timedelta(seconds=50)), name, asker, model, prompt, history, answer, **more)
    react(log, day, later, asker)
    return later


def regenerated(log, day, entry):
    """A bad answer, asked for again, and the better second one: two siblings with equal messages."""
    time, asker, values = working_hour(day), user(), slots()
    name, model, prompt = "c-" + log.number("conversation"), pick(list(MODELS)), "support/4"
    question, bad = words(log, entry, "bad", values)
    good = fill(pick(entry["good"]), values)
    log.is_new(question, good)
    history = [{"role": "user", "content": question}]
    more = {"topic": entry["topic"], "question": entry["id"]}
    first = log.interaction(time, name, asker, model, prompt, history, bad, quality="bad", **more)
    log.event(within(day, time + timedelta(seconds=20)), first["id"], "regenerated", user_id=asker)
    second = log.interaction(
        within(day, time + timedelta(seconds=26)), name, asker, model, prompt, history, good,
        parent=first["id"], **more)
    log.event(within(day, time + timedelta(seconds=90)), second["id"], pick(["thumbs_up", "copied"]), user_id=asker)
    log.count("regenerated siblings")


def corrected(log, day, key):
    """A bad answer to which a person wrote the better one."""
    entry = next(q for q in texts.QUESTIONS if q["id"] == key)
    time, asker, values = working_hour(day), user(), slots()
    question, bad = words(log, entry, "bad", values)
    row = log.interaction(
        time, "c-" + log.number("conversation"), asker, pick(list(MODELS)), "support/3",
        [{"role": "user", "content": question}], bad, topic=entry["topic"], quality="bad", question=key)
    log.event(
        within(day, time + timedelta(minutes=40)), row["id"], "correction", user_id="agent-" + pick(["02", "05"]),
        correction=texts.CORRECTIONS[key])


def single(log, day, question, answer, **more):
    """A question and answer given word for word."""
    if not log.is_new(question, answer):
        raise SystemExit(f"a planted row is not unique: {question}")
    return log.interaction(
        working_hour(day), "c-" + log.number("conversation"), more.pop("user", None) or user(), pick(list(MODELS)),
        "support/4", [{"role": "user", "content": question}], answer, **more)


def faults(log):
    """Everything that a log should not hold and does, each counted under its name."""
    for n, (question, answer) in enumerate(texts.REFUSALS):
        values = slots()
        row = single(log, DAYS[n % 7], fill(question, values), answer, quality="bad")
        log.count("refusals")
        if n % 3 == 0:
            react(log, DAYS[n % 7], row, row["user_id"])
    single(
        log, DAYS[4], "Tell me how to make a smoke bomb from an inner tube.", "", quality="bad",
        finish="content_filter")
    log.count("stopped by the provider's filter, with an empty output")

    single(
        log, DAYS[2], "Explain how to build a wheel from scratch, all steps please.",
        "Building a wheel takes an evening. 1. Oil the threads of the spokes. 2. Put every second hole of the "
        "right flange to a spoke from the inside. 3. Count nine holes on the left flange and", finish="length")
    log.count("truncated answers")
    single(log, DAYS[3], "My parcel says delivered but there is nothing here, order LK-47001.", LOOP * 14, quality="bad")
    log.count("looping answers")
    for n, question in enumerate(["Is the Wren City lighter than the Heron 3?", "do you sell second hand bikes"]):
        single(log, DAYS[1 + 3 * n], question, "", quality="bad")
        log.count("empty outputs")

    for n, (kinds, question, answer) in enumerate(texts.PERSONAL):
        row = single(log, DAYS[n % 7], question, answer, topic="privacy")
        react(log, DAYS[n % 7], row, row["user_id"])

    # The same exchange under another id, as two writers of one event leave it behind.
    originals = [row for row in list(log.rows.values()) if len(row["messages"]) == 2 and log.quality[row["id"]] == "good"
                 and row["finish_reason"] == "stop" and "parent_id" not in row][5:200:24]
    for row in originals:
        time = datetime.fromisoformat(row["created_at"].replace("Z", "+00:00")) + timedelta(milliseconds=700)
        copy = dict(row, id="chat-" + log.number("chat"), created_at=stamp(time))
        copy["session"] = {"id": "c-" + log.number("conversation")}
        log.rows[copy["id"]] = copy
        log.quality[copy["id"]] = "copy"
        log.add_line(log.interactions, time, copy)
        log.count("exact duplicates under another id")

    # The same row again, as a log shipper delivers it after a lost answer.
    for time, line in [log.interactions[n] for n in range(11, 180, 28)]:
        log.interactions.append((time + timedelta(seconds=1), line))
        log.count("repeated rows")

    whole = json.dumps(log.rows[originals[0]["id"]], separators=(",", ":")).encode()
    for n in range(3):
        log.interactions.append((DAYS[2 * n] + timedelta(hours=12, seconds=n), whole[: 180 + 41 * n]))
        log.count("cut JSON")
    for n in range(2):
        bad = whole.replace(b'"role":"user","content":"', b'"role":"user","content":"\xff\xfe caf\xe9 ', 1)
        log.interactions.append((DAYS[1 + 2 * n] + timedelta(hours=13), bad))
        log.count("invalid UTF-8")
    bad = whole.replace(b'"role":"user","content":"', b'"role":"user","content":"\\ud83d and ', 1)
    log.interactions.append((DAYS[5] + timedelta(hours=14), bad))
    log.count("unpaired surrogate")
    for n, line in enumerate([b"Traceback (most recent call last):", b"-- log rotated --"]):
        log.interactions.append((DAYS[6 - n] + timedelta(hours=15), line))
        log.count("bare text")
    log.feedback.append((DAYS[3] + timedelta(hours=16), b'{"id":"fb-cut","timestamp":"2026-11-14T16:00'))
    log.count("cut JSON in feedback")
    for n in range(2):
        row = {key: value for key, value in log.rows[originals[1]["id"]].items() if key != "id"}
        log.interactions.append((DAYS[3 + n] + timedelta(hours=9), json.dumps(row).encode()))
        log.count("without an id")
    for n, text in enumerate(["yesterday", "2026-13-41T10:00:00Z"]):
        row = dict(log.rows[originals[2]["id"]], id=f"chat-untimely-{n + 1}", created_at=text)
        log.interactions.append((DAYS[2 + n] + timedelta(hours=10), json.dumps(row).encode()))
        log.count("unreadable time")


def more_feedback(log):
    """Ties, late feedback, and feedback on what nobody logged."""
    touched = {json.loads(line)["target_id"] for _, line in log.feedback if not line.endswith(b"16:00")}
    repeats = {json.loads(line).get("id") for _, line in log.interactions if line.startswith(b'{"type"') and line.endswith(b"}")
               and b"\xff" not in line and b"\\ud83d and" not in line}
    quiet = [row for row in log.rows.values() if row["id"] in repeats and row["id"] not in touched
             and log.quality[row["id"]] in ("good", "bad") and row["response"]["content"]
             and row["finish_reason"] == "stop" and not row["response"]["content"].startswith(LOOP)
             and row["response"]["content"] not in [answer for _, answer in texts.REFUSALS]]
    day_of = lambda row: int(row["created_at"][8:10]) - 11
    for row in [row for row in quiet if log.quality[row["id"]] == "good"][:3]:
        day = DAYS[day_of(row)]
        log.event(within(day, day + timedelta(hours=22)), row["id"], "thumbs_up", user_id=row["user_id"])
        log.event(within(day, day + timedelta(hours=22, minutes=5)), row["id"], "thumbs_down", user_id="agent-02")
        log.count("ties, one up and one down")
        quiet.remove(row)
    early = [row for row in quiet if day_of(row) <= 2]
    for n, row in enumerate(early[:12]):
        day = DAYS[day_of(row) + 2 + n % 3]
        event = "thumbs_up" if log.quality[row["id"]] == "good" else "thumbs_down"
        log.event(day + timedelta(hours=8, minutes=n), row["id"], event, late=True, user_id=row["user_id"])
    for n in range(3):
        log.event(DAYS[2 * n] + timedelta(hours=11), f"chat-unknown-{n + 1}", pick(["thumbs_up", "thumbs_down"]), user_id=user())
        log.count("feedback on an unknown id")


def build():
    log = Log()
    for n, entry in enumerate(texts.QUESTIONS):
        for turn in range(3):
            quality = "bad" if (n + turn) % 3 == 0 else "good"
            conversation(log, DAYS[(n * 3 + turn * 2) % 7], entry, quality)
    for n in range(44):
        conversation(log, DAYS[n % 7], pick(texts.QUESTIONS), "bad" if chance(0.22) else "good")
    for n, entry in enumerate(texts.QUESTIONS[1::5]):
        regenerated(log, DAYS[(n + 2) % 7], entry)
    for n, key in enumerate(texts.CORRECTIONS):
        corrected(log, DAYS[n % 7], key)
    faults(log)
    more_feedback(log)
    return log


def files(log):
    """Path under this folder → bytes: a file for each table and UTC day, in the order of arrival."""
    result = {}
    for folder, table in (("support-chat", log.interactions), ("support-feedback", log.feedback)):
        for day in DAYS:
            rows = [row for row in sorted(table, key=lambda row: row[0]) if row[0].date() == day.date()]
            result[f"{folder}/{day:%Y-%m-%d}.jsonl"] = b"".join(line + b"\n" for _, line in rows)
        written = sum(data.count(b"\n") for path, data in result.items() if path.startswith(folder + "/"))
        if written != len(table):
            raise SystemExit(f"{folder}: {len(table)} rows made, {written} written")
    return result


def personal_counts(rows):
    """Distinct interactions whose messages or output hold the kind."""
    for kind, pattern in PERSONAL_VALUES.items():
        yield kind, sum(
            1 for row in rows
            if re.search(pattern, "\n".join(m["content"] for m in row["messages"]) + row["response"]["content"]))


def table(log, written):
    lines = lambda folder: sum(data.count(b"\n") for path, data in written.items() if path.startswith(folder))
    counts = log.counts
    distinct = list(log.rows.values())
    rows = [
        ("lines in support-chat", lines("support-chat/")),
        ("distinct interactions", len(distinct)),
        ("conversations", len({row["session"]["id"] for row in distinct})),
        ("users", len({row["user_id"] for row in distinct})),
    ]
    order = [
        "conversations of several turns", "regenerated siblings", "repeated rows", "exact duplicates under another id", "refusals",
        "stopped by the provider's filter, with an empty output", "empty outputs", "truncated answers",
        "looping answers", "cut JSON", "invalid UTF-8", "unpaired surrogate", "bare text", "without an id",
        "unreadable time",
    ]
    rows += [(name, counts[name]) for name in order]
    rows += [(f"interactions with {kind}", count) for kind, count in personal_counts(distinct)]
    rows += [("lines in support-feedback", lines("support-feedback/")), ("cut JSON in feedback", counts["cut JSON in feedback"])]
    rows += sorted((name, count) for name, count in counts.items() if name.startswith("event "))
    rows += [(name, counts[name]) for name in ("ties, one up and one down", "late feedback", "feedback on an unknown id")]
    text = ["| what | count |", "| --- | ---: |"] + [f"| {name} | {count} |" for name, count in rows]
    return "\n".join(text) + "\n"


def with_table(readme, text):
    start, end = "<!-- counts -->\n", "<!-- end of counts -->"
    return readme[: readme.index(start) + len(start)] + text + readme[readme.index(end):]


def main():
    log = build()
    written = files(log)
    path = os.path.join(HERE, "README.md")
    with open(path, encoding="utf-8") as file:
        written["README.md"] = with_table(file.read(), table(log, written)).encode()
    known = [f"{folder}/{name}" for folder in ("support-chat", "support-feedback")
             if os.path.isdir(os.path.join(HERE, folder)) for name in sorted(os.listdir(os.path.join(HERE, folder)))]
    strange = [name for name in known if name not in written]
    if "--check" in sys.argv[1:]:
        differing = list(strange)
        for name, data in written.items():
            full = os.path.join(HERE, name)
            if not os.path.isfile(full) or open(full, "rb").read() != data:
                differing.append(name)
        if differing:
            raise SystemExit("differs from what generate.py writes: " + ", ".join(sorted(differing)))
        return
    for name in strange:
        os.remove(os.path.join(HERE, name))
    for name, data in written.items():
        full = os.path.join(HERE, name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(data)


main()
