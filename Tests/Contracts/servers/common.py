"""What the loopback servers of this folder share: arguments, deterministic data, HTTP, paging and faults.

Python 3.11, standard library only. A server is a function from a `Request` to an `Answer`:

    def answer(request): ...
    common.serve(arguments, answer)

`serve` prints one line `{"port":N}` when it is ready. Beside the vendor's own paths there are

    POST /__control   {"fault": NAME, "path": PART, "after": N, "times": N, "every": N, ...} adds a fault;
                      {"clear": true} removes all and forgets the log; other keys go to `control`.
    GET  /__requests  the requests so far: method, path, query, body and the names of the headers.

Faults that this file applies to any vendor (all others are for the vendor: `request.fault(NAME)`):

    status    {"status": 429, "retry_after": "1", "body": "..."}
    cut       the head promises the whole body, half of it is sent and the connection closed
    html      200 with a page of HTML, as a login page or a proxy answers
    redirect  {"to": URL, "status": 302}
    garbage   200 with JSON that ends in the middle, all of it sent
    slow      {"seconds": 1.5}
    huge      {"bytes": N}: 200 with a body of JSON white space of that length
    pad       {"bytes": N}: the right answer after JSON white space of that length
    lost      the request is done, and the connection closed without a byte of the answer
    late      {"seconds": 1.5}: the request is done, and its answer comes later
    twice     the right answer is sent twice, the second as if it were the next request's

A fault matches requests whose path contains `path` (default: all of them), leaves the first `after` alone,
then takes `times` of them (default: every one; with `every`, only each Nth).
"""

import argparse
import base64
import datetime as dt
import gzip
import hashlib
import hmac
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse


# Arguments


