"""A loopback OpenAI: `GET /v1/chat/completions`, `…/{id}` and `…/{id}/messages` of stored completions.

`/__control {"phase": 1}` adds the newest completions and the late feedback in `metadata`; `{"delete": ID}` deletes
a completion, so that `after=ID` is answered with 404. Faults of its own: `more` (an empty page that says
`has_more`), `loop` (the page after `after` starts anew), `vanish` (`after` is answered as if it were deleted).
"""

import common
import opinions

UP, DOWN = ("up", "1", "positive"), ("down", "0", "negative")


class OpenAI:
    def __init__(self, arguments):
        self.arguments = arguments
        self.phase = 0
        self.deleted = set()
        self.build()

    def build(self):
        self.rows, self.messages, self.records = [], {}, []
        for call in common.calls(self.arguments):
            if self.phase > 0 or not opinions.arrives_late(call, self.arguments):
                self.add(call)
        self.rows.sort(key=lambda row: (row["created"], row["id"]))
        opinions.write(self.arguments, self.records)

    def add(self, call):
        seed = self.arguments.seed
        key = f"chatcmpl-{common.hexadecimal(24, seed, call.i)}"
        opinion = opinions.Opinion(call, self.arguments)
        thumb = opinion.thumb_in(self.phase)
        word = common.pick(UP if thumb > 0 else DOWN, seed, call.i) if thumb else None
        metadata = common.prune({
            "user_id": call.user, "session_id": call.session, "feedback": word,
            "comment": f"so so ({call.i})" if thumb and call.i % 2 else None,
            "correction": opinion.correction, "release": f"r{call.i % 3}"})
        completion = call.completion()
        for choice in completion["choices"]:
            choice["logprobs"] = None
            choice["message"] = {"tool_calls": None, "function_call": None, "refusal": None, **choice["message"]}
        self.rows.append({
            **completion, "id": key, "request_id": f"req_{call.i}", "input_user": None, "seed": call.i,
            "temperature": 1.0, "top_p": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
            "service_tier": "default", "system_fingerprint": "fp_1", "tools": None, "tool_choice": None,
            "response_format": None, "metadata": metadata if metadata or call.i % 2 else None})
        self.messages[key] = [self.message(f"{key}-{at}", message)
                              for at, message in enumerate(call.wire_messages())]
        second = common.iso(call.time.replace(microsecond=0))
        expected = call.expected(key)
        expected.update({
            "time": second, "cost": None, "latency": None, "finish": completion["choices"][0]["finish_reason"]})
        self.records.append(common.prune(expected))
        if thumb:
            self.records.append(opinions.feedback(
                f"{key}#feedback", key, "thumb", value=thumb, time=second, user=call.user))
            if call.i % 2:
                self.records.append(opinions.feedback(
                    f"{key}#comment", key, "comment", comment=f"so so ({call.i})", time=second, user=call.user))
        if opinion.correction:
            self.records.append(opinions.feedback(
                f"{key}#correction", key, "correction", correction=opinion.correction, time=second, user=call.user))

    @staticmethod
    def message(identity, message):
        content, parts = message["content"], None
        if isinstance(content, list):
            content, parts = None, content
        return {**message, "id": identity, "content": content, "name": None, "content_parts": parts}

    def control(self, order):
        if "phase" in order:
            self.phase = order["phase"]
            self.build()
        if "delete" in order:
            self.deleted.add(order["delete"])

    @staticmethod
    def error(message, status, parameter=None):
        return common.Answer({"error": {
            "message": message, "type": "invalid_request_error", "param": parameter, "code": None}}, status)

    def page(self, request, rows):
        limit = request.integer("limit", 20)
        if not 1 <= limit <= 100:
            return self.error("limit must be from 1 to 100", 400, "limit")
        limit = min(limit, self.arguments.max_page or 100)
        if request.parameter("order", "asc") == "desc":
            rows = rows[::-1]
        after = request.parameter("after")
        if after is not None and not request.fault("loop"):
            if request.fault("vanish"):
                return self.error(f"No object found with id '{after}'.", 404, "after")
            at = [index for index, row in enumerate(rows) if row["id"] == after]
            if not at:
                return self.error(f"No object found with id '{after}'.", 404, "after")
            rows = rows[at[0] + 1:]
        found = rows[:limit]
        if request.fault("more"):
            return common.Answer({"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": True})
        return common.Answer({
            "object": "list", "data": found, "first_id": found[0]["id"] if found else None,
            "last_id": found[-1]["id"] if found else None, "has_more": len(rows) > limit})

    def answer(self, request):
        key = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        refused = common.authorised(key, self.arguments.key)
        if refused:
            return refused
        rows = [row for row in self.rows if row["id"] not in self.deleted]
        if request.path == "/v1/chat/completions" and request.method == "GET":
            model = request.parameter("model")
            return self.page(request, [row for row in rows if model in (None, row["model"])])
        parts = request.path.removeprefix("/v1/chat/completions/").split("/")
        found = next((row for row in rows if row["id"] == parts[0]), None)
        if not found:
            return self.error("No chat completion found", 404)
        if parts[1:] == ["messages"]:
            return self.page(request, self.messages[parts[0]])
        return common.Answer(found)


def main():
    arguments = common.parser(__doc__).parse_args()
    server = OpenAI(arguments)
    common.serve(arguments, server.answer, server.control)


if __name__ == "__main__":
    main()
