"""Writes interactions and annotations into a real Phoenix server with Phoenix's own client, and says what a correct
reader must end with.

Two thirds of the spans go through the client's JSON route, a third as OTLP protobuf from the OpenTelemetry SDK, as
instrumented programs send them. Beside the interactions (kind LLM) there are spans of other kinds; beside the
people's annotations there are a model's; some annotations are changed later under the same identifier, and some
come before their span is visible. The same seed and --now write the same content; ids of annotations are the
server's own and are read back with the client at the end.

    phoenix_load.py --address http://127.0.0.1:6006 --project shop --rows 10000 --annotations 10000 \
        --now 2026-11-23T12:00:00Z --over 60 --expect expect.jsonl

It prints a line when it begins to write, and ends when everything that it wrote can be read.
"""

import argparse
import datetime
import hashlib
import json
import sys
import time

import httpx
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, set_span_in_context
from phoenix.client import Client

BATCH = 200
LIMIT = 120
SHAPES = 10
LABELS_UP = ["positive", "thumbs-up", "thumbs_up", "👍"]
LABELS_DOWN = ["negative", "thumbs-down", "thumbs_down", "👎"]
TOOLS = {"type": "function", "function": {"name": "get_order", "parameters": {"type": "object"}}}


def digest(*parts):
    """A number that depends on the parts alone."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8], "big")


def hexadecimal(length, *parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:length]


def stamp(time_):
    """As the lake writes times: milliseconds, Z."""
    return time_.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (time_.microsecond // 1000)


def words(count, *parts):
    pool = "order parcel refund colour size return label courier window account invoice basket".split()
    return " ".join(pool[digest(*parts, k) % len(pool)] for k in range(count))


def flattened(prefix, messages):
    """OpenInference's flattened attributes of messages as an OpenAI client sends them."""
    flat = {}
    for i, message in enumerate(messages):
        here = f"{prefix}.{i}.message"
        flat[f"{here}.role"] = message["role"]
        content = message.get("content")
        if isinstance(content, list):
            for j, part in enumerate(content):
                there = f"{here}.contents.{j}.message_content"
                flat[f"{there}.type"] = part["type"]
                if part["type"] == "image":
                    flat[f"{there}.image.image.url"] = part["url"]
                else:
                    flat[f"{there}.text"] = part["text"]
        elif content is not None:
            flat[f"{here}.content"] = content
        for key in ("name", "tool_call_id"):
            if key in message:
                flat[f"{here}.{key}"] = message[key]
        for k, call in enumerate(message.get("tool_calls", [])):
            there = f"{here}.tool_calls.{k}.tool_call"
            flat[f"{there}.id"] = call["id"]
            flat[f"{there}.function.name"] = call["function"]["name"]
            flat[f"{there}.function.arguments"] = call["function"]["arguments"]
    return flat


def call(identifier, i):
    return {
        "function": {"arguments": json.dumps({"order": f"o{i}"}), "name": "get_order"},
        "id": identifier,
        "type": "function",
    }


