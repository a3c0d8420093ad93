"""Has the real LiteLLM log calls to a callback that writes files, and says what a reader must make of them.

    litellm_capture.py --folder OUT --mode sdk|proxy --layout files|array|ndjson --rows 30 --expect OUT/expect.jsonl

`sdk` calls `litellm.completion` in this process; `proxy` starts the `litellm` command with a configuration of one
canned model on a free port of 127.0.0.1 and calls it by HTTP. No model and no network are needed: the answers are
LiteLLM's mock answers. Layouts: a file a call, as its S3 and GCS loggers write; an array, as its HTTP logger posts
by default; lines. `--spend` adds rows as the proxy's spend-log table has them, made of the logged calls: content in
`proxy_server_request` and `response`, JSON columns as text, one body cut by the table's own limit.

Ids and times are LiteLLM's own, so two runs differ; the expectation holds what LiteLLM told the callers.
"""

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import common

CALLBACK = '''
import json, os
from litellm.integrations.custom_logger import CustomLogger

class FileLogger(CustomLogger):
    def write(self, kwargs):
        payload = kwargs.get("standard_logging_object")
        if payload is None:
            return
        folder = os.environ["FLYWHEEL_CAPTURE"]
        name = payload["litellm_call_id"] if payload.get("litellm_call_id") else payload["id"]
        part = os.path.join(folder, name + ".part")
        with open(part, "w") as file:
            json.dump(payload, file, default=str, indent=None)
        os.rename(part, os.path.join(folder, name + ".json"))

    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    def log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

file_logger = FileLogger()
'''


def settings(folder):
    os.environ.update({
        "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "FLYWHEEL_CAPTURE": folder})


def expectation(call, answer, cost):
    """What a reader must make of a call that was answered like this."""
    expected = call.expected(answer["id"])
    for key in ["time", "latency", "cost"]:
        expected.pop(key, None)
    expected["output"]["content"] = answer["choices"][0]["message"]["content"] or ""
    if call.media:
        expected["input"] = [{"content": call.question + "\n[image_url]", "role": "user",
                              "media": [{"type": "image", "url": call.picture()}]}]
    expected["tokens"] = {
        "input": answer["usage"]["prompt_tokens"], "output": answer["usage"]["completion_tokens"]}
    expected["finish"] = answer["choices"][0]["finish_reason"]
    if cost is not None:
        expected["cost"] = cost
    return expected


def by_sdk(arguments, raw):
    settings(raw)
    # This folder has a server of the name `openai`, which LiteLLM must not take for the package.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path = [path for path in sys.path if os.path.abspath(path or ".") != here]
    import litellm

    space = {}
    exec(CALLBACK, space)
    litellm.callbacks = [space["file_logger"]]
    result = []
    for call in common.calls(arguments):
        options = {"model": call.model, "messages": call.wire_messages(), "user": call.user,
                   "metadata": {"tags": ["prod"]}, "temperature": 0.2}
        if call.session:
            options["litellm_session_id"] = call.session
        if call.shape == "tool_call":
            options["mock_tool_calls"] = call.tool_calls
        else:
            options["mock_response"] = call.answer
        if call.i % 5 == 4 and call.shape != "tool_call":
            options["stream"] = True
            chunks = list(litellm.completion(**options))
            answer = litellm.stream_chunk_builder(chunks, messages=options["messages"]).model_dump()
            answer["id"] = chunks[0].id
            expected = expectation(call, answer, None)
            # Of a stream the caller learns no cost and no usage of its own.
            expected.pop("tokens")
            result.append(expected)
            continue
        response = litellm.completion(**options)
        result.append(expectation(call, response.model_dump(), response._hidden_params.get("response_cost")))
    return result


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def by_proxy(arguments, raw):
    settings(raw)
    port = arguments.port or free_port()
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "file_callback.py"), "w") as file:
            file.write(CALLBACK)
        models = [{"model_name": f"canned-{call.i}", "litellm_params": {
            "model": f"openai/{call.model}", "api_key": "none", "mock_response": call.answer}}
            for call in common.calls(arguments)]
        with open(os.path.join(folder, "config.yaml"), "w", encoding="utf-8") as file:
            # YAML reads no surrogate pairs, as JSON writes them by default.
            json.dump({"model_list": models,
                       "litellm_settings": {"telemetry": False, "callbacks": "file_callback.file_logger"},
                       "general_settings": {"master_key": "sk-flywheel-test"}}, file, ensure_ascii=False)
        command = os.path.join(os.path.dirname(sys.executable), "litellm")
        child = subprocess.Popen(
            [command, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)], cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            base = f"http://127.0.0.1:{port}"
            wait(base + "/health/liveliness", child)
            return [ask(base, call) for call in common.calls(arguments)]
        finally:
            settle(raw, arguments.rows)
            child.terminate()
            child.wait(20)