def parser(description):
    """The arguments that every server takes."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--port", type=int, default=0, help="0 takes a free one")
    result.add_argument("--rows", type=int, default=100, help="interactions to make up")
    result.add_argument("--seed", type=int, default=1)
    result.add_argument("--now", default="2026-11-20T12:00:00Z", help="times are relative to it")
    result.add_argument("--days", type=float, default=5, help="days before now that the interactions spread over")
    result.add_argument("--key", default="test-key", help="the secret that is let in; 'forbidden' gets 403")
    result.add_argument("--expect", help="file for the records that a correct reader ends with; - for stdout")
    result.add_argument("--generation", choices=["new", "legacy"], default="new")
    result.add_argument("--max-page", type=int, default=0, help="cap on any page size, to get more pages")
    result.add_argument("--stay", action="store_true", help="serve on when the process that started this has ended")
    result.add_argument("--tls", action="store_true", help="https with a certificate that nobody knows; needs openssl")
    result.add_argument("--gzip", action="store_true", help="compress answers for clients that accept it")
    return result


# Deterministic data


def noise(*parts):
    """A number from 0 up to 2^64 that depends on nothing but the parts."""
    text = "/".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def pick(choices, *parts):
    return choices[noise(*parts) % len(choices)]


def hexadecimal(length, *parts):
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()[:length]


def uuid(*parts):
    """A UUID of version 4 in form, made from the parts."""
    h = hexadecimal(32, *parts)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:32]}"


def instant(text):
    """The UTC time of an ISO 8601 text; one without a zone is UTC."""
    value = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)


def iso(value):
    """2026-11-20T12:00:00.000Z, as flywheel writes times."""
    value = value.astimezone(dt.timezone.utc)
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def seconds(value):
    return dt.timedelta(seconds=value)


QUESTIONS = [
    "How do I reset my password?", "Where is my invoice for March?", "Kann ich das Abo pausieren?",
    "Why was I charged twice?", "¿Cómo exporto mis datos?", "Does the plan cover three seats?",
    "The app says \"no route\\to host\"\nwhat now?", "領収書はどこですか？", "Is there a discount for schools? 🎓",
]
ANSWERS = [
    "Open Settings, then Security.", "Under Billing, choose the month.", "Ja, unter Konto und Abo.",
    "One of the two is a hold that expires.", "En Ajustes, elige Exportar.", "Yes, up to five seats.",
    "Check the proxy, then \"retry\".", "アカウント画面の「請求」です。", "Yes: half the price. 🎉",
]
TOOLS = [{"function": {"name": "find_invoice", "parameters": {"type": "object"}}, "type": "function"}]
PICTURE = "https://files.example/screens/{}.png"
MODELS = ["gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5"]

# What a call looks like to its writer; servers decide how their vendor would log it.
SHAPES = ["messages", "messages", "text", "langchain", "system", "history", "tool_call", "tool_result", "media"]


class Call:
    """One interaction, in no vendor's form.

    `input` holds the messages as flywheel keeps them, `output` the assistant message; `None` for a call that
    failed. A user or session of `None` was never logged.
    """

    def __init__(self, i, arguments):
        seed = arguments.seed
        self.i = i
        self.shape = SHAPES[i % len(SHAPES)]
        start = instant(arguments.now) - dt.timedelta(days=arguments.days)
        step = arguments.days * 86400 / max(1, arguments.rows)
        # Every ninth call starts at the same time as the one before it, the hard case for paging by time.
        slot = i - 1 if i % 9 == 8 else i
        milliseconds = int((slot * step + noise(seed, slot, "ms") % 1000 * step / 2000) * 1000)
        self.time = start + dt.timedelta(milliseconds=milliseconds)
        self.latency = 0.25 + noise(seed, i, "latency") % 4000 / 1000
        self.end = self.time + dt.timedelta(milliseconds=round(self.latency * 1000))
        self.latency = round((self.end - self.time).total_seconds(), 3)
        # Two calls make a trace, four a session; some callers log neither user nor session.
        self.trace = i // 2
        self.anonymous = (i // 2) % 7 == 3
        self.session = None if self.anonymous else f"session-{i // 4}"
        self.user = None if self.anonymous else f"user-{noise(seed, i // 4, 'user') % 40}"
        self.model = pick(MODELS, seed, i, "model")
        self.tokens_in = 10 + noise(seed, i, "in") % 300
        self.tokens_out = 3 + noise(seed, i, "out") % 200
        self.cost = round((self.tokens_in * 3 + self.tokens_out * 12) / 1e7, 9)
        self.question = f"{pick(QUESTIONS, seed, i, 'q')} (case {i})"
        self.answer = f"{pick(ANSWERS, seed, i, 'a')} (case {i})"
        if i % 27 == 2:
            # Text that is JSON too: a reader that parses it must not make 1.5 of it.
            self.answer = "1.50"
        self.input = [{"content": self.question, "role": "user"}]
        self.output = {"content": self.answer, "role": "assistant"}
        self.media = self.shape == "media"
        if self.media:
            self.input[0] = {
                "content": self.question + "\n[image_url]", "media": [{"type": "image", "url": self.picture()}],
                "role": "user"}
        self.tool_calls = [{
            "function": {"arguments": json.dumps({"case": i, "month": "March"}), "name": "find_invoice"},
            "id": f"call_{i}", "type": "function"}]
        if self.shape == "system":
            self.input.insert(0, {"content": "You are the support assistant.", "role": "system"})
        elif self.shape == "history":
            self.input = [
                {"content": f"Hello, this is case {i}.", "role": "user"},
                {"content": "Hello! What can I do?", "role": "assistant"}] + self.input
        elif self.shape == "tool_call":
            self.output = {"content": "", "role": "assistant", "tool_calls": self.tool_calls}
        elif self.shape == "tool_result":
            self.input += [
                {"content": "", "role": "assistant", "tool_calls": self.tool_calls},
                {"content": json.dumps({"invoice": f"R-{i}", "total": 12.5}), "role": "tool",
                 "tool_call_id": f"call_{i}"}]

    def picture(self):
        return PICTURE.format(self.i)

    def wire_messages(self):
        """The input as an OpenAI client sends it: parts for a picture, null content beside tool calls."""
        if self.shape == "media":
            return [{"role": "user", "content": [
                {"type": "text", "text": self.question},
                {"type": "image_url", "image_url": {"url": self.picture()}}]}]
        return [self._wire(message) for message in self.input]

    def wire_output(self):
        return self._wire(self.output)

    def completion(self, usage="usage"):
        """The whole answer of a chat completion."""
        counts = {"prompt_tokens": self.tokens_in, "completion_tokens": self.tokens_out,
                  "total_tokens": self.tokens_in + self.tokens_out}
        if usage == "usage_metadata":
            counts = {"input_tokens": self.tokens_in, "output_tokens": self.tokens_out,
                      "total_tokens": self.tokens_in + self.tokens_out}
        finish = "tool_calls" if self.shape == "tool_call" else "stop"
        return {
            "id": f"chatcmpl-{self.i}", "object": "chat.completion", "created": int(self.time.timestamp()),
            "model": self.model, usage: counts,
            "choices": [{"index": 0, "message": self.wire_output(), "finish_reason": finish}]}

    @staticmethod
    def _wire(message):
        result = {"role": message["role"], "content": message["content"]}
        if "tool_calls" in message:
            result["tool_calls"] = message["tool_calls"]
            result["content"] = None
        if "tool_call_id" in message:
            result["tool_call_id"] = message["tool_call_id"]
        return result

    def langchain_messages(self):
        """The input as LangChain serialises it: constructors with `kwargs`."""
        names = {"user": "HumanMessage", "assistant": "AIMessage", "system": "SystemMessage"}
        return [{
            "lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", names[message["role"]]],
            "kwargs": {"content": message["content"], "additional_kwargs": {}}} for message in self.input]

    def langchain_output(self):
        return {
            "generations": [[{
                "text": self.answer, "type": "ChatGeneration",
                "generation_info": {"finish_reason": "stop"},
                "message": {
                    "lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"],
                    "kwargs": {"content": self.answer, "additional_kwargs": {}}}}]],
            "llm_output": {"model_name": self.model}, "run": None}

    def expected(self, native):
        """What flywheel ends with, but for the source's name and what only the vendor knows."""
        return prune({
            "type": "interaction", "id": native, "time": iso(self.time), "conversation": self.session,
            "user": pseudonym(self.user), "model": self.model, "input": self.input, "output": self.output,
            "tokens": {"input": self.tokens_in, "output": self.tokens_out}, "cost": self.cost,
            "latency": self.latency, "media": self.media or None})