def conversation(seed, i):
    """Input and output of an interaction: (attributes, expected input, expected output, media)."""
    question = f"{words(6 + i % 30, seed, i, 'q')}?"
    answer = f"{words(10 + i % 60, seed, i, 'a')}."
    system = {"content": "You are the help desk of a shop.", "role": "system"}
    user = {"content": question, "role": "user"}
    reply = {"content": answer, "role": "assistant"}
    shape = i % SHAPES
    media = False
    given, output = [system, user], reply
    wire_in, wire_out = None, None
    if shape == 1:
        given = [system, user, {"content": words(8, seed, i, "b"), "role": "assistant"},
                 {"content": words(5, seed, i, "c"), "role": "user"}]
    elif shape == 2:
        output = {"content": "", "role": "assistant", "tool_calls": [call("call_1", i), call("call_2", i + 1)]}
        wire_out = [{"role": "assistant", "tool_calls": output["tool_calls"]}]
    elif shape == 3:
        asked = {"role": "assistant", "tool_calls": [call("call_1", i)]}
        result = {"content": json.dumps({"state": "sent"}), "name": "get_order", "role": "tool",
                  "tool_call_id": "call_1"}
        given = [system, user, {"content": "", **asked}, result]
        wire_in = [system, user, asked, result]
    elif shape == 4:
        parts = [{"type": "text", "text": question}, {"type": "image", "url": "https://example.com/photo.jpg"}]
        wire_in = [{"role": "user", "content": parts}]
        given = [{"content": question + "\n[image_url]", "role": "user",
                  "media": [{"type": "image", "url": "https://example.com/photo.jpg"}]}]
        media = True
    elif shape == 5:
        value = {"messages": [system, user], "model": "gpt-4o-mini"}
        answered = {"choices": [{"message": reply, "finish_reason": "stop"}]}
        return ({"input.value": json.dumps(value), "input.mime_type": "application/json",
                 "output.value": json.dumps(answered), "output.mime_type": "application/json"}, given, output, media)
    elif shape == 6:
        return ({"input.value": question, "input.mime_type": "text/plain", "output.value": answer,
                 "output.mime_type": "text/plain"}, [user], output, media)
    elif shape == 7:
        return ({"llm.prompts.0.prompt.text": question, "llm.choices.0.completion.text": answer,
                 "input.value": json.dumps({"prompt": question}), "input.mime_type": "application/json"},
                [user], output, media)
    elif shape == 8:
        wire_out = [{"role": "assistant", "content": [{"type": "reasoning", "text": "They want it back."},
                                                      {"type": "text", "text": answer}]}]
        output = {**reply, "reasoning": "They want it back."}
    elif shape == 9:
        attributes = {**flattened("llm.input_messages", given), "input.value": json.dumps({"messages": given}),
                      "input.mime_type": "application/json"}
        return attributes, given, {"content": "", "role": "assistant"}, media
    attributes = {
        **flattened("llm.input_messages", wire_in or given),
        **flattened("llm.output_messages", wire_out or [output]),
        "input.value": json.dumps({"messages": wire_in or given}),
        "input.mime_type": "application/json",
        "output.value": output["content"],
        "output.mime_type": "text/plain",
    }
    return attributes, given, output, media


