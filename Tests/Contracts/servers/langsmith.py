"""LangSmith: runs and feedback as its API answers them.

--generation new     POST /api/v2/runs/query (and v1 as well, as the service has both)
--generation legacy  POST /api/v1/runs/query only (self-hosted before v0.16)

Both: GET /api/v1/sessions (projects by name), GET /api/v1/feedback, GET /api/v1/info.

Source: the vendor's Python client 0.15.0 (schemas.py, types/run.py, resources/runs/runs.py, client.py).

Always there: LLM runs between CHAIN and TOOL runs, a second project, a pending run, runs that failed; each page
repeats the last row of the one before it; feedback of a model under a user's key; `min_start_time` left out
means one day before now, `selects` left out means only `id`.

Data faults: loop_cursor, repeat_page, shuffle (see langfuse.py); of feedback, which pages by offset, shuffle only.
`--changing` gives a run that is pending on the first page and complete on each later one.
"""

import datetime as dt

import common
from common import Answer

TENANT = "tenant-1"
PROJECT_NAME = "support"
SELECTS = {
    "ID": "id", "NAME": "name", "RUN_TYPE": "run_type", "STATUS": "status", "START_TIME": "start_time",
    "END_TIME": "end_time", "LATENCY_SECONDS": "latency_seconds", "INPUTS": "inputs", "OUTPUTS": "outputs",
    "ERROR": "error", "EXTRA": "extra", "METADATA": "metadata", "TAGS": "tags", "PROJECT_ID": "project_id",
    "TRACE_ID": "trace_id", "THREAD_ID": "thread_id", "PARENT_RUN_IDS": "parent_run_ids", "IS_ROOT": "is_root",
    "DOTTED_ORDER": "dotted_order", "PROMPT_TOKENS": "prompt_tokens", "COMPLETION_TOKENS": "completion_tokens",
    "TOTAL_TOKENS": "total_tokens", "TOTAL_COST": "total_cost", "FEEDBACK_STATS": "feedback_stats",
    "FIRST_TOKEN_TIME": "first_token_time", "PROMPT_COST": "prompt_cost", "COMPLETION_COST": "completion_cost",
    "INPUTS_PREVIEW": "inputs_preview", "OUTPUTS_PREVIEW": "outputs_preview", "ERROR_PREVIEW": "error_preview"}


def arguments():
    result = common.parser(__doc__)
    result.add_argument("--changing", action="store_true")
    return result.parse_args()


