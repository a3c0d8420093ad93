"""Langfuse: observations and scores as its public API answers them, and blob exports.

--generation new     GET /api/public/v2/observations, GET /api/public/v3/scores (server v4); the rest is 404
--generation legacy  GET /api/public/observations, /traces, /traces/{id}, /v2/scores (servers v2 and v3)

--blob FOLDER writes a blob export of the same data and ends (with --gzip: .jsonl.gz).

Sources: the OpenAPI file of Langfuse; the vendor's Python clients 5.0.4 and 4.18.0; its page on blob exports.

Always there: GENERATION rows between SPAN and TOOL rows; each page repeats the last row of the one before it;
metadata over 200 characters is cut unless `expandMetadata` names its key. `--changing` adds two rows that come
again on every later page, one with a newer body and one with an older. `--early-traces` has traces that cannot
be found by their observations' time.

Data faults: loop_cursor (the page's own cursor is given as the next one), repeat_page (the page before it once
more, with another cursor for the page that was asked for), shuffle (rows of the page in another order).
"""

import base64
import gzip
import json
import os

import common
from common import Answer

PUBLIC = "pk-lf-test"
PROJECT = "project-1"
GROUPS = {"core", "basic", "time", "io", "metadata", "model", "usage", "prompt", "metrics", "trace_context"}
LONG = "The customer wrote twice. " * 12
DEPRECATION = {"message": "Deprecated.", "replacement": "GET /api/public/v2/observations"}


def arguments():
    result = common.parser(__doc__)
    result.add_argument("--changing", action="store_true")
    result.add_argument("--early-traces", action="store_true", help="traces began 30 days before their rows")
    result.add_argument("--blob", help="write a blob export to this folder and end")
    return result.parse_args()