def calls(arguments):
    return [Call(i, arguments) for i in range(arguments.rows)]


def late(call, arguments, *parts):
    """When feedback on a call came: at once, or up to days later, but never after now."""
    delay = pick([20, 90, 3600, 86400, 2 * 86400, 4 * 86400], arguments.seed, call.i, "late", *parts)
    end = instant(arguments.now) - seconds(60)
    return min(call.end + dt.timedelta(seconds=delay, milliseconds=noise(arguments.seed, call.i, *parts) % 1000), end)


def pseudonym(user):
    """What flywheel makes of a user under the key of the tests: 32 bytes of the value 7."""
    if user is None:
        return None
    digest = hmac.new(bytes([7]) * 32, b"user\0" + user.encode(), hashlib.sha256).digest()
    return "u-" + digest[:10].hex()


def prune(value):
    """A dictionary without its members that are None."""
    return {key: item for key, item in value.items() if item is not None}


def write_expected(arguments, records):
    """Writes `--expect`: one record a line, sorted by type and id."""
    if not arguments.expect:
        return
    records = sorted(records, key=lambda record: (record["type"], record["id"]))
    text = "".join(json.dumps(r, ensure_ascii=False, sort_keys=True) + "\n" for r in records)
    if arguments.expect == "-":
        sys.stdout.write(text)
    else:
        with open(arguments.expect, "w", encoding="utf-8") as file:
            file.write(text)


