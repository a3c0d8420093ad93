"""A loopback PromptLayer: `POST /api/public/v2/requests/search` and `GET /api/public/v2/requests/{id}`.

A search gives 25 rows a page and no content; a filter on `request_start_time` is read, others are refused.
`--per-minute N` answers 429 with `Retry-After` beyond N searches in a minute.

`/__control {"phase": 1}` adds the newest requests and the late scores. Faults of its own: `gone` (404 for a
request's content), `empty` (a page without rows although the search says that there are).
"""

import time

import common
import opinions

SCORE_NAMES = ("user_feedback", None)


class PromptLayer:
    def __init__(self, arguments):
        self.arguments = arguments
        self.phase = 0
        self.searches = []
        self.build()

    def build(self):
        self.rows, self.content, self.records = [], {}, []
        for call in common.calls(self.arguments):
            if self.phase > 0 or not opinions.arrives_late(call, self.arguments):
                self.add(call)
        self.rows.sort(key=lambda row: (row["request_start_time"], row["id"]))
        opinions.write(self.arguments, self.records)

    def blueprint(self, call):
        messages = [self.message(message) for message in call.wire_messages() + [call.wire_output()]]
        template = {"type": "chat", "messages": messages, "tools": None, "input_variables": [], "functions": []}
        model = {"provider": "openai", "name": call.model, "parameters": {"temperature": 0.2}}
        if call.i % 4 == 2:
            # Templates are also seen without the outer object.
            return {**template, "metadata": {"model": model}}
        return {"prompt_template": template, "metadata": {"model": model}, "inference_client_name": None}

    @staticmethod
    def message(message):
        content = message["content"]
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        return {**message, "content": content, "input_variables": []}

    def add(self, call):
        identity = 1_000_000 + call.i
        opinion = opinions.Opinion(call, self.arguments)
        thumb = opinion.thumb_in(self.phase)
        scores = [{"name": "length", "score": 42}]
        if thumb:
            value = 100 if thumb > 0 else 0
            name = SCORE_NAMES[call.i % 2]
            scores.append({"name": name, "score": value} if name else value)
        metadata = common.prune({
            "user_id": call.user, "session_id": call.session, "region": "eu" if call.i % 2 else None})
        start, end = common.iso(call.time), common.iso(call.end)
        self.rows.append({
            "id": identity, "engine": call.model, "provider_type": "openai", "input_tokens": call.tokens_in,
            "output_tokens": call.tokens_out, "price": call.cost, "request_start_time": start,
            "request_end_time": end, "latency": call.latency, "tags_array": ["production"],
            # Both as a list of pairs and as one object.
            "metadata": [{key: value} for key, value in metadata.items()] if call.i % 3 else metadata,
            "scores": scores, "prompt_name": "support-response" if call.i % 2 else None})
        self.content[identity] = {
            "success": True, "prompt_blueprint": self.blueprint(call), "request_id": identity, "provider": "openai",
            "model": call.model, "input_tokens": call.tokens_in, "output_tokens": call.tokens_out,
            "tokens": call.tokens_in + call.tokens_out, "price": call.cost, "request_start_time": start,
            "request_end_time": end, "latency_ms": round(call.latency * 1000),
            "trace_id": common.hexadecimal(32, self.arguments.seed, call.trace)}
        self.records.append(common.prune({
            **call.expected(str(identity)), "trace": self.content[identity]["trace_id"], "prompt": "support-response" if call.i % 2 else None}))
        if thumb:
            name = SCORE_NAMES[call.i % 2] or "score"
            self.records.append(opinions.feedback(
                f"{identity}#{name}", str(identity), "rating", value=thumb, time=start, user=call.user))

    def control(self, order):
        if "phase" in order:
            self.phase = order["phase"]
            self.build()

    @staticmethod
    def bounds(group):
        """The least and the greatest time that a filter lets through."""
        low, high = "", "9"
        for part in (group or {}).get("filters", []):
            if part.get("field") != "request_start_time":
                return None
            value = part.get("value")
            if part.get("operator") == "between" and isinstance(value, list) and len(value) == 2:
                low = max(low, common.iso(common.instant(value[0])))
                high = min(high, common.iso(common.instant(value[1])))
            elif part.get("operator") == "after":
                low = max(low, common.iso(common.instant(value)))
            elif part.get("operator") == "before":
                high = min(high, common.iso(common.instant(value)))
            else:
                return None
        return low, high

    def search(self, request):
        if self.arguments.per_minute:
            now = time.monotonic()
            self.searches = [at for at in self.searches if now - at < 60]
            if len(self.searches) >= self.arguments.per_minute:
                return common.Answer({"success": False, "message": "Too many requests"}, 429, {"Retry-After": "60"})
            self.searches.append(now)
        body = request.json() or {}
        bounds = self.bounds(body.get("filter_group"))
        page, size = body.get("page", 1), body.get("per_page", 10)
        if bounds is None or not 1 <= size <= 25 or page < 1:
            return common.Answer({"success": False, "message": "Validation error"}, 422)
        rows = [row for row in self.rows if bounds[0] <= row["request_start_time"] <= bounds[1]]
        if body.get("sort_order", "desc") == "desc":
            rows.reverse()
        pages = max(1, -(-len(rows) // size))
        found = rows[(page - 1) * size:page * size]
        return common.Answer({
            "success": True, "items": [] if request.fault("empty") else found, "page": page, "pages": pages,
            "per_page": size, "total": len(rows), "has_next": page < pages, "has_prev": page > 1,
            "next_num": page + 1 if page < pages else None, "prev_num": page - 1 if page > 1 else None})

    def answer(self, request):
        refused = common.authorised(request.headers.get("X-API-KEY"), self.arguments.key)
        if refused:
            return refused
        if request.path == "/api/public/v2/requests/search" and request.method == "POST":
            return self.search(request)
        head, _, identity = request.path.rpartition("/")
        if head == "/api/public/v2/requests" and identity.isdigit() and request.method == "GET":
            found = self.content.get(int(identity))
            if found and not request.fault("gone"):
                return common.Answer(found)
        return common.Answer({"success": False, "message": "Request not found"}, 404)


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--per-minute", type=int, default=0, help="searches in a minute; 0 takes any number")
    arguments = parser.parse_args()
    server = PromptLayer(arguments)
    common.serve(arguments, server.answer, server.control)


if __name__ == "__main__":
    main()