def wait(url, child):
    for _ in range(1200):
        if child.poll() is not None:
            raise SystemExit(f"the proxy ended with {child.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the proxy did not become ready")


def ask(base, call):
    if call.shape == "tool_call":
        # A mock model of the proxy answers with text only.
        call.output = {"content": call.answer, "role": "assistant"}
    body = {"model": f"canned-{call.i}", "messages": call.wire_messages(), "temperature": 0.2}
    if call.user:
        body["user"] = call.user
    if call.session:
        body["litellm_session_id"] = call.session
    request = urllib.request.Request(
        base + "/v1/chat/completions", json.dumps(body).encode(),
        {"Authorization": "Bearer sk-flywheel-test", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.loads(response.read())
        cost = response.headers.get("x-litellm-response-cost")
    expected = expectation(call, answer, float(cost) if cost else None)
    # The proxy logs the model as its configuration names it.
    expected["model"] = f"openai/{call.model}"
    return expected


def settle(raw, count):
    """Callbacks run after the answer."""
    for _ in range(300):
        if len([name for name in os.listdir(raw) if name.endswith(".json")]) >= count:
            return
        time.sleep(0.1)


def spend_row(payload):
    """The row that the proxy's database has of a call, with JSON columns as text."""
    def moment(seconds):
        return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")

    return {
        "request_id": payload["id"], "call_type": payload["call_type"], "spend": payload["response_cost"],
        "total_tokens": payload["total_tokens"], "prompt_tokens": payload["prompt_tokens"],
        "completion_tokens": payload["completion_tokens"], "startTime": moment(payload["startTime"]),
        "endTime": moment(payload["endTime"]), "model": payload["model"], "user": "", "status": "success",
        "end_user": payload.get("end_user") or payload["model_parameters"].get("user") or "",
        "session_id": payload.get("session_id") or payload.get("trace_id"), "messages": "{}",
        "proxy_server_request": json.dumps({"model": payload["model"], "messages": payload["messages"]}),
        "response": json.dumps(payload["response"]), "metadata": json.dumps({"status": "success"})}


def main():
    # Children of a Swift program start with most signals blocked; what this one starts would never end.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    parser = common.parser(__doc__)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--mode", choices=["sdk", "proxy"], default="sdk")
    parser.add_argument("--layout", choices=["files", "array", "ndjson"], default="files")
    parser.add_argument("--spend", action="store_true")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as raw:
        expected = by_sdk(arguments, raw) if arguments.mode == "sdk" else by_proxy(arguments, raw)
        settle(raw, arguments.rows)
        payloads = []
        for name in sorted(os.listdir(raw)):
            if name.endswith(".json"):
                with open(os.path.join(raw, name), encoding="utf-8") as file:
                    payloads.append((name, json.load(file)))
    if len(payloads) != arguments.rows:
        raise SystemExit(f"{len(payloads)} of {arguments.rows} calls were logged")
    if arguments.spend:
        with open(os.path.join(arguments.folder, "spend.json"), "w", encoding="utf-8") as file:
            json.dump([spend_row(payload) for _, payload in payloads], file, indent=2)
    elif arguments.layout == "files":
        for name, payload in payloads:
            with open(os.path.join(arguments.folder, name), "w", encoding="utf-8") as file:
                json.dump(payload, file)
    else:
        with open(os.path.join(arguments.folder, "batch.json"), "w", encoding="utf-8") as file:
            if arguments.layout == "array":
                json.dump([payload for _, payload in payloads], file)
            else:
                file.writelines(json.dumps(payload) + "\n" for _, payload in payloads)
    common.write_expected(arguments, expected)


if __name__ == "__main__":
    main()
