"""A loopback Helicone: `POST /v1/request/query-clickhouse` and signed bodies; also the CLI's export as a file.

Of the filter, conditions on `request_response_rmt.request_created_at` are read. Bodies are inline, or behind a
signed URL whose host is another name of this machine and which refuses credentials, as object stores do.
`--export FILE` writes what `@helicone/export --format jsonl --include-body` would.

`/__control {"phase": 1}` adds the newest requests and the late scores. Faults of its own: `envelope` (HTTP 500 with
the error envelope), `expired` (a signed URL is refused, 403 with XML).
"""

import json

import common
import opinions

PLACEHOLDER = {"helicone_message": "fetching body from signed_url... contact engineering@helicone.ai for more information"}
OPERATORS = {
    "gte": lambda left, right: left >= right, "gt": lambda left, right: left > right,
    "lte": lambda left, right: left <= right, "lt": lambda left, right: left < right,
    "equals": lambda left, right: left == right}


class Helicone:
    def __init__(self, arguments):
        self.arguments = arguments
        self.phase = 0
        self.build()

    def build(self):
        #: (time, row)
        self.rows, self.bodies, self.records = [], {}, []
        for call in common.calls(self.arguments):
            if self.phase > 0 or not opinions.arrives_late(call, self.arguments):
                self.add(call)
        self.rows.sort(key=lambda item: (item[0], item[1]["request_id"]))
        opinions.write(self.arguments, self.records)

    @staticmethod
    def native(call):
        """The bodies as the provider takes and gives them."""
        plain = call.shape in ("messages", "system", "history")
        if call.model.startswith("claude") and plain:
            messages = call.wire_messages()
            request = {"model": call.model, "max_tokens": 100,
                       "messages": [message for message in messages if message["role"] != "system"]}
            if call.shape == "system":
                request["system"] = messages[0]["content"]
            return request, {
                "id": f"msg_{call.i}", "type": "message", "role": "assistant", "model": call.model,
                "content": [{"type": "text", "text": call.answer}], "stop_reason": "end_turn",
                "usage": {"input_tokens": call.tokens_in, "output_tokens": call.tokens_out}}
        return {"model": call.model, "messages": call.wire_messages()}, call.completion()

    def add(self, call):
        seed = self.arguments.seed
        key = common.uuid(seed, call.i, "request")
        opinion = opinions.Opinion(call, self.arguments)
        thumb = opinion.thumb_in(self.phase)
        scores = {"relevance": 7, "safe-hcone-bool": 1}
        if thumb:
            rating = 1 if thumb > 0 else 0
            scores["helicone-score-feedback"] = {"value": rating, "valueType": "number"} if call.i % 2 else rating
        properties = common.prune({
            "Helicone-Session-Id": call.session, "Helicone-Session-Name": "chat" if call.session else None,
            "tier": "pro" if call.i % 2 else "free"})
        request, response = self.native(call)
        row = {
            "request_id": key, "response_id": common.uuid(seed, call.i, "response"),
            "request_created_at": common.iso(call.time).replace("T", " ").removesuffix("Z"),
            "response_created_at": common.iso(call.end).replace("T", " ").removesuffix("Z"),
            "response_status": 200, "request_user_id": call.user, "request_properties": properties,
            "properties": properties, "provider": "OPENAI", "request_model": call.model, "response_model": None,
            "model_override": None, "delay_ms": round(call.latency * 1000), "time_to_first_token": None,
            "prompt_tokens": call.tokens_in, "completion_tokens": call.tokens_out,
            "total_tokens": call.tokens_in + call.tokens_out, "cost": call.cost, "scores": scores,
            "request_body": request, "response_body": response, "signed_body_url": None}
        is_lost = call.i % 23 == 11
        if call.i % 3 or is_lost:
            self.bodies[key] = {"request": request, "response": response}
            row["request_body"] = row["response_body"] = PLACEHOLDER
            row["signed_body_url"] = None if is_lost else f"/signed/{key}?X-Amz-Signature=s1"
        self.rows.append((call.time, row))
        expected = call.expected(key)
        if is_lost:
            # What curation finds to be a placeholder.
            note = json.dumps(PLACEHOLDER, separators=(",", ":")).replace("engineering@helicone.ai", "[EMAIL_1]")
            expected["input"] = [{"content": note, "role": "user"}]
            expected["output"] = {"content": note, "role": "assistant"}
            expected.pop("media", None)
        self.records.append(expected)
        if thumb:
            self.records.append(opinions.feedback(
                f"{key}#feedback", key, "thumb", value=thumb, time=common.iso(call.time), user=call.user))

    def control(self, order):
        if "phase" in order:
            self.phase = order["phase"]
            self.build()

    def passes(self, node, time):
        """Whether a row of that time is let through; raises on what this server does not read."""
        if node in ("all", {}):
            return True
        if "operator" in node:
            left, right = self.passes(node["left"], time), self.passes(node["right"], time)
            return (left and right) if node["operator"] == "and" else (left or right)
        conditions = node["request_response_rmt"]["request_created_at"]
        return all(OPERATORS[name](time, common.instant(value)) for name, value in conditions.items())

    def query(self, request):
        body = request.json() or {}
        limit, offset = body.get("limit", 100), body.get("offset", 0)
        if not 0 <= limit <= 1000:
            return common.Answer({"data": None, "error": "limit must be between 0 and 1000"}, 500)
        try:
            rows = [row for time, row in self.rows if self.passes(body["filter"], time)]
        except (KeyError, TypeError, ValueError):
            return common.Answer({"data": None, "error": "invalid filter"}, 500)
        if body.get("sort", {}).get("created_at", "desc") == "desc":
            rows.reverse()
        host = request.headers.get("Host", "").replace("127.0.0.1", "localhost")
        page = rows[offset:offset + min(limit, self.arguments.max_page or 1000)]
        return common.Answer({"data": [self.with_host(row, host) for row in page], "error": None})

    @staticmethod
    def with_host(row, host):
        url = row["signed_body_url"]
        return {**row, "signed_body_url": f"http://{host}{url}" if url else None}

    def export(self, path):
        """What the vendor's command line tool writes: newest first, bodies in place."""
        with open(path, "w", encoding="utf-8") as file:
            for _, row in reversed(self.rows):
                row = dict(row)
                if row["signed_body_url"]:
                    row["request_body"] = self.bodies[row["request_id"]]["request"]
                    row["response_body"] = self.bodies[row["request_id"]]["response"]
                file.write(json.dumps(self.with_host(row, "localhost"), ensure_ascii=False) + "\n")

    def answer(self, request):
        if request.path.startswith("/signed/"):
            if request.headers.get("Authorization"):
                return common.Answer(b"<Error><Code>InvalidArgument</Code></Error>", 400, kind="application/xml")
            body = self.bodies.get(request.path.removeprefix("/signed/"))
            if not body or request.fault("expired"):
                return common.Answer(b"<Error><Code>AccessDenied</Code></Error>", 403, kind="application/xml")
            return common.Answer(body)
        key = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        refused = common.authorised(key, self.arguments.key)
        if refused:
            return refused
        if request.fault("envelope"):
            return common.Answer({"data": None, "error": "Memory limit exceeded"}, 500)
        if request.path == "/v1/request/query-clickhouse" and request.method == "POST":
            return self.query(request)
        return common.Answer({"data": None, "error": "not found"}, 404)


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--export", help="file for the command line tool's JSON Lines")
    arguments = parser.parse_args()
    server = Helicone(arguments)
    if arguments.export:
        server.export(arguments.export)
    common.serve(arguments, server.answer, server.control)


if __name__ == "__main__":
    main()
