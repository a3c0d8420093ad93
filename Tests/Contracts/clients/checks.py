"""What the clients of Braintrust, PromptLayer, Portkey and OpenAI share: the comparison with `--expect`."""

import argparse
import hashlib
import hmac
import json
import sys


def arguments(description):
    result = argparse.ArgumentParser(description=description)
    result.add_argument("url")
    result.add_argument("expect")
    result.add_argument("--key", default="test-key")
    result.add_argument("--page", type=int, default=7)
    return result.parse_args()


def pseudonym(user):
    """What the expectation holds in the place of a user: keyed with the tests' 32 bytes of 7."""
    if user is None:
        return None
    return "u-" + hmac.new(b"\x07" * 32, b"user\0" + user.encode(), hashlib.sha256).hexdigest()[:20]


class Check:
    """Collects differences; `finish` ends the process with them."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        self.interactions = [record for record in records if record["type"] == "interaction"]
        self.feedback = [record for record in records if record["type"] == "feedback"]
        self.wrong = []

    def same(self, what, expected, found):
        if expected != found:
            self.wrong.append(f"{what}: expected {expected!r}, the client has {found!r}")

    def holds(self, what, record, found):
        """The texts of a record's messages must all be in what the client has, in any JSON form."""
        plain = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
        for message in record:
            text = message["content"]
            if "media" in message:
                # A mark for each part that is no text ends it.
                text = text.rpartition("\n[")[0]
            forms = [text, json.dumps(text, ensure_ascii=False)[1:-1]]
            forms.append(json.dumps(forms[1], ensure_ascii=False)[1:-1])
            if not any(form in plain for form in forms):
                self.wrong.append(f"{what}: the text of {message['role']} is not in what the client has")
            for call in message.get("tool_calls", []):
                if call["id"] not in plain:
                    self.wrong.append(f"{what}: the call {call['id']} is not in what the client has")

    def finish(self, **facts):
        if not self.interactions or not self.feedback:
            self.wrong.append("the expectation is empty")
        if self.wrong:
            sys.exit("\n".join(self.wrong[:20]))
        print(json.dumps({"interactions": len(self.interactions), "feedback": len(self.feedback), **facts}))