class Data:
    def __init__(self, options):
        self.options = options
        self.project = common.uuid(options.seed, "project", PROJECT_NAME)
        self.other = common.uuid(options.seed, "project", "experiments")
        self.runs, self.feedback, self.expected = [], [], []
        self.changing = {}
        self.traced = set()
        for call in common.calls(options):
            self.add(call)
        if options.changing and self.expected:
            self.change()
        self.runs.sort(key=lambda run: (run["start_time"], run["id"]), reverse=True)
        self.feedback.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)

    def add(self, call):
        seed, i = self.options.seed, call.i
        run_id = common.uuid(seed, "run", i)
        trace = common.uuid(seed, "trace", call.trace)
        if trace not in self.traced:
            self.traced.add(trace)
            self.runs.append(self.run(call, trace, trace, [], "CHAIN", {"question": call.question},
                                      {"answer": call.answer}))
        inputs, outputs = self.payload(call)
        run = self.run(call, run_id, trace, [trace], "LLM", inputs, outputs)
        run.update({"prompt_tokens": call.tokens_in, "completion_tokens": call.tokens_out,
                    "total_tokens": call.tokens_in + call.tokens_out, "total_cost": call.cost,
                    "first_token_time": None})
        self.runs.append(run)
        if call.shape == "tool_result":
            self.runs.append(self.run(call, common.uuid(seed, "tool", i), trace, [trace], "TOOL",
                                      {"input": "{}"}, {"output": "{}"}))
        if i == 5:
            # Still at work: it is no interaction yet.
            pending = self.run(call, common.uuid(seed, "pending"), trace, [trace], "LLM", inputs, None)
            self.runs.append(dict(pending, status="PENDING", end_time=None, latency_seconds=None))
        if i % 9 == 2:
            # Another project's run must not come.
            other = self.run(call, common.uuid(seed, "other", i), trace, [trace], "LLM", inputs, outputs)
            self.runs.append(dict(other, project_id=self.other))
        expected = call.expected(run_id)
        expected["trace"] = trace
        if call.shape not in ("text", "tool_call"):
            expected["finish"] = "stop"
        if call.shape == "tool_call":
            expected["finish"] = "tool_calls"
        self.expected.append(expected)
        self.add_feedback(call, run_id, trace, expected)

    def run(self, call, run_id, trace, parents, kind, inputs, outputs):
        # Where a conversation is named differs between applications.
        metadata = {"ls_model_name": call.model, "ls_provider": "openai", "tier": "pro"}
        thread = None
        if call.session:
            if call.i // 4 % 3 == 0:
                thread = metadata["thread_id"] = call.session
            else:
                metadata[("session_id", "conversation_id")[call.i // 4 % 3 - 1]] = call.session
        if call.user:
            metadata["user_id"] = call.user
        stamp = call.time.strftime("%Y%m%dT%H%M%S%fZ")
        dotted = f"{stamp}{trace}" + (f".{stamp}{run_id}" if parents else "")
        return {
            "id": run_id, "trace_id": trace, "name": "ChatOpenAI" if kind == "LLM" else kind.lower(),
            "run_type": kind, "status": "SUCCESS", "start_time": common.iso(call.time),
            "end_time": common.iso(call.end), "latency_seconds": call.latency, "project_id": self.project,
            "thread_id": thread, "inputs": inputs, "outputs": outputs, "error": None, "metadata": metadata,
            "extra": {"metadata": metadata, "invocation_params": {"model": call.model, "temperature": 0.2},
                      "runtime": {"sdk": "langsmith-py"}},
            "tags": ["prod"] if call.i % 2 else [], "parent_run_ids": parents, "is_root": not parents,
            "dotted_order": dotted, "inputs_preview": call.question[:20], "outputs_preview": call.answer[:20],
            "error_preview": None, "feedback_stats": {}}

    @staticmethod
    def payload(call):
        if call.shape == "text":
            # A function that was traced: its arguments, and what it returned.
            return {"question": call.question}, {"answer": call.answer}
        if call.shape == "langchain":
            return {"messages": [call.langchain_messages()]}, call.langchain_output()
        inputs = {"messages": call.wire_messages()}
        if call.shape in ("tool_call", "tool_result"):
            inputs["tools"] = common.TOOLS
        return inputs, call.completion("usage_metadata")

    def add_feedback(self, call, run, trace, expected):
        i = call.i
        up = common.noise(self.options.seed, i, "thumb") % 3 > 0
        value = 1 if up else -1
        if i % 3 == 0:
            self.vote(call, "thumb", run, trace, "user_feedback", 1 if up else 0, "thumb", value,
                      comment=None if up else f"wrong menu (case {i})", modified=i % 6 == 0)
        if i % 7 == 1:
            self.vote(call, "flag", run, trace, "thumbs", up, "thumb", value)
        if i % 5 == 1:
            self.vote(call, "score", run, trace, "user_score", 1.0 if up else 0.0, "thumb", value)
        if i % 13 == 5:
            text = f"Better: {call.answer}"
            correction = text if i % 2 else {"content": text}
            self.vote(call, "correction", run, trace, "correction", None, "correction", None, source="app",
                      correction=correction, text=text)
        if i % 8 == 3:
            # On the trace's root, which is a chain.
            self.vote(call, "root", trace, trace, "user_feedback", 1 if up else 0, "thumb", value)
        # Not a user's feedback: a model's, one under the same key; a label of an unknown key; a thumb that was
        # taken back; a remark on the project.
        if i % 4 == 0:
            self.vote(call, "judge", run, trace, "correctness", 0.8, None, None, source="model")
        if i % 16 == 4:
            self.vote(call, "copycat", run, trace, "user_feedback", 0 if up else 1, None, None, source="model")
        if i % 17 == 6:
            self.vote(call, "topic", run, trace, "topic", None, None, None, raw="billing")
        if i % 23 == 9:
            self.vote(call, "none", run, trace, "user_feedback", None, None, None, comment="never mind")
            self.vote(call, "project", None, None, "user_feedback", 1, None, None)

    def vote(self, call, tag, run, trace, key, score, signal, meaning, source="api", comment=None, correction=None,
             text=None, raw=None, modified=False):
        row_id = common.uuid(self.options.seed, "feedback", tag, call.i)
        time = common.late(call, self.options, tag)
        later = min(time + common.seconds(30), common.instant(self.options.now))
        user = call.user if source == "api" and call.i % 2 else None
        self.feedback.append({
            "id": row_id, "created_at": common.iso(time), "modified_at": common.iso(later if modified else time),
            "run_id": run, "trace_id": trace, "session_id": self.project, "key": key, "score": score, "value": raw,
            "comment": comment, "correction": correction,
            "feedback_source": {"type": source, "metadata": {"user_id": user} if user else {}, "user_id": None},
            "comparative_experiment_id": None, "feedback_group_id": None, "start_time": common.iso(call.time),
            "extra": None})
        if signal:
            self.expected.append(common.prune({
                "type": "feedback", "id": row_id + ("#correction" if text else ""), "time": common.iso(time),
                "signal": signal, "value": meaning, "comment": comment, "correction": text,
                "target": run if run != trace else None, "trace": trace if run == trace else None,
                "user": common.pseudonym(user)}))

    def change(self):
        """The oldest LLM run is pending when it comes first, and complete when it comes again."""
        first = next(r for r in self.runs if r["run_type"] == "LLM" and r["project_id"] == self.project)
        self.changing = dict(first)
        first.update({"status": "PENDING", "outputs": None, "end_time": None, "latency_seconds": None})


def old(run):
    """A run as v1 has it: lower case, `session_id` for the project, times without a zone."""
    result = {name: run.get(name) for name in (
        "id trace_id name inputs outputs error extra tags dotted_order prompt_tokens completion_tokens "
        "total_tokens total_cost feedback_stats thread_id parent_run_ids").split()}
    result.update({
        "run_type": run["run_type"].lower(), "status": run["status"].lower(), "session_id": run["project_id"],
        "start_time": run["start_time"][:-1] + "000", "end_time": run["end_time"] and run["end_time"][:-1] + "000",
        "parent_run_id": run["parent_run_ids"][-1] if run["parent_run_ids"] else None, "app_path": f"/r/{run['id']}",
        "total_cost": None if run.get("total_cost") is None else str(run["total_cost"])})
    return result


class Service:
    def __init__(self, options):
        self.options = options
        self.data = Data(options)
        self.now = common.instant(options.now)

    def answer(self, request):
        refused = common.authorised(request.headers.get("x-api-key"), self.options.key)
        if request.path == "/api/v1/info":
            version = "0.17.2" if self.options.generation == "new" else "0.12.9"
            return Answer({"version": version, "instance_flags": {}})
        if refused:
            return Answer({"detail": "Invalid token" if refused.status == 401 else "Forbidden"}, refused.status)
        table = {
            ("GET", "/api/v1/sessions"): self.sessions, ("GET", "/api/v1/feedback"): self.feedback,
            ("POST", "/api/v1/runs/query"): self.old_runs}
        if self.options.generation == "new":
            table[("POST", "/api/v2/runs/query")] = self.runs
        handler = table.get((request.method, request.path))
        return handler(request) if handler else Answer({"detail": "Not Found"}, 404)

    def sessions(self, request):
        rows = [{
            "id": project, "tenant_id": common.uuid(TENANT), "name": name, "start_time": "2026-01-01T00:00:00",
            "end_time": None, "reference_dataset_id": None, "extra": None, "run_count": len(self.data.runs)}
            for project, name in ((self.data.project, PROJECT_NAME), (self.data.other, "experiments"))]
        if "name" in request.query:
            rows = [row for row in rows if row["name"] == request.parameter("name")]
        return Answer(rows[: request.integer("limit", 100)])

    def chosen(self, projects, low, high, kind, root):
        rows = [run for run in self.data.runs if run["project_id"] in projects]
        if kind:
            rows = [run for run in rows if run["run_type"] == kind.upper()]
        if root is not None:
            rows = [run for run in rows if run["is_root"] == root]
        low = common.iso(low)
        rows = [run for run in rows if run["start_time"] >= low]
        return [run for run in rows if run["start_time"] < common.iso(high)] if high else rows

    def page(self, request, rows, cursor, limit):
        if self.options.max_page:
            limit = min(limit, self.options.max_page)
        start = 0
        if cursor:
            place = common.read_token(cursor)
            if not place:
                return None, None
            start = sum(1 for r in rows if (r["start_time"], r["id"]) > (place["time"], place["id"]))
        page = rows[start:start + limit]
        following = None
        if start + limit < len(rows):
            # The last row stands on the next page again.
            border = page[-1] if limit > 1 else rows[start + limit]
            following = common.token({"time": border["start_time"], "id": border["id"]})
        if cursor and self.data.changing:
            page = [self.data.changing] + page
        if request.fault("loop_cursor"):
            following = cursor or following
        if request.fault("repeat_page") and cursor:
            page = rows[max(0, start - limit + 1):start + 1]
            following = common.token({"time": place["time"], "id": place["id"], "again": place.get("again", 0) + 1})
        if request.fault("shuffle"):
            page = sorted(page, key=lambda row: common.noise(row["id"]))
        return page, following

    def runs(self, request):
        body = request.json()
        projects = isinstance(body, dict) and body.get("project_ids")
        size = isinstance(body, dict) and body.get("page_size", 100)
        selects = body.get("selects", ["ID"]) if isinstance(body, dict) else []
        if not projects or not 1 <= size <= 1000 or set(selects) - set(SELECTS):
            return Answer({"detail": "invalid request body"}, 422)
        low = body.get("min_start_time")
        low = common.instant(low) if low else self.now - dt.timedelta(days=1)
        high = body.get("max_start_time")
        rows = self.chosen(projects, low, common.instant(high) if high else None, body.get("run_type"),
                           body.get("is_root"))
        page, following = self.page(request, rows, body.get("cursor"), size)
        if page is None:
            return Answer({"detail": "invalid cursor"}, 422)
        names = [SELECTS[name] for name in selects]
        items = [{name: run[name] for name in names if name in run} for run in page]
        return Answer({"items": items, "next_cursor": following})

    def old_runs(self, request):
        body = request.json()
        limit = isinstance(body, dict) and body.get("limit", 100)
        if not isinstance(body, dict) or not body.get("session") or not 1 <= (limit or 100) <= 100:
            return Answer({"detail": "invalid request body"}, 422)
        low = body.get("start_time")
        low = common.instant(low) if low else self.now - dt.timedelta(days=1)
        high = body.get("end_time")
        rows = self.chosen(body["session"], low, common.instant(high) if high else None, body.get("run_type"),
                           body.get("is_root"))
        page, following = self.page(request, rows, body.get("cursor"), limit or 100)
        if page is None:
            return Answer({"detail": "invalid cursor"}, 422)
        runs = [old(run) for run in page]
        if body.get("select"):
            names = set(body["select"]) | {"id"}
            runs = [{name: run[name] for name in run if name in names} for run in runs]
        return Answer({"runs": runs, "cursors": {"next": following}})

    def feedback(self, request):
        rows = self.data.feedback
        for name, field in (("key", "key"), ("run", "run_id"), ("session", "session_id")):
            if name in request.query:
                rows = [row for row in rows if row[field] in request.query[name]]
        if "source" in request.query:
            rows = [row for row in rows if row["feedback_source"]["type"] in request.query["source"]]
        for name, above in (("min_created_at", True), ("max_created_at", False)):
            if name in request.query:
                edge = common.iso(common.instant(request.parameter(name)))
                rows = [row for row in rows if (row["created_at"] >= edge) == above or row["created_at"] == edge]
        limit, offset = request.integer("limit", 100), request.integer("offset", 0)
        if not 1 <= limit <= 100 or offset < 0:
            return Answer({"detail": "invalid query"}, 422)
        # A row that was written meanwhile has moved the rest by one.
        start = max(0, offset - 1)
        page = rows[start:start + limit]
        if request.fault("shuffle"):
            page = sorted(page, key=lambda row: common.noise(row["id"]))
        return Answer(page)


def main():
    options = arguments()
    service = Service(options)
    common.write_expected(options, service.data.expected)
    common.serve(options, service.answer, ready={"project": PROJECT_NAME, "project_id": service.data.project})


if __name__ == "__main__":
    main()