class Data:
    """Everything the server knows, newest first, as v2 observations and v3 scores with all fields."""

    def __init__(self, options):
        self.options = options
        self.calls = common.calls(options)
        self.observations, self.scores, self.expected = [], [], []
        self.traces = {}
        self.changing = {}
        for call in self.calls:
            self.add(call)
        if options.changing and len(self.calls) >= 2:
            self.change()
        self.observations.sort(key=lambda row: (row["startTime"], row["id"]), reverse=True)
        self.scores.sort(key=lambda row: (row["timestamp"], row["id"]), reverse=True)

    def trace_id(self, call):
        return common.hexadecimal(32, self.options.seed, "trace", call.trace)

    def add(self, call):
        seed, i = self.options.seed, call.i
        row_id = common.hexadecimal(16, seed, "observation", i)
        trace = self.trace_id(call)
        span = common.hexadecimal(16, seed, "span", call.trace)
        if trace not in self.traces:
            began = call.time - common.seconds(30 * 86400 if self.options.early_traces else 0)
            self.traces[trace] = {
                "id": trace, "timestamp": common.iso(began), "name": "support-chat", "input": None,
                "output": None, "sessionId": call.session, "release": "r-7", "version": None, "userId": call.user,
                "metadata": {}, "tags": ["support", "beta"] if call.trace % 3 == 0 else [], "public": False,
                "environment": "production"}
            self.observations.append(self.row(call, span, None, "SPAN", "handle", None, None))
        row = self.row(call, row_id, span, "GENERATION", "chat", self.input(call), self.output(call))
        row.update({
            # The OpenAPI file has providedModelName, client 5.0.4 has model; servers differ.
            ("model" if i % 2 else "providedModelName"): call.model,
            "internalModelId": "model-7", "modelId": "model-7", "inputPrice": "0.0000003",
            "outputPrice": "0.0000012", "modelParameters": {"temperature": 0.2, "max_tokens": 512},
            "usageDetails": {"input": call.tokens_in, "output": call.tokens_out,
                             "total": call.tokens_in + call.tokens_out},
            "costDetails": {"total": call.cost}, "totalCost": call.cost})
        if i % 4 == 1:
            row.update({"promptId": "prompt-3", "promptName": "support", "promptVersion": 3})
        self.observations.append(row)
        if call.shape == "tool_result":
            self.observations.append(self.row(
                call, common.hexadecimal(16, seed, "tool", i), span, "TOOL", "find_invoice", "{}", "{}"))
        expected = call.expected(row_id)
        expected["trace"] = trace
        if i % 4 == 1:
            expected["prompt"] = "support/3"
        self.expected.append(expected)
        self.add_scores(call, row_id, trace)

    def row(self, call, row_id, parent, kind, name, text_in, text_out):
        root = parent is None
        return {
            "id": row_id, "traceId": self.trace_id(call), "startTime": common.iso(call.time),
            "endTime": common.iso(call.end), "projectId": PROJECT, "parentObservationId": parent, "type": kind,
            "name": name, "level": "DEFAULT", "statusMessage": None, "version": None,
            "environment": "production", "bookmarked": False, "public": False, "userId": call.user,
            "sessionId": call.session, "isRootObservation": root, "completionStartTime": None,
            "createdAt": common.iso(call.end), "updatedAt": common.iso(call.end), "input": text_in,
            "output": text_out, "metadata": {"tier": "pro", "note": LONG}, "latency": call.latency,
            "timeToFirstToken": None, "tags": self.traces[self.trace_id(call)]["tags"], "release": "r-7",
            "traceName": "support-chat", "modelId": None, "inputPrice": None, "outputPrice": None,
            "totalPrice": None}

    @staticmethod
    def input(call):
        if call.shape == "text":
            return call.question
        if call.shape == "langchain":
            return json.dumps({"messages": [call.langchain_messages()]}, ensure_ascii=False)
        messages = call.wire_messages()
        if call.shape in ("tool_call", "tool_result"):
            return json.dumps({"messages": messages, "tools": common.TOOLS}, ensure_ascii=False)
        return json.dumps({"messages": messages} if call.i % 2 else messages, ensure_ascii=False)

    @staticmethod
    def output(call):
        if call.shape == "text":
            return call.answer
        if call.shape == "langchain":
            return json.dumps(call.langchain_output(), ensure_ascii=False)
        if call.i % 4 == 0:
            return json.dumps(call.completion(), ensure_ascii=False)
        return json.dumps(call.wire_output(), ensure_ascii=False)

    def add_scores(self, call, observation, trace):
        i, on_row = call.i, {"kind": "observation", "id": observation, "traceId": trace}
        on_trace = {"kind": "trace", "id": trace}
        up = common.noise(self.options.seed, i, "thumb") % 3 > 0
        if i % 3 == 0:
            self.score(call, "thumb", on_row, "user-feedback", "BOOLEAN", up, "thumb", 1 if up else -1,
                       comment=None if up else f"wrong menu (case {i})")
        if i % 5 == 1:
            self.score(call, "trace", on_trace, "user-feedback", "NUMERIC", 1 if up else 0, "thumb", 1 if up else -1)
        if i % 11 == 2:
            self.score(call, "signed", on_row, "user_feedback", "NUMERIC", 1 if up else -1, "thumb", 1 if up else -1)
        if i % 13 == 5:
            self.score(call, "correction", on_row, "output", "CORRECTION", f"Better: {call.answer}", "correction",
                       None, source="ANNOTATION", correction=f"Better: {call.answer}")
        if i % 19 == 6 and call.session:
            self.score(call, "session", {"kind": "session", "id": call.session}, "user-feedback", "BOOLEAN", up,
                       "thumb", 1 if up else -1)
        # None of these is a user's feedback: an evaluator's scores, one of them under the same name; a label of
        # an unknown name; a score on an experiment.
        if i % 4 == 0:
            self.score(call, "judge", on_row, "toxicity", "NUMERIC", 0.1, None, None, source="EVAL")
        if i % 16 == 4:
            self.score(call, "copycat", on_row, "user-feedback", "BOOLEAN", not up, None, None, source="EVAL")
        if i % 17 == 6:
            self.score(call, "topic", on_row, "topic", "CATEGORICAL", "billing", None, None)
        if i % 29 == 7:
            self.score(call, "experiment", {"kind": "experiment", "id": "run-1"}, "user-feedback", "BOOLEAN", up,
                       None, None)

    def score(self, call, tag, subject, name, kind, value, signal, meaning, source="API", comment=None,
              correction=None):
        row_id = common.uuid(self.options.seed, "score", tag, call.i)
        time = common.iso(common.late(call, self.options, tag))
        self.scores.append({
            "id": row_id, "projectId": PROJECT, "name": name, "value": value, "dataType": kind, "source": source,
            "timestamp": time, "environment": "production", "createdAt": time, "updatedAt": time,
            "comment": comment, "configId": None, "metadata": {}, "authorUserId": None, "queueId": None,
            "subject": subject})
        if signal:
            self.expected.append(common.prune({
                "type": "feedback", "id": row_id, "time": time, "signal": signal, "value": meaning,
                "comment": comment, "correction": correction,
                "target": subject["id"] if subject["kind"] == "observation" else None,
                "trace": subject["id"] if subject["kind"] == "trace" else None,
                "conversation": subject["id"] if subject["kind"] == "session" else None}))

    def change(self):
        """Two rows that every page after the first gives again: one newer than at first, one older."""
        generations = [row for row in self.observations if row["type"] == "GENERATION"]
        for row, newer_first in ((generations[-1], False), (generations[-2], True)):
            stamp = common.iso(common.instant(row["updatedAt"]) + common.seconds(30))
            newer = dict(row, output="A later answer.", updatedAt=stamp)
            self.changing[row["id"]] = row if newer_first else newer
            if newer_first:
                row.update(newer)
                self.changing[row["id"]] = dict(row, output="An earlier answer.", updatedAt=row["createdAt"])
            for record in self.expected:
                if record["id"] == row["id"]:
                    record["output"] = {"content": "A later answer.", "role": "assistant"}


