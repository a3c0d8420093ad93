"""A loopback Braintrust: `POST /v1/project_logs/{id}/fetch` and the parsed form of `POST /btql`.

Rows are spans. A fetch counts traces in `limit`, goes from the newest transaction to the oldest, repeats older
versions of a row on later pages, and gives no cursor with an empty page.

`/__control {"phase": 1}` adds the newest calls and the late feedback. Faults of its own: `loop` (the cursor of the
request once more), `repeat` (the rows of the page before once more), `change` (a row that was sent gets a newer version, which
only the next pull can see).
"""

import datetime as dt

import common
import opinions

PROJECT = "5a3f0c1e-0000-4000-8000-000000000001"
# The upper sixteen bits of every transaction id; the vendor's client knows them as TOP_BITS.
TOP = 0x0DE1 << 48
SCORES = ("user_feedback", "thumbs")


def transaction(when, counter):
    """A transaction id: the second at which it was made, and a counter."""
    return TOP + (int(when.timestamp()) << 16) + counter


def moment(xact):
    return dt.datetime.fromtimestamp((xact - TOP) >> 16, dt.timezone.utc)


class Braintrust:
    def __init__(self, arguments):
        self.arguments = arguments
        self.phase = 0
        self.last = {"events": []}
        self.build()

    def build(self):
        #: (transaction, root span, row): every version of every row.
        self.versions = []
        self.records = []
        for call in common.calls(self.arguments):
            if self.phase > 0 or not opinions.arrives_late(call, self.arguments):
                self.add(call)
        self.versions.sort(key=lambda version: (-version[0], version[1]))
        opinions.write(self.arguments, self.records)

    def version(self, root, row, xact):
        row = {**row, "_xact_id": str(xact), "_pagination_key": f"p{xact:020d}"}
        self.versions.append((xact, root, row))

    def llm_row(self, call, key, root):
        start = call.time.timestamp()
        metadata = common.prune({
            "model": call.model, "provider": "openai", "user_id": call.user,
            ("session_id", "conversation_id")[call.i % 2]: call.session, "release": f"r{call.i % 3}"})
        metrics = {
            "start": start, "end": start + call.latency, "prompt_tokens": call.tokens_in,
            "completion_tokens": call.tokens_out, "tokens": call.tokens_in + call.tokens_out}
        if call.i % 3:
            metrics["estimated_cost"] = call.cost
        value, output = call.wire_messages(), call.completion()["choices"]
        if call.shape == "text":
            value, output = call.question, call.answer
        elif call.shape == "langchain":
            value, output = {"messages": [call.langchain_messages()]}, call.langchain_output()
        elif call.shape in ("system", "history"):
            value, output = {"messages": value}, call.completion()
        elif call.shape == "media":
            output = call.wire_output()
        return {
            "id": key, "created": common.iso(call.time), "project_id": PROJECT, "org_id": "9b000000", "log_id": "g",
            "span_id": key, "root_span_id": root, "span_parents": None if root == key else [root],
            "is_root": root == key, "span_attributes": {"name": "chat", "type": "llm"}, "input": value,
            "output": output, "expected": None, "error": None, "scores": None, "metadata": metadata,
            "metrics": metrics, "tags": ["prod"] if call.i % 2 else None, "context": {}, "origin": None,
            "comments": None, "audit_data": None}

    def add(self, call):
        seed = self.arguments.seed
        key = common.uuid(seed, call.i, "span")
        is_nested = call.i % 6 == 5
        root = common.uuid(seed, call.i, "root") if is_nested else key
        row = said = self.llm_row(call, key, root)
        first = transaction(call.end + common.seconds(1), call.i % 1000)
        if call.i % 4 == 1:
            # The span is first written when it starts, without its output.
            self.version(root, {**row, "output": None}, first - (1 << 16))
        self.version(root, row, first)
        if is_nested:
            plain = {"span_parents": None, "is_root": True, "metrics": {}, "metadata": {}}
            said = {**row, **plain, "id": root, "span_id": root,
                    "span_attributes": {"name": "handle", "type": "task"}}
            judge = common.uuid(seed, call.i, "judge")
            scorer = {**row, "metrics": {}, "metadata": {}, "id": judge, "span_id": judge,
                      "span_attributes": {"name": "judge", "type": "score", "purpose": "scorer"},
                      "scores": {SCORES[0]: 1}}
            self.version(root, said, first)
            self.version(root, scorer, first)
        self.records.append(common.prune({
            **call.expected(key), "trace": root, "cost": call.cost if call.i % 3 else None}))
        self.opine(call, opinions.Opinion(call, self.arguments), root, said, key)

    def opine(self, call, opinion, root, said, target):
        """What people say moves the transaction of the span that they say it about."""
        when = common.late(call, self.arguments)
        # A score that no list of names allows is a machine's.
        scores = {"factuality": 0.25}
        thumb = opinion.thumb_in(self.phase)
        if opinion.is_late and thumb:
            when = common.instant(self.arguments.now) + common.seconds(600 + call.i)
        elif thumb:
            self.version(root, {**said, "scores": {**scores, SCORES[call.i % 2]: 0 if thumb > 0 else 1}},
                         transaction(when, call.i % 1000) - (1 << 16))
        if opinion.correction:
            said = {**said, "expected": {"role": "assistant", "content": opinion.correction}}
        if thumb:
            scores[SCORES[call.i % 2]] = 1 if thumb > 0 else 0
        comment = f"so so ({call.i})" if thumb and call.i % 2 else None
        if comment:
            said = {**said, "comments": [{"id": f"c-{call.i}", "comment": {"text": comment}}]}
        last = transaction(when, call.i % 1000)
        if thumb or opinion.correction:
            self.version(root, {**said, "scores": scores}, last)
        about = said["id"]
        facts = {"time": common.iso(moment(last)), "user": said["metadata"].get("user_id")}
        if about != target:
            # It is on the trace, whose last interaction the catalog finds.
            facts["trace"], target = root, None
        if thumb:
            self.records.append(opinions.feedback(
                f"{about}#{SCORES[call.i % 2]}", target, "thumb", value=thumb, **facts))
        if comment:
            self.records.append(opinions.feedback(
                f"{about}#comment-c-{call.i}", target, "comment", comment=comment, **facts))
        if opinion.correction:
            self.records.append(opinions.feedback(
                f"{about}#expected", target, "correction", correction=opinion.correction, **facts))

    def control(self, order):
        if "phase" in order:
            self.phase = order["phase"]
            self.build()

    def fetch(self, body):
        limit = min(body.get("limit") or 100, self.arguments.max_page or 1000)
        before = common.read_token(body["cursor"]) if body.get("cursor") else None
        groups, rows = [], []
        for xact, root, row in self.versions:
            if before is not None and xact >= before:
                continue
            if not groups or groups[-1] != (xact, root):
                # A cursor is a transaction, so a page never ends inside one.
                if len(groups) >= limit and groups[-1][0] != xact:
                    break
                groups.append((xact, root))
            rows.append(row)
        if not rows:
            return {"events": []}
        return {"events": rows, "cursor": common.token(groups[-1][0])}

    def btql(self, body):
        """The newest version of each row, for the vendor's client, which sends parsed queries only."""
        query = body.get("query")
        if not isinstance(query, dict):
            return common.Answer({"Code": "BadRequestError", "Message": "only parsed queries here"}, 400)
        newest = {}
        for _, _, row in self.versions:
            newest.setdefault(row["id"], row)
        rows = list(newest.values())
        start = int(query.get("cursor") or 0)
        end = start + min(query.get("limit", 1000), self.arguments.max_page or 1000)
        return common.Answer({"data": rows[start:end], "cursor": str(end) if end < len(rows) else None})

    def answer(self, request):
        key = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        refused = common.authorised(key, self.arguments.key)
        if refused:
            return refused
        if request.path == "/btql" and request.method == "POST":
            return self.btql(request.json())
        if request.path == "/v1/project":
            found = request.parameter("project_name") == "support"
            return common.Answer({"objects": [{"id": PROJECT, "org_id": "9b000000", "name": "support"}] if found else []})
        if request.path != f"/v1/project_logs/{PROJECT}/fetch":
            return common.Answer({"Code": "NotFound", "Message": "no such object"}, 404)
        body = request.json()
        result = self.fetch(body)
        if request.fault("repeat"):
            result["events"] = self.last["events"] + result["events"]
        if request.fault("loop") and body.get("cursor"):
            result["cursor"] = body["cursor"]
        if request.fault("change") and result["events"]:
            # One that nobody has said anything about, since feedback has the time of its row's last version.
            row = next(row for row in result["events"] if not row["scores"] and not row["expected"])
            xact = max(version[0] for version in self.versions) + (60 << 16)
            self.versions.insert(0, (xact, row["root_span_id"], {**row, "_xact_id": str(xact), "tags": ["changed"]}))
        self.last = result
        return common.Answer(result)


def main():
    arguments = common.parser(__doc__).parse_args()
    server = Braintrust(arguments)
    common.serve(arguments, server.answer, server.control, {"project": PROJECT})


if __name__ == "__main__":
    main()
