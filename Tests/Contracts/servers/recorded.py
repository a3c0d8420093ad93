"""Plays answers that real Phoenix and MLflow servers gave, recorded in Fixtures/, page by page and id by id.

It knows of each request what the connectors use; the real servers are in Jobs/real-sources. `POST /__control`
takes {"fault": NAME}: `old` answers 404 for what older servers lack, `loop` repeats a cursor for ever, `html` answers
a page of a proxy, `second` answers in the second of the newest stamps, `none` ends it.
"""

import argparse
import base64
import email.utils
import http.server
import json
import os
import pathlib
import sys
import threading
import time
import urllib.parse

FIXTURES = pathlib.Path(__file__).parent.parent / "Fixtures"


def recorded(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fault = "none"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, kind="application/json", date=None):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response_only(status)
        self.send_header("Date", date or email.utils.formatdate(usegmt=True))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def missing(self, text="Not Found"):
        self.answer(text, 404, "text/plain; charset=utf-8")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/__control":
            Handler.fault = body["fault"]
            return self.answer({})
        if self.path != "/api/3.0/mlflow/traces/search" or Handler.fault == "old":
            return self.missing()
        traces = recorded("mlflow-search")["traces"]
        if body["locations"][0]["mlflow_experiment"]["experiment_id"] != "1":
            return self.answer({})
        token, size = body.get("page_token"), body["max_results"]
        offset = json.loads(base64.b64decode(token))["offset"] if token else 0
        page = {"traces": traces[offset:offset + size]}
        if len(page["traces"]) == size:
            page["next_page_token"] = base64.b64encode(json.dumps({"offset": offset + size}).encode()).decode()
        self.answer(page)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if Handler.fault == "html":
            return self.answer("<html>sign in</html>", 200, "text/html")
        if url.path.startswith("/v1/projects/recorded/"):
            return self.phoenix(url.path.rsplit("/", 1)[1], query)
        if url.path == "/api/2.0/mlflow/experiments/get-by-name" and query["experiment_name"] == ["try"]:
            return self.answer({"experiment": {"experiment_id": "1", "name": "try"}})
        if url.path == "/api/3.0/mlflow/traces/batchGet" and Handler.fault != "no-batch":
            traces = recorded("mlflow-batch")["traces"]
            return self.answer({"traces": [t for t in traces if t["trace_info"]["trace_id"] in query["trace_ids"]]})
        if url.path == "/ajax-api/3.0/mlflow/get-trace-artifact":
            artifact = recorded("mlflow-artifact")
            if query["request_id"][0] in json.dumps(artifact["spans"][0]["attributes"]["mlflow.traceRequestId"]):
                return self.answer(artifact)
        self.missing("Project with name nope not found")

    def phoenix(self, what, query):
        if what == "spans":
            spans = recorded("phoenix-spans")["data"]
            if Handler.fault == "loop":
                return self.answer({"data": spans[:1], "next_cursor": "U3Bhbjox"})
            number = lambda text: int(base64.b64decode(text).split(b":")[1])
            if "cursor" in query:
                spans = [span for span in spans if number(span["id"]) <= number(query["cursor"][0])]
            size = int(query["limit"][0])
            return self.answer({"data": spans[:size], "next_cursor": spans[size]["id"] if len(spans) > size else None})
        kind = what.removesuffix("_annotations")
        if kind not in ("span", "trace", "session") or (Handler.fault == "old" and kind != "span"):
            return self.missing()
        ids = query.get(f"{kind}_ids", [])
        if not ids:
            return self.answer("At least one of span_ids or identifier must be supplied", 422, "text/plain")
        rows = [row for row in recorded(f"phoenix-{kind}-annotations")["data"] if row[f"{kind}_id"] in ids]
        date = None
        if Handler.fault == "second":
            date = "Mon, 23 Nov 2026 15:47:25 GMT"
        self.answer({"data": rows, "next_cursor": None}, date=date)


def end_with(parent):
    """Ends with the test, however that ends."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--port", type=int, default=0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
    print(json.dumps({"port": server.server_address[1]}))
    sys.stdout.flush()
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