def token(value):
    """An opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read_token(text):
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None


# HTTP


class Request:
    def __init__(self, method, target, headers, body):
        parts = urllib.parse.urlsplit(target)
        self.method = method
        self.path = urllib.parse.unquote(parts.path)
        self.query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        self.headers = headers
        self.body = body
        self.faults = {}

    def parameter(self, name, default=None):
        return self.query.get(name, [default])[0]

    def integer(self, name, default):
        try:
            return int(self.parameter(name, default))
        except ValueError:
            return -1

    def json(self):
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None

    def fault(self, name):
        """The fault of that name that is due for this request; None if there is none."""
        return self.faults.get(name)


class Answer:
    """A status, a value that becomes JSON, or bytes with their type."""

    def __init__(self, value, status=200, headers=None, kind="application/json"):
        self.status = status
        self.headers = dict(headers or {})
        self.kind = kind
        self.body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()


class Faults:
    """The faults that were asked for, and how often each was due."""

    def __init__(self):
        self.lock = threading.Lock()
        self.known = []
        self.log = []

    def add(self, fault):
        with self.lock:
            self.known.append(dict(fault, seen=0, used=0))

    def clear(self):
        with self.lock:
            self.known, self.log = [], []

    def due(self, request):
        with self.lock:
            names = sorted(name.lower() for name in request.headers.keys())
            self.log.append({
                "method": request.method, "path": request.path, "query": request.query, "headers": names,
                "body": request.json() if request.body else None})
            for fault in self.known:
                if fault.get("path", "") not in request.path:
                    continue
                fault["seen"] += 1
                if fault["seen"] <= fault.get("after", 0):
                    continue
                if (fault["seen"] - fault.get("after", 0)) % fault.get("every", 1):
                    continue
                if fault["used"] >= fault.get("times", 1 << 60):
                    continue
                fault["used"] += 1
                request.faults.setdefault(fault["fault"], fault)


HTML = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n"


def serve(arguments, answer, control=None, ready=None):
    """Answers until the process is ended.

    `control` gets what else is posted to /__control; `ready` adds to the line that says the port.
    """
    faults = Faults()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = Request(self.command, self.path, self.headers, body)
            if request.path == "/__control":
                wanted = request.json() or {}
                if wanted.get("clear"):
                    faults.clear()
                elif "fault" in wanted:
                    faults.add(wanted)
                elif control:
                    control(wanted)
                return self.send(Answer({"ok": True}))
            if request.path == "/__requests":
                return self.send(Answer(faults.log))
            faults.due(request)
            self.send_faulty(request)

        def send_faulty(self, request):
            slow = request.fault("slow")
            if slow:
                time.sleep(slow.get("seconds", 1))
            status = request.fault("status")
            if status:
                headers = {"Retry-After": str(status["retry_after"])} if "retry_after" in status else {}
                body = status.get("body", {"message": "as asked for"})
                return self.send(Answer(body.encode() if isinstance(body, str) else body, status["status"], headers))
            if request.fault("html"):
                return self.send(Answer(HTML, kind="text/html; charset=utf-8"))
            redirect = request.fault("redirect")
            if redirect:
                return self.send(Answer(b"", redirect.get("status", 302), {"Location": redirect["to"]}))
            huge = request.fault("huge")
            if huge:
                return self.send(Answer(b" " * huge["bytes"]))
            result = answer(request)
            if request.fault("lost"):
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return None
            late = request.fault("late")
            if late:
                time.sleep(late.get("seconds", 1))
            pad = request.fault("pad")
            if pad:
                result.body = b" " * pad["bytes"] + result.body
            if request.fault("garbage"):
                result.body = result.body[: len(result.body) // 2]
            self.send(result, cut=request.fault("cut") is not None)
            if request.fault("twice"):
                self.send(result)

        def send(self, result, cut=False):
            body = result.body
            self.send_response(result.status)
            if arguments.gzip and "gzip" in (self.headers.get("Accept-Encoding") or ""):
                body = gzip.compress(body, mtime=0)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Type", result.kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in result.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if cut:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            elif self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

        def log_message(self, *parts):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request, client_address):
            # A client that went away is its own business; anything else is a fault of this server.
            if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
                super().handle_error(request, client_address)

    # Children of a Swift program start with most signals blocked, so that ending them would do nothing.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])

    def watch(parent):
        # Whoever started this may die without ending it; then nobody needs it.
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    if not arguments.stay:
        threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
    server = Server(("127.0.0.1", arguments.port), Handler)
    line = dict({"port": server.server_address[1]}, **(ready or {}))
    if arguments.tls:
        line["certificate"] = secure(server)
    print(json.dumps(line), flush=True)
    server.serve_forever()


def secure(server):
    """Wraps the server in TLS; the path of its own certificate, left to the caller to remove."""
    folder = tempfile.mkdtemp(prefix="flywheel-tls-")
    certificate, key = folder + "/certificate.pem", folder + "/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # The handshake belongs into the connection's thread, not into the one that accepts.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    os.remove(key)
    return certificate


def authorised(key, secret):
    """None for the right key; else the answer: 403 for the key `forbidden`, 401 for any other."""
    if key == secret:
        return None
    if key == "forbidden":
        return Answer({"message": "This key may not read this project", "error": "Forbidden"}, 403)
    return Answer({"message": "Invalid credentials", "error": "Unauthorized"}, 401)
