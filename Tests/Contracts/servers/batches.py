"""Batches of the loopback service of language models: OpenAI's `/files` and `/batches`, Anthropic's `/messages/batches`.

A batch is answered and billed, at half the price, in the moment it is made: whoever makes two pays two. What came of it
shows when it was asked after `polls` times. POST /__control {"batch": {...}} sets how the next batch goes that has no such
order yet:

    polls      how often it is still in progress when it is asked after; default `--polls`
    keep       only so many requests are answered, and the batch expires or, with "status", is "cancelled"
    refuse     {"status": S, "every": N}: every Nth request gets an error in place of an answer, which is not billed
    repeat     lines that stand twice
    garbage    lines that are no JSON, of another form, or of a request that nobody made
    huge       bytes of a line of nothing
    swallow    so many answers are billed, and their lines are missing
    spoil      so many answers are billed, and their lines cannot be read
    fail       a code: the batch fails as a whole

The lines of results are in no order.
"""

import json
import re
import threading
import time

import common


def form(request):
    """The fields of a multipart form: name to (file name, content type, bytes)."""
    match = re.search(r'boundary="?([^";]+)"?', request.headers.get("Content-Type") or "")
    if not match:
        return {}
    fields = {}
    for part in (b"\r\n" + request.body).split(b"\r\n--" + match[1].encode())[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        words = head.decode(errors="replace")
        name = re.search(r'\bname="([^"]*)"', words)
        file = re.search(r'filename="([^"]*)"', words)
        kind = re.search(r"(?i)content-type:\s*(\S+)", words)
        if name:
            fields[name[1]] = (file and file[1], kind and kind[1], content)
    return fields


class Batches:
    def __init__(self, models, arguments):
        self.models = models
        self.arguments = arguments
        self.lock = threading.Lock()
        self.files, self.batches, self.orders, self.uploads = {}, {}, [], []

    def control(self, order):
        with self.lock:
            self.orders.append(order)

    def answer(self, request):
        """None for paths that are none of these; /__uploads gives the fields of the forms so far."""
        if request.path == "/__uploads":
            return common.Answer(self.uploads)
        path = re.sub(r"^.*?(/files|/messages/batches|/batches)(?=/|$)", r"\1", request.path)
        secret = request.headers.get("x-api-key") or (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if not re.match(r"(/files|/messages/batches|/batches)(/|$)", path):
            return None
        if secret != self.arguments.key:
            return self.models.error(401, "invalid_api_key", "Incorrect API key provided")
        parts = path.strip("/").split("/")
        with self.lock:
            if parts[0] == "files":
                return self.file(request, parts[1:])
            if parts[0] == "messages":
                return self.anthropic(request, parts[2:])
            return self.openai(request, parts[1:])

    def missing(self):
        return self.models.error(404, "not_found", "no such thing")

    # OpenAI

    def file(self, request, parts):
        if request.method == "POST" and not parts:
            fields = form(request)
            if fields.get("purpose", (None, None, b""))[2] != b"batch" or "file" not in fields:
                return self.models.error(400, "invalid_request_error", "purpose and file are required")
            self.uploads.append([[name, bool(field[0]), len(field[2]) > 0] for name, field in fields.items()])
            return common.Answer(self.keep(fields["file"][2], fields["file"][0], "batch"))
        known = self.files.get(parts[0]) if parts else None
        if known is None:
            return self.missing()
        if parts[1:] == ["content"]:
            return common.Answer(known["content"], kind="application/octet-stream")
        return common.Answer(known["file"])

    def keep(self, content, name, purpose):
        identifier = f"file-{len(self.files) + 1}"
        file = {
            "id": identifier, "object": "file", "bytes": len(content), "created_at": int(time.time()),
            "filename": name, "purpose": purpose, "status": "processed", "expires_at": None}
        self.files[identifier] = {"file": file, "content": content}
        return file

    def openai(self, request, parts):
        if request.method == "POST" and not parts:
            return self.make_openai(request.json() or {})
        if not parts:
            return self.list(request, request.parameter("after"))
        batch = self.batches.get(parts[0])
        if batch is None:
            return self.missing()
        if parts[1:] == ["cancel"]:
            return self.cancel(batch)
        return common.Answer(self.seen(batch))

    def make_openai(self, body):
        file = self.files.get(body.get("input_file_id"))
        if file is None or body.get("completion_window") != "24h" or body.get("endpoint") != "/v1/chat/completions":
            return self.models.error(400, "invalid_request_error", "no such file, window or endpoint")
        order = self.orders.pop(0) if self.orders else {}
        rows, fault = [], order.get("fail")
        for line in file["content"].split(b"\n"):
            if not line.strip():
                continue
            row = json.loads(line)
            if row["method"] != "POST" or row["url"] != body["endpoint"]:
                fault = "invalid_url"
            rows.append((row["custom_id"], row["body"]))
        if len({name for name, _ in rows}) != len(rows):
            fault = "duplicate_custom_id"
        if len(rows) > 50_000 or len({row["model"] for _, row in rows}) > 1:
            fault = "invalid_file"
        now = int(time.time())
        value = {
            "id": f"batch_{len(self.batches) + 1}", "object": "batch", "endpoint": body["endpoint"], "errors": None,
            "input_file_id": body["input_file_id"], "completion_window": "24h", "status": "in_progress",
            "output_file_id": None, "error_file_id": None, "created_at": now, "in_progress_at": now,
            "expires_at": now + 86400, "finalizing_at": None, "completed_at": None, "failed_at": None,
            "expired_at": None, "cancelling_at": None, "cancelled_at": None,
            "request_counts": {"total": len(rows), "completed": 0, "failed": 0}, "metadata": body.get("metadata")}
        end = {"status": "failed", "failed_at": now, "errors": {"object": "list", "data": [
            {"code": fault, "message": "as asked for", "line": 1, "param": None}]}}
        if not fault:
            answers, errors, counts = self.work(rows, order, self.models.chat, self.openai_line)
            end = {"status": "completed", "completed_at": now}
            if "keep" in order:
                status = order.get("status", "expired")
                end = {"status": status, f"{status}_at": now}
            end["request_counts"] = {"total": len(rows), "completed": counts["succeeded"], "failed": counts["failed"]}
            for key, lines in [("output_file_id", answers), ("error_file_id", errors)]:
                if lines:
                    end[key] = self.keep(self.shuffled(lines), f"{value['id']}.jsonl", "batch_output")["id"]
        return self.made(value, end, order)

    @staticmethod
    def openai_line(name, value, error):
        row = {"id": f"batch_req_{name[:12]}", "custom_id": name, "response": None, "error": None}
        if value is not None:
            row["response"] = {"status_code": 200, "request_id": "r-1", "body": value}
        elif isinstance(error, int):
            body = {"error": {"message": "as asked for", "type": "refused", "code": "refused"}}
            row["response"] = {"status_code": error, "request_id": "r-1", "body": body}
        else:
            row["error"] = {"code": f"batch_{error}", "message": "This request could not be executed."}
        return row

    # Anthropic

    def anthropic(self, request, parts):
        if request.method == "POST" and not parts:
            return self.make_anthropic(request.json() or {})
        if not parts:
            return self.list(request, request.parameter("after_id"))
        batch = self.batches.get(parts[0])
        if batch is None:
            return self.missing()
        if parts[1:] == ["cancel"]:
            return self.cancel(batch)
        if parts[1:] == ["results"]:
            if batch["polls"] > 0:
                return self.missing()
            return common.Answer(batch["results"], kind="application/x-jsonl")
        value = dict(self.seen(batch))
        if value["processing_status"] == "ended":
            host = request.headers.get("Host")
            value["results_url"] = f"http://{host}/v1/messages/batches/{value['id']}/results"
        return common.Answer(value)

    def make_anthropic(self, body):
        rows = [(row.get("custom_id"), row.get("params")) for row in body.get("requests") or []]
        names = {name for name, _ in rows}
        if not rows or len(names) != len(rows) or not all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names):
            return self.models.error(400, "invalid_request_error", "requests need custom_ids of their own")
        order = self.orders.pop(0) if self.orders else {}
        now = common.iso(common.dt.datetime.now(common.dt.timezone.utc))
        counts = {"processing": len(rows), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        value = {
            "id": f"msgbatch_{len(self.batches) + 1}", "type": "message_batch", "processing_status": "in_progress",
            "request_counts": counts, "created_at": now, "expires_at": now, "ended_at": None, "archived_at": None,
            "cancel_initiated_at": None, "results_url": None}
        answers, errors, done = self.work(rows, order, self.models.messages, self.anthropic_line)
        late = "canceled" if order.get("status") == "cancelled" else "expired"
        counts = {"processing": 0, "succeeded": done["succeeded"], "errored": done["failed"], "canceled": 0, "expired": 0}
        counts[late] = done["late"]
        end = {"processing_status": "ended", "ended_at": now, "request_counts": counts}
        return self.made(value, end, order, self.shuffled(answers + errors))

    @staticmethod
    def anthropic_line(name, value, error):
        if value is not None:
            result = {"type": "succeeded", "message": value}
        elif isinstance(error, int):
            kind = {429: "rate_limit_error", 500: "api_error"}.get(error, "invalid_request_error")
            result = {"type": "errored", "error": {
                "type": "error", "request_id": "r-1", "error": {"type": kind, "message": "as asked for"}}}
        else:
            result = {"type": {"cancelled": "canceled"}.get(error, error)}
        return {"custom_id": name, "result": result}

    # Both

    def work(self, rows, order, maker, line):
        """Answers and bills what is answered; the lines of answers, those of errors, and counts."""
        answers, errors, counts = [], [], {"succeeded": 0, "failed": 0, "late": 0}
        refuse = order.get("refuse") or {}
        swallow, spoil = order.get("swallow", 0), order.get("spoil", 0)
        for place, (name, body) in enumerate(rows):
            if place >= order.get("keep", len(rows)):
                counts["late"] += 1
                errors.append(line(name, None, order.get("status", "expired")))
                continue
            value, tokens_in, tokens_out = (None, 0, 0)
            if not refuse or place % refuse.get("every", 1):
                value, tokens_in, tokens_out = maker(body)
            if value is None:
                counts["failed"] += 1
                errors.append(line(name, None, refuse.get("status", 400)))
                continue
            counts["succeeded"] += 1
            with self.models.lock:
                self.models.bill(json.dumps(body, sort_keys=True).encode(), name, tokens_in, tokens_out, share=0.5)
            value = dict(value, id=f"{value['id'].split('-')[0].split('_')[0]}-{common.hexadecimal(12, name)}")
            if counts["succeeded"] <= swallow:
                continue
            text = json.dumps(line(name, value, None), ensure_ascii=False)
            answers.append(text[: len(text) // 2] if counts["succeeded"] <= swallow + spoil else text)
        answers += answers[: order.get("repeat", 0)]
        for number in range(order.get("garbage", 0)):
            answers.append(["{", "[1, 2]", '"text"', '{"custom_id": 7}', "\x00\udcff", "", json.dumps(
                line("nobody", {"id": "x"}, None))][number % 7])
        if "huge" in order:
            answers.append("x" * order["huge"])
        return answers, errors, counts

    @staticmethod
    def shuffled(lines):
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        order = sorted(range(len(texts)), key=lambda place: common.noise("order", place))
        return "".join(texts[place] + "\n" for place in order).encode(errors="surrogateescape")

    def made(self, value, end, order, results=b""):
        self.batches[value["id"]] = {
            "value": value, "end": end, "polls": order.get("polls", self.arguments.polls), "results": results}
        return common.Answer(value)

    def seen(self, batch):
        """What is said of a batch, to one who asks after it."""
        if batch["polls"] > 0:
            batch["polls"] -= 1
            return batch["value"]
        return {**batch["value"], **batch["end"]}

    def cancel(self, batch):
        batch["polls"] = 0
        return common.Answer(dict(batch["value"], **({"cancel_initiated_at": batch["value"]["created_at"],
                                                      "processing_status": "canceling"}
                                                     if "processing_status" in batch["value"]
                                                     else {"status": "cancelling"})))

    def list(self, request, after):
        kind = "processing_status" if "/messages/" in request.path else "status"
        known = [self.seen(batch) for batch in self.batches.values() if kind in batch["value"]][::-1]
        if after:
            place = next((i for i, value in enumerate(known) if value["id"] == after), len(known))
            known = known[place + 1:]
        most = min(request.integer("limit", 20), self.arguments.max_page or 100)
        page = known[:most]
        answer = {
            "data": page, "has_more": len(known) > len(page), "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None}
        return common.Answer(answer if kind == "processing_status" else {"object": "list", **answer})