class Service:
    def __init__(self, options):
        self.options = options
        self.data = Data(options)

    def answer(self, request):
        refused = self.refuse(request)
        if refused:
            return refused
        table = {
            "new": {"/api/public/v2/observations": self.observations, "/api/public/v3/scores": self.scores},
            "legacy": {
                "/api/public/observations": self.old_observations, "/api/public/v2/scores": self.old_scores,
                "/api/public/traces": self.old_traces},
        }[self.options.generation]
        if request.path == "/api/public/projects":
            return Answer({"data": [{"id": PROJECT, "name": "support", "metadata": {},
                                     "organization": {"id": "o1", "name": "Example"}}]})
        handler = table.get(request.path)
        if handler and request.method == "GET":
            return handler(request)
        prefix = "/api/public/traces/"
        if self.options.generation == "legacy" and request.path.startswith(prefix):
            return self.old_trace(request.path[len(prefix):])
        return Answer({"message": "Not Found", "error": "LangfuseNotFoundError"}, 404)

    def refuse(self, request):
        kind, _, text = (request.headers.get("Authorization") or "").partition(" ")
        try:
            public, _, secret = base64.b64decode(text).decode().partition(":")
        except ValueError:
            public = secret = ""
        return common.authorised(secret if kind == "Basic" and public == PUBLIC else "", self.options.key)

    def limit(self, request, highest):
        limit = request.integer("limit", 50)
        if not 1 <= limit <= highest:
            return None
        return min(limit, self.options.max_page) if self.options.max_page else limit

    @staticmethod
    def window(request, rows, field, low, high):
        low, high = request.parameter(low), request.parameter(high)
        if low:
            rows = [row for row in rows if row[field] >= common.iso(common.instant(low))]
        if high:
            rows = [row for row in rows if row[field] < common.iso(common.instant(high))]
        return rows

    # Server v4

    def observations(self, request):
        fields = set((request.parameter("fields") or "core,basic").split(","))
        if fields - GROUPS or request.parameter("parseIoAsJson") == "true":
            return Answer({"message": "Invalid request data", "error": "InvalidRequestError"}, 400)
        limit = self.limit(request, 1000)
        if not limit:
            return Answer({"message": "Invalid request data: limit", "error": "InvalidRequestError"}, 400)
        rows = self.window(request, self.data.observations, "startTime", "fromStartTime", "toStartTime")
        for name, field in (("type", "type"), ("traceId", "traceId"), ("sessionId", "sessionId"),
                            ("userId", "userId"), ("name", "name")):
            if name in request.query:
                rows = [row for row in rows if row[field] == request.parameter(name)]
        if "environment" in request.query:
            rows = [row for row in rows if row["environment"] in request.query["environment"]]
        page, cursor = self.page(request, rows, limit, "startTime")
        if page is None:
            return Answer({"message": "Invalid cursor", "error": "InvalidRequestError"}, 400)
        expand = set((request.parameter("expandMetadata") or "").split(","))
        data = [self.selected(row, fields, expand) for row in page]
        return Answer({"data": data, "meta": {"cursor": cursor} if cursor else {}})

    def page(self, request, rows, limit, field):
        """The rows after the cursor, the last one of the page before it first, and the next cursor."""
        start = 0
        text = request.parameter("cursor")
        if text:
            place = common.read_token(text)
            if not place:
                return None, None
            keys = [(row[field], row["id"]) for row in rows]
            start = sum(1 for key in keys if key > (place["time"], place["id"]))
        page = rows[start:start + limit]
        more = start + limit < len(rows)
        last = page[-1] if page else None
        # The last row stands on the next page again: the cursor names it and is inclusive.
        cursor = common.token({"time": last[field], "id": last["id"]}) if more and limit > 1 else None
        if more and limit == 1:
            follow = rows[start + 1]
            cursor = common.token({"time": follow[field], "id": follow["id"]})
        if text and field == "startTime":
            page = [dict(row) for row in self.data.changing.values()] + page
        if request.fault("loop_cursor"):
            cursor = text or cursor
        if request.fault("repeat_page") and text:
            page = rows[max(0, start - limit + 1):start + 1]
            cursor = common.token({"time": place["time"], "id": place["id"], "again": place.get("again", 0) + 1})
        if request.fault("shuffle"):
            page = sorted(page, key=lambda row: common.noise(row["id"]))
        return page, cursor

    @staticmethod
    def selected(row, fields, expand):
        groups = {
            "core": "id traceId startTime endTime projectId parentObservationId type",
            "basic": "name level statusMessage version environment bookmarked public userId sessionId "
                     "isRootObservation",
            "time": "completionStartTime createdAt updatedAt", "io": "input output", "metadata": "metadata",
            "model": "model providedModelName internalModelId modelParameters",
            "usage": "usageDetails costDetails totalCost", "prompt": "promptId promptName promptVersion",
            "metrics": "latency timeToFirstToken", "trace_context": "tags release traceName"}
        names = "modelId inputPrice outputPrice totalPrice".split()
        for group in fields | {"core"}:
            names += groups[group].split()
        result = {name: row[name] for name in names if name in row}
        if "metadata" in result:
            result["metadata"] = {
                key: value if key in expand else value[:200] for key, value in row["metadata"].items()}
        return result

    def scores(self, request):
        groups = set(filter(None, (request.parameter("fields") or "").split(",")))
        limit = self.limit(request, 100)
        if groups - {"details", "subject", "annotation"} or not limit:
            return Answer({"message": "Invalid request data", "error": "InvalidRequestError"}, 400)
        rows = self.window(request, self.data.scores, "timestamp", "fromTimestamp", "toTimestamp")
        for name, field in (("name", "name"), ("source", "source"), ("dataType", "dataType"), ("id", "id")):
            if name in request.query:
                wanted = {part.upper() for part in request.parameter(name).split(",")}
                rows = [row for row in rows if row[field].upper() in wanted]
        page, cursor = self.page(request, rows, limit, "timestamp")
        if page is None:
            return Answer({"message": "Invalid cursor", "error": "InvalidRequestError"}, 400)
        names = "id projectId name value dataType source timestamp environment createdAt updatedAt".split()
        names += ["comment", "configId", "metadata"] if "details" in groups else []
        names += ["subject"] if "subject" in groups else []
        names += ["authorUserId", "queueId"] if "annotation" in groups else []
        meta = {"limit": limit}
        if cursor:
            meta["cursor"] = cursor
        return Answer({"data": [{name: row[name] for name in names} for row in page], "meta": meta})

    # Servers v2 and v3

    def numbered(self, request, rows, convert):
        limit, page = self.limit(request, 100), request.integer("page", 1)
        if not limit or page < 1:
            return Answer({"message": "Invalid request data", "error": "InvalidRequestError"}, 400)
        # A row that was written meanwhile has moved the page by one: its first row stood on the page before it.
        start = max(0, (page - 1) * limit - 1)
        data = [convert(row) for row in rows[start:page * limit]]
        if request.fault("shuffle"):
            data = sorted(data, key=lambda row: common.noise(row["id"]))
        pages = -(-len(rows) // limit)
        return Answer({
            "data": data, "_deprecation": DEPRECATION,
            "meta": {"page": page, "limit": limit, "totalItems": len(rows), "totalPages": pages}})

    def old_observations(self, request):
        rows = self.window(request, self.data.observations, "startTime", "fromStartTime", "toStartTime")
        for name in ("type", "traceId", "name"):
            if name in request.query:
                rows = [row for row in rows if row[name] == request.parameter(name)]
        return self.numbered(request, rows, self.old_observation)

    @staticmethod
    def old_observation(row):
        usage = row.get("usageDetails") or {}
        cost = row.get("totalCost")

        def parsed(text):
            # These servers answer with JSON where the text is JSON.
            try:
                value = json.loads(text)
                return value if isinstance(value, (dict, list)) else text
            except (TypeError, ValueError):
                return text

        result = {name: row.get(name) for name in (
            "id traceId type name startTime endTime completionStartTime version level statusMessage "
            "parentObservationId promptId promptName promptVersion environment latency timeToFirstToken "
            "modelId metadata").split()}
        result.update({
            "model": row.get("model") or row.get("providedModelName"), "modelParameters": row.get("modelParameters"),
            "input": parsed(row["input"]), "output": parsed(row["output"]), "usageDetails": usage,
            "costDetails": row.get("costDetails") or {}, "inputPrice": None, "outputPrice": None,
            "totalPrice": None, "calculatedInputCost": None, "calculatedOutputCost": None,
            "calculatedTotalCost": cost, "createdAt": row["createdAt"], "updatedAt": row["updatedAt"],
            "usage": {"input": usage.get("input", 0), "output": usage.get("output", 0),
                      "total": usage.get("total", 0), "unit": "TOKENS", "totalCost": cost}})
        return result

    def old_traces(self, request):
        rows = list(self.data.traces.values())
        rows = self.window(request, rows, "timestamp", "fromTimestamp", "toTimestamp")
        field, _, order = (request.parameter("orderBy") or "timestamp.desc").partition(".")
        rows.sort(key=lambda row: (row[field], row["id"]), reverse=order == "desc")
        return self.numbered(request, rows, self.old_details)

    @staticmethod
    def old_details(trace):
        return dict(trace, htmlPath=f"/project/{PROJECT}/traces/{trace['id']}", latency=-1, totalCost=-1,
                    observations=[], scores=[])

    def old_trace(self, trace_id):
        trace = self.data.traces.get(trace_id)
        if not trace:
            return Answer({"message": "Trace not found", "error": "LangfuseNotFoundError"}, 404)
        rows = [self.old_observation(row) for row in self.data.observations if row["traceId"] == trace_id]
        return Answer(dict(self.old_details(trace), observations=rows, scores=[], latency=1.0, totalCost=0.0))

    def old_scores(self, request):
        rows = self.window(request, self.data.scores, "timestamp", "fromTimestamp", "toTimestamp")
        for name in ("name", "source", "dataType", "traceId"):
            if name in request.query:
                rows = [row for row in rows if row.get(name) == request.parameter(name)]
        groups = set((request.parameter("fields") or "score,trace").split(","))
        return self.numbered(request, rows, lambda row: self.old_score(row, "trace" in groups))

    def old_score(self, row, with_trace):
        subject = row["subject"]
        result = {name: row[name] for name in (
            "id name dataType source timestamp createdAt updatedAt comment metadata configId authorUserId "
            "queueId environment").split()}
        trace = subject["id"] if subject["kind"] == "trace" else subject.get("traceId")
        result.update({
            "traceId": trace, "observationId": subject["id"] if subject["kind"] == "observation" else None,
            "sessionId": subject["id"] if subject["kind"] == "session" else None,
            "datasetRunId": subject["id"] if subject["kind"] == "experiment" else None})
        if row["dataType"] == "BOOLEAN":
            result.update({"value": 1 if row["value"] else 0, "stringValue": "True" if row["value"] else "False"})
        elif row["dataType"] == "NUMERIC":
            result["value"] = row["value"]
        else:
            result.update({"value": 0, "stringValue": row["value"]})
        if with_trace:
            known = self.data.traces.get(trace)
            result["trace"] = known and {name: known[name] for name in ("userId", "tags", "environment", "sessionId")}
        return result


# Blob exports


def plain(time):
    """YYYY-MM-DD HH:MM:SS.ffffff, as ClickHouse writes times."""
    return time[:10] + " " + time[11:23] + "000" if time else ""


def blob_observation(row, i):
    usage = row.get("usageDetails") or {}
    if i % 2:
        # 64-bit whole numbers come as text.
        usage = {key: str(value) for key, value in usage.items()}
    result = {
        "id": row["id"], "trace_id": row["traceId"], "project_id": PROJECT, "start_time": plain(row["startTime"]),
        "end_time": plain(row["endTime"]), "type": row["type"], "name": row["name"], "level": row["level"],
        "parent_observation_id": row["parentObservationId"] or "", "input": row["input"] or "",
        "output": row["output"] or "", "provided_model_name": row.get("model") or row.get("providedModelName") or "",
        "model_parameters": json.dumps(row.get("modelParameters") or {}), "usage_details": usage,
        "cost_details": row.get("costDetails") or {}, "total_cost": row.get("totalCost") or 0,
        "latency": row["latency"], "user_id": row["userId"] or "", "session_id": row["sessionId"] or "",
        "tags": row["tags"], "metadata": row["metadata"], "environment": row["environment"], "version": "",
        "release": row["release"], "trace_name": row["traceName"], "prompt_name": row.get("promptName") or "",
        "prompt_version": row.get("promptVersion"), "tool_calls": [], "created_at": plain(row["createdAt"]),
        "updated_at": plain(row["updatedAt"])}
    return result


def blob_score(row):
    subject = row["subject"]
    trace = subject["id"] if subject["kind"] == "trace" else subject.get("traceId")
    kind, value = row["dataType"], row["value"]
    number = {"BOOLEAN": 1 if value else 0, "NUMERIC": value}.get(kind, 0)
    text = {"BOOLEAN": "True" if value else "False", "NUMERIC": ""}.get(kind, value)
    return {
        "id": row["id"], "project_id": PROJECT, "timestamp": plain(row["timestamp"]), "trace_id": trace or "",
        "observation_id": subject["id"] if subject["kind"] == "observation" else "",
        "session_id": subject["id"] if subject["kind"] == "session" else "",
        "dataset_run_id": subject["id"] if subject["kind"] == "experiment" else "",
        "environment": row["environment"], "name": row["name"], "data_type": kind, "value": number,
        "string_value": text, "source": row["source"], "comment": row["comment"] or "",
        "created_at": plain(row["createdAt"]), "updated_at": plain(row["updatedAt"])}


def write_blob(options, data):
    """Two finished windows that share their border, and a third whose manifest is not written yet."""
    suffix = ".jsonl.gz" if options.gzip else ".jsonl"
    end = common.instant(options.now)
    middle = common.iso(end - common.seconds(options.days * 43200))
    third = common.iso(end - common.seconds(60))
    start = common.iso(end - common.seconds(options.days * 86400))
    windows = [("2026-11-18T00-00-00", start, middle), ("2026-11-20T00-00-00", middle, third)]
    observations = [blob_observation(row, i) for i, row in enumerate(reversed(data.observations))]
    scores = [blob_score(row) for row in reversed(data.scores)]

    def save(name, rows):
        path = os.path.join(options.blob, PROJECT, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        body = gzip.compress(text, mtime=0) if options.gzip else text
        with open(path, "wb") as file:
            file.write(body)
        return len(body)

    for stamp, low, high in windows:
        files = []
        # Both ends belong to both windows, so rows at the border stand in both.
        low, high = plain(low), plain(high)
        last = stamp == windows[-1][0]
        for table, rows, field in (("observations_v2", observations, "start_time"), ("scores", scores, "timestamp")):
            part = [row for row in rows if low <= row[field] <= high or (last and row[field] >= low)]
            if last:
                # The two rows before the border once more.
                part = [row for row in rows if row[field] < low][-2:] + part
            size = save(f"{table}/{stamp}{suffix}", part)
            files.append({
                "key": f"{PROJECT}/{table}/{stamp}{suffix}", "table": table, "format": "jsonl",
                "compression": "gzip" if options.gzip else "none", "size": size, "rowCount": len(part)})
        path = os.path.join(options.blob, PROJECT, "manifests")
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, stamp + ".json"), "w", encoding="utf-8") as file:
            json.dump({
                "window": {"minTimestamp": low.replace(" ", "T") + "Z", "maxTimestamp": high.replace(" ", "T") + "Z"},
                "exportSource": "EVENTS", "tables": ["observations_v2", "scores"], "files": files}, file)
    # Written while we look: its rows are not to be read yet.
    half = dict(observations[-1], id="ffffffffffffffff", type="GENERATION", input="not yet", output="not yet")
    save(f"observations_v2/2026-11-20T12-00-00{suffix}", [half])


def main():
    options = arguments()
    service = Service(options)
    common.write_expected(options, service.data.expected)
    if options.blob:
        return write_blob(options, service.data)
    common.serve(options, service.answer)


if __name__ == "__main__":
    main()
