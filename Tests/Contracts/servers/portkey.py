"""A loopback Portkey: log export jobs under `/v1/logs/exports`.

A job is created, started, polled (`--polls N` answers of `in_progress`), and downloaded by a signed URL whose host
is another name of this machine and which refuses credentials, as object stores do. `--gzip-file` compresses the
file. Filters read: `time_of_generation_min/max`, `weighted_feedback_min/max`, `page_size`, `current_page`.

`/__control {"phase": 1}` adds the newest logs and the late feedback. Faults of its own: `failed` (a job that ends as
failed), `stuck` (one that never ends), `expired` (the signed URL is refused, 403 with XML), `plan` (403: the plan
has no exports).
"""

import gzip
import json

import common
import opinions

FIELDS = {
    "id", "trace_id", "created_at", "request", "response", "is_success", "ai_org", "ai_model", "req_units",
    "res_units", "total_units", "request_url", "cost", "cost_currency", "response_time", "response_status_code",
    "mode", "config", "prompt_slug", "metadata"}
EXPIRED = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


class Portkey:
    def __init__(self, arguments):
        self.arguments = arguments
        self.phase = 0
        self.jobs = {}
        self.build()

    def build(self):
        #: (time, weighted feedback or None, row)
        self.rows, self.records = [], []
        for call in common.calls(self.arguments):
            if self.phase > 0 or not opinions.arrives_late(call, self.arguments):
                self.add(call)
        opinions.write(self.arguments, self.records)

    def add(self, call):
        seed = self.arguments.seed
        key = common.uuid(seed, call.i, "log")
        trace = f"tr-{call.i}"
        opinion = opinions.Opinion(call, self.arguments)
        thumb = opinion.thumb_in(self.phase)
        request = {"model": call.model, "messages": call.wire_messages()}
        response = call.completion()
        if call.shape == "text":
            request = {"model": call.model, "prompt": call.question}
            response = {"choices": [{"index": 0, "text": call.answer, "finish_reason": "stop"}]}
        if call.i % 3:
            # The documentation shows `request.body`, the field list `request`.
            request, response = {"body": request, "url": "https://gateway/v1"}, {"body": response}
        metadata = common.prune({"_user": call.user, "session_id": call.session, "env": "prod"})
        if call.i % 4 == 2:
            metadata = {"metadata.key": list(metadata), "metadata.value": list(metadata.values())}
        self.rows.append((call.time, thumb and thumb * (1 + call.i % 5), {
            "id": key, "trace_id": trace, "created_at": common.iso(call.time), "request": request,
            "response": json.dumps(response) if call.i % 7 == 3 else response, "is_success": 1, "ai_org": "openai",
            "ai_model": call.model, "req_units": call.tokens_in, "res_units": call.tokens_out,
            "total_units": call.tokens_in + call.tokens_out, "cost": round(call.cost * 100, 7),
            "cost_currency": "USD", "response_time": round(call.latency * 1000), "response_status_code": 200,
            "mode": "single", "prompt_slug": "pp-support" if call.i % 5 == 0 else None, "metadata": metadata}))
        self.records.append(common.prune({
            **call.expected(key), "trace": trace, "prompt": "pp-support" if call.i % 5 == 0 else None}))
        if thumb:
            self.records.append(opinions.feedback(
                f"{trace}#feedback", None, "thumb", trace=trace, value=thumb, time=common.iso(call.time), user=call.user))

    def control(self, order):
        if "phase" in order:
            self.phase = order["phase"]
            self.build()

    def select(self, filters):
        low = filters.get("time_of_generation_min")
        high = filters.get("time_of_generation_max")
        least, most = filters.get("weighted_feedback_min"), filters.get("weighted_feedback_max")
        found = []
        for time, weight, row in self.rows:
            if low and time < common.instant(low) or high and time > common.instant(high):
                continue
            if least is not None and (weight is None or weight < least):
                continue
            if most is not None and (weight is None or weight > most):
                continue
            found.append(row)
        size = min(filters.get("page_size", 50_000), self.arguments.max_page or 50_000)
        page = filters.get("current_page", 0)
        return found[page * size:(page + 1) * size], len(found)

    def create(self, request):
        body = request.json() or {}
        filters, wanted = body.get("filters"), body.get("requested_data") or []
        if not isinstance(filters, dict) or not wanted or not set(wanted) <= FIELDS:
            return self.error("AB01", "invalid request body", 400)
        rows, total = self.select(filters)
        key = common.uuid(self.arguments.seed, "job", len(self.jobs))
        self.jobs[key] = {
            "id": key, "organisation_id": "org", "filters": filters, "requested_data": wanted, "status": "draft",
            "description": body.get("description") or "", "created_at": self.arguments.now, "object": "export",
            "last_updated_at": self.arguments.now, "created_by": "user", "workspace_id": "ws",
            "total_records": total, "_rows": rows, "_polls": self.arguments.polls}
        return common.Answer({"id": key, "total": total, "object": "export"})

    def file(self, job):
        lines = [json.dumps({name: row.get(name) for name in job["requested_data"]}, ensure_ascii=False)
                 for row in job["_rows"]]
        data = "".join(line + "\n" for line in lines).encode()
        return gzip.compress(data, mtime=0) if self.arguments.gzip_file else data

    def error(self, code, message, status):
        return common.Answer({"success": False, "data": {"message": message, "code": code}}, status)

    def signed(self, request, key):
        if request.headers.get("Authorization") or request.headers.get("x-portkey-api-key"):
            return common.Answer(b"<Error><Code>InvalidArgument</Code></Error>", 400, kind="application/xml")
        job = self.jobs.get(key)
        if not job or request.parameter("X-Amz-Signature") != "s1" or request.fault("expired"):
            return common.Answer(EXPIRED, 403, kind="application/xml")
        return common.Answer(self.file(job), kind="application/octet-stream")

    def answer(self, request):
        parts = request.path.strip("/").split("/")
        if parts[0] == "signed":
            return self.signed(request, parts[-1])
        refused = common.authorised(request.headers.get("x-portkey-api-key"), self.arguments.key)
        if refused:
            return refused
        if request.fault("plan"):
            return self.error("AB03", "log exports are not part of your plan", 403)
        if parts[:3] != ["v1", "logs", "exports"]:
            return self.error("AB04", "not found", 404)
        if len(parts) == 3 and request.method == "POST":
            return self.create(request)
        job = self.jobs.get(parts[3]) if len(parts) > 3 else None
        if not job:
            return self.error("AB04", "no such export", 404)
        action = parts[4] if len(parts) > 4 else None
        if action == "start" and request.method == "POST":
            job["status"] = "failed" if request.fault("failed") else "in_progress"
            job["_stuck"] = request.fault("stuck") is not None
            return common.Answer({"message": "export started", "object": "export"})
        if action == "download" and request.method == "GET":
            if job["status"] != "success":
                return self.error("AB05", "the export is not ready", 400)
            host = request.headers.get("Host", "").replace("127.0.0.1", "localhost")
            return common.Answer({"signed_url": f"http://{host}/signed/{job['id']}?X-Amz-Signature=s1"})
        if action is None and request.method == "GET":
            if job["status"] == "in_progress" and not job["_stuck"]:
                job["_polls"] -= 1
                if job["_polls"] < 0:
                    job["status"] = "success"
            return common.Answer({name: value for name, value in job.items() if name[0] != "_"})
        return self.error("AB04", "not found", 404)


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--polls", type=int, default=2, help="answers of in_progress before a job is done")
    parser.add_argument("--gzip-file", action="store_true")
    arguments = parser.parse_args()
    server = Portkey(arguments)
    common.serve(arguments, server.answer, server.control)


if __name__ == "__main__":
    main()