class Writer:
    def __init__(self, arguments):
        self.arguments = arguments
        self.now = datetime.datetime.fromisoformat(arguments.now.replace("Z", "+00:00"))
        # The client's own limit of 5 s is too short for a busy machine.
        self.client = Client(http_client=httpx.Client(base_url=arguments.address, timeout=LIMIT))
        self.expected = {}
        self.waited = set()
        self.feedback = {}
        self.wholes = {}
        self.ids = Presets()
        provider = TracerProvider(
            resource=Resource({"openinference.project.name": arguments.project}), id_generator=self.ids)
        self.exporter = BatchSpanProcessor(
            OTLPSpanExporter(endpoint=f"{arguments.address}/v1/traces", timeout=LIMIT), max_queue_size=8192,
            schedule_delay_millis=200)
        provider.add_span_processor(self.exporter)
        self.tracer = provider.get_tracer("shop")

    # Interactions.

    def start(self, i):
        """Most began a while before --now, a fifth days before: late, and out of order."""
        seed = self.arguments.seed
        back = digest(seed, i, "days") % (5 * 86400) if i % 5 == 4 else digest(seed, i, "minutes") % 3600
        return self.now - datetime.timedelta(seconds=back, milliseconds=digest(seed, i, "ms") % 1000)

    def spans(self, i):
        """The spans of one interaction, its own first."""
        seed = self.arguments.seed
        began = self.start(i)
        latency = 0.25 + (digest(seed, i, "latency") % 400) / 100
        attributes, given, output, media = conversation(seed, i)
        session, user = f"s{seed}-{i // 3}", f"u{i // 9 % 500}"
        model = ["gpt-4o-mini", "claude-haiku-4-5", "qwen2.5-7b"][i % 3]
        tokens = {"input": 20 + i % 200, "output": 5 + i % 90}
        cost = (tokens["input"] * 3 + tokens["output"] * 15) / 1e6
        attributes |= {
            "llm.model_name": model,
            "llm.provider": "openai",
            "llm.invocation_parameters": json.dumps({"temperature": 0.2}),
            "llm.token_count.prompt": tokens["input"],
            "llm.token_count.completion": tokens["output"],
            "llm.token_count.total": tokens["input"] + tokens["output"],
            "session.id": session,
            "user.id": user,
            "metadata": json.dumps({"tier": ["free", "pro"][i % 2], "release": i % 7}),
            "llm.prompt_template.version": f"help/{1 + i % 3}",
        }
        expected = {
            "type": "interaction", "id": hexadecimal(16, seed, i, "span"), "time": stamp(began), "input": given,
            "output": output, "conversation": session, "user": user, "model": model, "tokens": tokens,
            "prompt": f"help/{1 + i % 3}", "latency": round(latency, 3),
            "metadata": {"metadata.tier": ["free", "pro"][i % 2], "metadata.release": i % 7},
            "trace": hexadecimal(32, seed, i // 2, "trace"),
        }
        if i % 2:
            attributes |= {"llm.cost.total": cost}
            expected["cost"] = cost
        if i % 4 == 1:
            attributes |= {"llm.finish_reason": "stop"}
        if i % 4 == 1 or i % SHAPES == 5:
            # The fifth shape says so in its raw answer.
            expected["finish"] = "stop"
        if i % 6 == 0:
            attributes |= {"tag.tags": ["blue", "beta"]}
        if i % SHAPES in (2, 3):
            attributes |= {"llm.tools.0.tool.json_schema": json.dumps(TOOLS)}
        if media:
            expected["media"] = True
        trace = hexadecimal(32, seed, i // 2, "trace")
        failed = i % SHAPES == 9
        parent = hexadecimal(16, seed, i, "chain") if i % 4 == 0 else None
        own = {
            "name": "chat", "context": {"trace_id": trace, "span_id": expected["id"]}, "span_kind": "LLM",
            "parent_id": parent, "start_time": began, "end_time": began + datetime.timedelta(seconds=latency),
            "status_code": "ERROR" if failed else "OK", "status_message": "rate limit" if failed else "",
            "attributes": attributes,
        }
        spans = [own]
        if parent:
            spans.append({**own, "name": "answer", "context": {"trace_id": trace, "span_id": parent},
                          "span_kind": "CHAIN", "parent_id": None, "status_code": "OK", "status_message": "",
                          "attributes": {"input.value": "{}", "session.id": session}})
        if i % 7 == 0:
            spans.append({**own, "name": "get_order", "span_kind": "TOOL", "parent_id": parent,
                          "context": {"trace_id": trace, "span_id": hexadecimal(16, seed, i, "tool")},
                          "status_code": "OK", "status_message": "", "attributes": {"tool.name": "get_order"}})
        return spans, expected

    def write(self, batch):
        """Writes one batch of interactions."""
        first, last = batch * BATCH, min((batch + 1) * BATCH, self.arguments.rows)
        spans = []
        for i in range(first, last):
            made, expected = self.spans(i)
            spans += made
            self.waited.add(expected["id"])
            # A failed call without an answer is no interaction.
            if i % SHAPES != 9:
                self.expected[expected["id"]] = expected
        if batch % 3 == 2:
            for span in spans:
                self.emit(span)
            return
        self.client.spans.log_spans(project_identifier=self.arguments.project, spans=[
            {**span, "start_time": span["start_time"].isoformat(), "end_time": span["end_time"].isoformat(),
             "events": [],
             "attributes": {key: value for key, value in span["attributes"].items() if key != "metadata"}
             | {f"metadata.{key}": value
                for key, value in json.loads(span["attributes"].get("metadata", "{}")).items()}}
            for span in spans], timeout=LIMIT)

    def emit(self, span):
        """Sends one span as an instrumented program does."""
        trace, identifier = int(span["context"]["trace_id"], 16), int(span["context"]["span_id"], 16)
        context = set_span_in_context(NonRecordingSpan(SpanContext(
            trace, int(span["parent_id"], 16), True, TraceFlags(TraceFlags.SAMPLED)))) if span["parent_id"] else None
        self.ids.next = (trace, identifier)
        made = self.tracer.start_span(span["name"], context, start_time=nanoseconds(span["start_time"]),
                                      attributes={"openinference.span.kind": span["span_kind"]})
        made.set_attributes(span["attributes"])
        code = {"OK": StatusCode.OK, "ERROR": StatusCode.ERROR}[span["status_code"]]
        made.set_status(Status(code, span["status_message"] or None))
        made.end(nanoseconds(span["end_time"]))

    # Annotations.

    def annotation(self, k, batch, changed=False):
        """Annotation k is about an interaction of its batch: one person's of one to three on a span."""
        seed = self.arguments.seed
        first, last = batch * BATCH, min((batch + 1) * BATCH, self.arguments.rows)
        # Every interaction but each third has some; the second and third person come in the later rounds.
        spread = (last - first) * 2 // 3 or 1
        place, person = k % spread, k // spread
        span = hexadecimal(16, seed, first + place * 3 // 2 if last - first > 1 else first, "span")
        identifier = f"person-{person}-{digest(seed, span) % 40}"
        row = {"span_id": span, "name": "user_feedback", "annotator_kind": "HUMAN", "identifier": identifier,
               "metadata": {"ui": "web"}}
        expected = {"type": "feedback", "target": span, "user": identifier}
        up = digest(seed, span, person, "up") % 3 > 0
        if changed:
            up = not up
        kind = k % 8
        if kind in (0, 1):
            row["result"] = {"label": "positive" if up else "negative", "score": 1.0 if up else 0.0}
        elif kind == 2:
            row["result"] = {"label": (LABELS_UP if up else LABELS_DOWN)[digest(seed, span, "label") % 4]}
        elif kind == 3:
            row["result"] = {"score": 1 if up else 0}
        elif kind == 4:
            explanation = words(4, seed, span, person, up)
            row["result"] = {"label": "positive" if up else "negative", "explanation": explanation}
            expected["comment"] = explanation
        elif kind == 5:
            score = 0.75 if up else 0.25
            row |= {"name": "helpfulness", "result": {"score": score}}
            expected |= {"signal": "rating", "value": score * 2 - 1}
        elif kind == 6:
            text = f"Better: {words(9, seed, span, person, up)}."
            row |= {"name": "correction", "result": {"explanation": text}}
            expected |= {"signal": "correction", "correction": text}
        else:
            text = words(6, seed, span, person, up)
            row |= {"name": "remark", "result": {"explanation": text}}
            expected |= {"signal": "comment", "comment": text}
        if "signal" not in expected:
            expected |= {"signal": "thumb", "value": 1.0 if up else -1.0}
        return row, expected

    def annotate(self, batch, counts, changed=False):
        """Writes a batch's annotations, or writes every tenth of them anew with another opinion."""
        rows = []
        for k in range(counts[batch]):
            if changed and k % 10 != 3:
                continue
            row, expected = self.annotation(k, batch, changed)
            self.feedback[(row["span_id"], row["name"], row["identifier"])] = expected
            rows.append(row)
            if k % 10 == 0 and not changed:
                rows.append({"span_id": row["span_id"], "name": "quality", "annotator_kind": ["LLM", "CODE"][k % 20 // 10],
                             "result": {"label": "good", "score": 0.9}, "identifier": f"judge-{k}"})
        for at in range(0, len(rows), 500):
            # A change waits for its answer, so that it cannot overtake what it changes.
            self.client.spans.log_span_annotations(span_annotations=rows[at:at + 500], sync=changed or batch % 2 == 0)

    def annotate_wholes(self):
        """Opinions on an agent's span, on a trace and on a session: some of each, and written without sync."""
        seed = self.arguments.seed
        for i in range(0, self.arguments.rows, 40):
            chain, trace = hexadecimal(16, seed, i, "chain"), hexadecimal(32, seed, i // 2, "trace")
            up = {"label": "positive", "score": 1.0}
            about = [("span", "span_id", chain, {"trace": trace}), ("trace", "trace_id", trace, {"trace": trace}),
                     ("session", "session_id", f"s{seed}-{i // 3}", {"conversation": f"s{seed}-{i // 3}"})]
            for kind, key, value, target in about:
                row = {key: value, "name": "user_feedback", "annotator_kind": "HUMAN", "result": up,
                       "identifier": f"whole-{i % 400}"}
                self.wholes.setdefault(kind, []).append(row)
                self.feedback[(value, "user_feedback", row["identifier"])] = {
                    "type": "feedback", **target, "user": row["identifier"], "signal": "thumb", "value": 1.0}

    def send_wholes(self):
        for kind, rows in self.wholes.items():
            writer = getattr(self.client, f"{kind}s")
            getattr(writer, f"log_{kind}_annotations")(**{f"{kind}_annotations": rows})

    # What can be read.

    def visible(self, batch):
        last = min((batch + 1) * BATCH, self.arguments.rows) - 1
        wanted = {hexadecimal(16, self.arguments.seed, i, "span") for i in (batch * BATCH, last)}
        try:
            found = self.client.spans.get_spans(
                project_identifier=self.arguments.project, span_ids=sorted(wanted), limit=10,
                timeout=LIMIT)
        except httpx.HTTPStatusError:
            return False
        return {span["context"]["span_id"] for span in found} == wanted

    def run(self):
        self.client.projects.create(name=self.arguments.project)
        print(json.dumps({"ready": True}), flush=True)
        batches = -(-self.arguments.rows // BATCH)
        counts = [self.arguments.annotations * (b + 1) // batches - self.arguments.annotations * b // batches
                  for b in range(batches)]
        began = time.monotonic()
        waiting, annotated, late = [], [], []
        for batch in range(batches):
            self.write(batch)
            waiting.append(batch)
            pause = began + self.arguments.over * (batch + 1) / batches - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            if batch % 4 == 3:
                self.follow(waiting, annotated, late, counts)
        self.exporter.force_flush()
        self.annotate_wholes()
        end = time.monotonic() + 2 * LIMIT
        while waiting:
            if time.monotonic() > end:
                sys.exit("phoenix_load: spans did not become visible")
            self.follow(waiting, annotated, late, counts)
            time.sleep(0.5)
        self.send_wholes()
        self.read_back(end)

    def follow(self, waiting, annotated, late, counts):
        """Annotates what has become visible, and changes older annotations."""
        while waiting and self.visible(waiting[0]):
            batch = waiting.pop(0)
            self.annotate(batch, counts)
            annotated.append(batch)
        while len(annotated) > 2 or (annotated and not waiting):
            batch = annotated.pop(0)
            if self.arguments.changes and self.readable(batch, counts):
                self.annotate(batch, counts, changed=True)

    def readable(self, batch, counts):
        """Waits until a batch's annotations are there, so that changes come after them."""
        rows = [self.annotation(k, batch)[0] for k in range(counts[batch])]
        wanted = {(row["span_id"], row["name"], row["identifier"]) for row in rows}
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if wanted <= {key for key, _ in self.annotations({span for span, _, _ in wanted})}:
                return True
            time.sleep(0.5)
        sys.exit("phoenix_load: annotations did not become visible")

    def annotations(self, spans):
        spans = sorted(spans)
        for at in range(0, len(spans), 100):
            for row in self.client.spans.get_span_annotations(
                    project_identifier=self.arguments.project, span_ids=spans[at:at + 100], limit=10000,
                    timeout=LIMIT):
                yield (row["span_id"], row["name"], row["identifier"]), row

    def whole_annotations(self):
        """Of traces and sessions; the client reads them by their ids too."""
        for kind in ("trace", "session"):
            ids = sorted({row[f"{kind}_id"] for row in self.wholes.get(kind, [])})
            for at in range(0, len(ids), 100):
                response = self.client._client.get(
                    f"v1/projects/{self.arguments.project}/{kind}_annotations",
                    params={f"{kind}_ids": ids[at:at + 100], "limit": 1000})
                if response.status_code == 404:
                    continue
                for row in response.raise_for_status().json()["data"]:
                    yield (row[f"{kind}_id"], row["name"], row["identifier"]), row

    def read_back(self, end):
        """Waits until every span and annotation can be read, and takes over the server's ids and times."""
        wanted = self.waited
        while True:
            found = self.client.spans.get_spans(
                project_identifier=self.arguments.project, span_kind="LLM", limit=10_000_000,
                timeout=LIMIT)
            if wanted <= {span["context"]["span_id"] for span in found}:
                break
            if time.monotonic() > end:
                sys.exit("phoenix_load: spans did not become visible")
            time.sleep(1)
        while True:
            rows = dict(self.annotations({about for about, _, _ in self.feedback if len(about) == 16}))
            rows |= dict(self.whole_annotations())
            if set(self.feedback) <= set(rows):
                break
            if time.monotonic() > end:
                missing = sorted(set(self.feedback) - set(rows))
                sys.exit(f"phoenix_load: {len(missing)} annotations did not become visible, such as {missing[:3]}")
            time.sleep(1)
        for key, expected in self.feedback.items():
            created = datetime.datetime.fromisoformat(rows[key]["created_at"])
            expected |= {"id": rows[key]["id"], "time": stamp(created)}
        with open(self.arguments.expect, "w", encoding="utf-8") as file:
            for row in [*self.expected.values(), *self.feedback.values()]:
                file.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
        print(json.dumps({"interactions": len(self.expected), "feedback": len(self.feedback)}))


class Presets(IdGenerator):
    """Gives the ids that the writer chose."""

    next = (0, 0)

    def generate_trace_id(self):
        return self.next[0]

    def generate_span_id(self):
        return self.next[1]


def nanoseconds(time_):
    whole = time_ - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (whole.days * 86400 + whole.seconds) * 10**9 + whole.microseconds * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--project", default="shop")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--annotations", type=int, default=1000)
    parser.add_argument("--no-changes", dest="changes", action="store_false")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", required=True)
    parser.add_argument("--over", type=float, default=0, help="spread the writing over so many seconds")
    parser.add_argument("--expect", required=True)
    Writer(parser.parse_args()).run()


if __name__ == "__main__":
    main()
