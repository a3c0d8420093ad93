"""Writes files as the OpenTelemetry Collector's file exporter does, with calls in all conventions in use.

    otlp_files.py --folder OUT --variant plain|frames|native|native-frames --rows 200 --expect OUT/expect.jsonl

Traces go to OUT/traces.json, logs to OUT/logs.json, one signal a file as the exporter does it. Variants:

    plain           one request a line                            (format: json)
    frames          four bytes of length, then zstd of a request  (format: json, compression: zstd)
    native          one zstd stream of lines                      (the same with exporter.file.nativeCompression)
    native-frames   one zstd stream of lengths and requests       (the same with an encoding extension)

Calls are logged in turn as: messages on the span; OpenInference; the old attributes gen_ai.prompt and
gen_ai.completion; indexed attributes as OpenLLMetry wrote them; an event with all attributes beside a span without
content; an event a message (deprecated); span events (deprecated). Feedback are gen_ai.evaluation.result events,
by span, by response id alone, and OpenInference annotations on the span.

With opentelemetry-proto and protobuf each request passes through their message classes, which refuse unknown fields
and wrong types, and comes out as they write it. With zstandard missing the command zstd is used.
"""

import base64
import copy
import json
import os
import struct
import subprocess

import common

FORMS = ["messages", "openinference", "prompt", "indexed", "details", "message-events", "span-events"]


def any_value(value):
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": attributes(value)}}
    return {}


def attributes(values):
    return [{"key": key, "value": any_value(value)} for key, value in values.items() if value is not None]


def nanoseconds(moment):
    return str(round(moment.timestamp() * 1000) * 1_000_000)


def parts(message):
    """A message as the current conventions have it: a role and parts."""
    result = []
    if message.get("tool_call_id"):
        return {"role": "tool", "parts": [
            {"type": "tool_call_response", "id": message["tool_call_id"], "response": message["content"]}]}
    if message["content"]:
        result.append({"type": "text", "content": message["content"]})
    for call in message.get("tool_calls", []):
        result.append({
            "type": "tool_call", "id": call["id"], "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"])})
    return {"role": message["role"], "parts": result}


def input_parts(call):
    if call.media:
        return [{"role": "user", "parts": [
            {"type": "text", "content": call.question},
            {"type": "uri", "modality": "image", "uri": call.picture()}]}]
    return [parts(message) for message in call.input if message["role"] != "system"]


def system_parts(call):
    texts = [{"type": "text", "content": m["content"]} for m in call.input if m["role"] == "system"]
    return texts or None


def finish(call):
    return "tool_calls" if call.shape == "tool_call" else "stop"


def general(call, native):
    """Attributes that every span of the current conventions has."""
    return {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
        "gen_ai.request.model": call.model.split("-2")[0], "gen_ai.response.model": call.model,
        "gen_ai.response.id": f"chatcmpl-{call.i}", "gen_ai.conversation.id": call.session,
        "user.id": call.user, "gen_ai.response.finish_reasons": [finish(call)],
        "gen_ai.usage.input_tokens": call.tokens_in, "gen_ai.usage.output_tokens": call.tokens_out,
        "gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 500}


def indexed(prefix, messages):
    """Messages as OpenLLMetry flattened them."""
    result = {}
    for number, message in enumerate(messages):
        at = f"{prefix}.{number}"
        result[f"{at}.role"] = message["role"]
        if message["content"]:
            result[f"{at}.content"] = message["content"]
        if "tool_call_id" in message:
            result[f"{at}.tool_call_id"] = message["tool_call_id"]
        for place, call in enumerate(message.get("tool_calls", [])):
            result[f"{at}.tool_calls.{place}.id"] = call["id"]
            result[f"{at}.tool_calls.{place}.name"] = call["function"]["name"]
            result[f"{at}.tool_calls.{place}.arguments"] = call["function"]["arguments"]
    return result


def flattened(prefix, messages):
    """Messages as OpenInference flattens them."""
    result = {}
    for number, message in enumerate(messages):
        at = f"{prefix}.{number}.message"
        result[f"{at}.role"] = message["role"]
        if isinstance(message["content"], list):
            for place, part in enumerate(message["content"]):
                content = f"{at}.contents.{place}.message_content"
                if part["type"] == "text":
                    result[f"{content}.type"], result[f"{content}.text"] = "text", part["text"]
                else:
                    result[f"{content}.type"] = "image"
                    result[f"{content}.image.image.url"] = part["image_url"]["url"]
        elif message["content"]:
            result[f"{at}.content"] = message["content"]
        if "tool_call_id" in message:
            result[f"{at}.tool_call_id"] = message["tool_call_id"]
        for place, call in enumerate(message.get("tool_calls", [])):
            tool = f"{at}.tool_calls.{place}.tool_call"
            result[f"{tool}.id"] = call["id"]
            result[f"{tool}.function.name"] = call["function"]["name"]
            result[f"{tool}.function.arguments"] = call["function"]["arguments"]
    return result


def old_body(message):
    """The body of a deprecated event of one message."""
    body = {"role": message["role"], "content": message["content"] or None}
    if "tool_calls" in message:
        body["tool_calls"] = message["tool_calls"]
    if "tool_call_id" in message:
        body["id"] = message["tool_call_id"]
    return common.prune(body)


class Writer:
    """The spans and log records of one call after the other."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.spans, self.logs, self.expected = [], [], []
        for call in common.calls(arguments):
            self.add(call)

    def add(self, call):
        seed = self.arguments.seed
        form = FORMS[call.i % len(FORMS)]
        trace = common.hexadecimal(32, seed, call.trace, "trace")
        span_id = common.hexadecimal(16, seed, call.i, "span")
        span = {
            "traceId": trace, "spanId": span_id, "parentSpanId": "", "name": f"chat {call.model}", "kind": 3,
            "startTimeUnixNano": nanoseconds(call.time), "endTimeUnixNano": nanoseconds(call.end),
            "attributes": [], "status": {}}
        expected = copy.deepcopy(call.expected(f"{trace}-{span_id}"))
        expected.pop("cost")
        expected |= {"finish": finish(call), "trace": trace, "app": "support-bot"}
        if form not in ("openinference", "message-events"):
            expected["response"] = f"chatcmpl-{call.i}"
        if call.media:
            seen_as_url = form in ("messages", "details")
            expected["input"] = [{
                "content": call.question + ("\n[image]" if seen_as_url else "\n[image_url]"), "role": "user",
                "media": [{"type": "image", "url": call.picture()}]}]
        if form in ("messages", "details"):
            # Arguments stood there as objects.
            for message in [*expected["input"], expected["output"]]:
                for tool in message.get("tool_calls", []):
                    tool["function"]["arguments"] = json.dumps(
                        json.loads(tool["function"]["arguments"]), sort_keys=True, separators=(",", ":"))
        values = general(call, span_id)
        if form == "messages":
            values["gen_ai.system_instructions"] = system_parts(call) and json.dumps(system_parts(call))
            values["gen_ai.input.messages"] = json.dumps(input_parts(call), ensure_ascii=False)
            values["gen_ai.output.messages"] = json.dumps(
                [dict(parts(call.output), finish_reason=finish(call))], ensure_ascii=False)
        elif form == "openinference":
            values = self.openinference(call, expected)
        elif form == "prompt":
            values["gen_ai.system"] = values.pop("gen_ai.provider.name")
            values["gen_ai.usage.prompt_tokens"] = values.pop("gen_ai.usage.input_tokens")
            values["gen_ai.usage.completion_tokens"] = values.pop("gen_ai.usage.output_tokens")
            values["session.id"] = values.pop("gen_ai.conversation.id")
            values["enduser.id"] = values.pop("user.id")
            values["gen_ai.prompt"] = json.dumps(call.wire_messages(), ensure_ascii=False)
            values["gen_ai.completion"] = json.dumps([call.wire_output()], ensure_ascii=False)
        elif form == "indexed":
            values["gen_ai.system"] = values.pop("gen_ai.provider.name")
            # Pictures were written as JSON of their parts.
            messages = [dict(m, content=json.dumps(m["content"])) if isinstance(m["content"], list) else m
                        for m in call.wire_messages()]
            values |= indexed("gen_ai.prompt", messages) | indexed("gen_ai.completion", [call.wire_output()])
            values["gen_ai.completion.0.finish_reason"] = finish(call)
        elif form == "details":
            details = dict(values)
            details["gen_ai.system_instructions"] = system_parts(call)
            details["gen_ai.input.messages"] = input_parts(call)
            details["gen_ai.output.messages"] = [dict(parts(call.output), finish_reason=finish(call))]
            self.log(call.end, trace, span_id, "gen_ai.client.inference.operation.details", details)
            expected["time"] = common.iso(call.end)
            expected.pop("latency")
        elif form == "message-events":
            for message in call.wire_messages():
                self.log(call.time, trace, span_id, f"gen_ai.{message['role']}.message",
                         {"gen_ai.system": "openai"}, old_body(message), as_attribute=True)
            self.log(call.end, trace, span_id, "gen_ai.choice", {"gen_ai.system": "openai"},
                     {"index": 0, "finish_reason": finish(call), "message": old_body(call.wire_output())},
                     as_attribute=True)
            # The events know neither model nor session.
            for key in ["model", "conversation", "user", "tokens", "latency"]:
                expected.pop(key, None)
            expected["time"] = common.iso(call.end)
        elif form == "span-events":
            span["events"] = [
                self.event(call.time, f"gen_ai.{message['role']}.message", old_body(message))
                for message in call.wire_messages()]
            span["events"].append(self.event(call.end, "gen_ai.choice", {
                "index": 0, "finish_reason": finish(call), "message": json.dumps(old_body(call.wire_output()))}))
        self.expected.append(expected)
        if call.i % 3 == 0:
            self.feedback(call, form, trace, span_id, values)
        span["attributes"] = attributes(values)
        self.spans.append(span)

    def openinference(self, call, expected):
        expected["cost"] = call.cost
        return {
            "openinference.span.kind": "LLM", "llm.model_name": call.model, "llm.provider": "openai",
            "session.id": call.session, "user.id": call.user, "llm.token_count.prompt": call.tokens_in,
            "llm.token_count.completion": call.tokens_out, "llm.cost.total": call.cost,
            "llm.finish_reason": finish(call),
            "llm.invocation_parameters": json.dumps({"temperature": 0.2}),
            "input.value": json.dumps({"messages": call.wire_messages()}), "input.mime_type": "application/json",
            "output.value": json.dumps(call.completion()), "output.mime_type": "application/json",
        } | flattened("llm.input_messages", call.wire_messages()) | flattened(
            "llm.output_messages", [call.wire_output()])

    def event(self, moment, name, body):
        values = {key: value if isinstance(value, (str, int)) else json.dumps(value) for key, value in body.items()}
        return {"timeUnixNano": nanoseconds(moment), "name": name, "attributes": attributes(values)}

    def log(self, moment, trace, span_id, name, values, body=None, as_attribute=False):
        record = {"timeUnixNano": nanoseconds(moment), "observedTimeUnixNano": nanoseconds(moment)}
        if trace:
            record |= {"traceId": trace, "spanId": span_id}
        if as_attribute:
            values = {"event.name": name} | values
        else:
            record["eventName"] = name
        record["attributes"] = attributes(values)
        if body is not None:
            record["body"] = any_value(body)
        self.logs.append(record)

    def feedback(self, call, form, trace, span_id, values):
        seed = self.arguments.seed
        moment = common.late(call, self.arguments)
        score = common.noise(seed, call.i, "score") % 2
        comment = f"wrong invoice (case {call.i})" if score == 0 else None
        expected = {
            "type": "feedback", "signal": "thumb", "value": 1 if score else -1,
            "target": f"{trace}-{span_id}", "comment": comment, "time": common.iso(moment)}
        if form == "openinference":
            values |= common.prune({
                "annotations.0.annotation.name": "user_feedback",
                "annotations.0.annotation.label": "thumbs-up" if score else "thumbs-down",
                "annotations.0.annotation.score": float(score),
                "annotations.0.annotation.explanation": comment,
                "annotations.0.annotation.annotator_kind": "HUMAN"})
            expected["id"] = f"{trace}-{span_id}#annotation-0"
            expected["time"] = common.iso(call.end)
        else:
            # Those who rate in another process know the answer's id only.
            by_response = call.i % 2 == 0 and form not in ("message-events",)
            self.log(moment, None if by_response else trace, None if by_response else span_id,
                     "gen_ai.evaluation.result", {
                         "gen_ai.evaluation.name": "user_feedback",
                         "gen_ai.evaluation.score.value": float(score),
                         "gen_ai.evaluation.score.label": "thumbs_up" if score else "thumbs_down",
                         "gen_ai.evaluation.explanation": comment,
                         "gen_ai.response.id": f"chatcmpl-{call.i}" if by_response else None})
            expected["id"] = f"{trace}-{span_id}#user_feedback"
            if by_response:
                expected["id"] = f"chatcmpl-{call.i}#user_feedback"
                expected["trace"] = f"chatcmpl-{call.i}"
                expected.pop("target")
        self.expected.append(common.prune(expected))

    def requests(self):
        """The export requests of both signals, a few records in each."""
        resource = {"attributes": attributes({"service.name": "support-bot"})}
        size = self.arguments.batch
        traces = [{"resourceSpans": [{"resource": resource, "scopeSpans": [
            {"scope": {"name": "flywheel.contract"}, "spans": self.spans[at:at + size]}]}]}
            for at in range(0, len(self.spans), size)]
        logs, batch = [], []
        for record in self.logs:
            # The events of one call are exported together.
            if len(batch) >= size and record.get("spanId") != batch[-1].get("spanId"):
                logs.append(batch)
                batch = []
            batch.append(record)
        logs = [{"resourceLogs": [{"resource": resource, "scopeLogs": [
            {"scope": {"name": "flywheel.contract"}, "logRecords": records}]}]}
            for records in logs + [batch] if records]
        return traces, logs


def through_messages(request):
    """The request as protobuf's classes write it; itself if the packages are not there."""
    try:
        from google.protobuf import json_format
        from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
    except ImportError:
        return request

    def ids(value, change):
        if isinstance(value, dict):
            return {key: change(item) if key in ("traceId", "spanId", "parentSpanId") else ids(item, change)
                    for key, item in value.items()}
        return [ids(item, change) for item in value] if isinstance(value, list) else value

    kind = (trace_service_pb2.ExportTraceServiceRequest if "resourceSpans" in request
            else logs_service_pb2.ExportLogsServiceRequest)
    # OTLP's JSON has ids in hexadecimal where protobuf's has Base64.
    coded = ids(copy.deepcopy(request), lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    message = json_format.ParseDict(coded, kind())
    written = json_format.MessageToDict(message, use_integers_for_enums=True)
    return ids(written, lambda text: base64.b64decode(text).hex())


def compressed(data):
    try:
        import zstandard
    except ImportError:
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return zstandard.ZstdCompressor().compress(data)


def framed(data):
    return struct.pack(">I", len(data)) + data


def encode(requests, variant):
    texts = [json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() for request in requests]
    lines = b"".join(text + b"\n" for text in texts)
    if variant == "plain":
        return lines
    if variant == "frames":
        return b"".join(framed(compressed(text)) for text in texts)
    if variant == "native":
        return compressed(lines)
    return compressed(b"".join(framed(text) for text in texts))


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--variant", choices=["plain", "frames", "native", "native-frames"], default="plain")
    parser.add_argument("--batch", type=int, default=5, help="records in one request")
    arguments = parser.parse_args()
    writer = Writer(arguments)
    os.makedirs(arguments.folder, exist_ok=True)
    for name, requests in zip(["traces", "logs"], writer.requests()):
        with open(os.path.join(arguments.folder, f"{name}.json"), "wb") as file:
            file.write(encode([through_messages(request) for request in requests], arguments.variant))
    common.write_expected(arguments, writer.expected)


if __name__ == "__main__":
    main()
