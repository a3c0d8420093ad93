"""Writes traces and assessments into a real MLflow server with MLflow's own client, and says what a correct reader
must end with.

Traces are short and long (the list of traces shows 250 characters of each), with a single span and with an agent's
spans around the call, with and without session, user, usage and cost; some fail without an answer. Beside people's
feedback there are judges' and expectations; some feedback is updated, some overridden. Content depends on the seed
and --now alone; ids are those that the client gives out.

    mlflow_load.py --address http://127.0.0.1:5000 --experiment shop --rows 3000 --annotations 3000 \
        --now 2026-11-23T12:00:00Z --over 40 --expect expect.jsonl

It prints a line when it begins to write, and ends when everything that it wrote can be read.
"""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import os
import sys
import time

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow  # noqa: E402
from mlflow.entities import AssessmentSource, Feedback, SpanType  # noqa: E402

BATCH = 50
SHAPES = 8


def digest(*parts):
    """A number that depends on the parts alone."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:8], "big")


def stamp(time_):
    """As the lake writes times: milliseconds, Z."""
    return time_.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (time_.microsecond // 1000)


def words(count, *parts):
    pool = "order parcel refund colour size return label courier window account invoice basket".split()
    return " ".join(pool[digest(*parts, k) % len(pool)] for k in range(count))


class Writer:
    def __init__(self, arguments):
        self.arguments = arguments
        self.now = datetime.datetime.fromisoformat(arguments.now.replace("Z", "+00:00"))
        mlflow.set_tracking_uri(arguments.address)
        self.experiment = mlflow.set_experiment(arguments.experiment).experiment_id
        self.expected = {}
        self.feedback = {}
        self.ids = {}

    # Interactions.

    def trace(self, i):
        """Writes one trace."""
        seed = self.arguments.seed
        back = digest(seed, i, "days") % (5 * 86400) if i % 5 == 4 else digest(seed, i, "minutes") % 3600
        began = self.now - datetime.timedelta(seconds=back, milliseconds=digest(seed, i, "ms") % 1000)
        latency = 0.25 + (digest(seed, i, "latency") % 400) / 100
        start = int(began.timestamp() * 1000) * 10**6
        end = start + int(round(latency * 1000)) * 10**6
        long = i % 3 == 0
        question = words(80 if long else 4, seed, i, "q") + "?"
        answer = words(90 if long else 5, seed, i, "a") + "."
        system = {"content": "You are the help desk.", "role": "system"}
        user = {"content": question, "role": "user"}
        reply = {"content": answer, "role": "assistant"}
        model = ["gpt-4o-mini", "claude-haiku-4-5"][i % 2]
        expected = {"type": "interaction", "time": stamp(began), "latency": round(latency, 3)}
        shape = i % SHAPES
        given, output, status = [system, user], reply, "OK"
        agent = False
        if shape in (0, 1):
            inputs = {"messages": [system, user], "model": model}
            outputs = {"choices": [{"message": reply, "finish_reason": "stop"}], "model": model}
            expected |= {"model": model, "finish": "stop"}
        elif shape == 2:
            inputs, outputs = [system, user], reply
        elif shape == 3:
            inputs, outputs, given = question, answer, [user]
        elif shape == 4:
            inputs, outputs, given = {"question": question}, answer, [user]
            agent = True
        elif shape == 5:
            call = {"function": {"arguments": json.dumps({"order": f"o{i}"}), "name": "get_order"}, "id": "call_1",
                    "type": "function"}
            inputs = {"messages": [system, user]}
            output = {"content": "", "role": "assistant", "tool_calls": [call]}
            outputs = {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [call]},
                                    "finish_reason": "tool_calls"}]}
            expected["finish"] = "tool_calls"
        elif shape == 6:
            inputs, outputs, given = question, {"answer": answer}, [user]
        else:
            inputs, outputs, status = {"messages": [system, user]}, None, "ERROR"
        metadata = {}
        if i % 2 == 0:
            metadata |= {"mlflow.trace.session": f"s{i // 3}", "mlflow.trace.user": f"u{i // 9 % 200}"}
            expected |= {"conversation": f"s{i // 3}", "user": f"u{i // 9 % 200}"}
        attributes = {}
        if i % 4 < 3:
            tokens = {"input": 20 + i % 200, "output": 5 + i % 90}
            attributes["mlflow.chat.tokenUsage"] = {
                "input_tokens": tokens["input"], "output_tokens": tokens["output"],
                "total_tokens": tokens["input"] + tokens["output"]}
            # Without it MLflow works the cost out for models whose prices it knows.
            cost = {"input_cost": tokens["input"] * 3e-6, "output_cost": tokens["output"] * 15e-6}
            attributes["mlflow.llm.cost"] = cost | {"total_cost": cost["input_cost"] + cost["output_cost"]}
            expected |= {"tokens": tokens, "cost": cost["input_cost"] + cost["output_cost"]}
        root = mlflow.start_span_no_context(
            "answer" if agent else "chat", span_type=SpanType.AGENT if agent else SpanType.CHAT_MODEL, inputs=inputs,
            metadata=metadata, tags={"tier": ["free", "pro"][i % 2]}, experiment_id=self.experiment,
            start_time_ns=start)
        if agent:
            child = mlflow.start_span_no_context(
                "chat", span_type=SpanType.CHAT_MODEL, parent_span=root, inputs={"messages": [system, user]},
                start_time_ns=start)
            child.set_attributes(attributes)
            child.end(outputs=reply, end_time_ns=end)
        else:
            root.set_attributes(attributes)
        root.end(outputs=outputs, status=status, end_time_ns=end)
        identifier = root.trace_id
        expected |= {"id": identifier, "input": given, "output": output,
                     "metadata": {"tier": ["free", "pro"][i % 2]}}
        return i, identifier, None if status == "ERROR" else expected

    def write(self, batch, pool):
        rows = range(batch * BATCH, min((batch + 1) * BATCH, self.arguments.rows))
        for i, identifier, expected in pool.map(self.trace, rows):
            self.ids[i] = identifier
            if expected:
                self.expected[identifier] = expected

    # Assessments.

    def assess(self, k):
        """Writes assessment k, and what changes it later; gives its id and what it must become."""
        seed = self.arguments.seed
        i = (k * 3 // 2) % self.arguments.rows
        trace = self.ids[i]
        person = f"u{digest(seed, k) % 60}"
        source = AssessmentSource(source_type="HUMAN", source_id=person)
        up = digest(seed, k, "up") % 3 > 0
        kind = k % 8
        expected = {"type": "feedback", "target": trace, "user": person}
        if kind < 3:
            made = mlflow.log_feedback(trace_id=trace, name="thumbs", value=up, source=source)
            expected |= {"signal": "thumb", "value": 1.0 if up else -1.0}
        elif kind == 3:
            made = mlflow.log_feedback(
                trace_id=trace, name="user_feedback", value=up, source=source, rationale=words(4, seed, k))
            expected |= {"signal": "thumb", "value": 1.0 if up else -1.0, "comment": words(4, seed, k)}
        elif kind == 4:
            made = mlflow.log_feedback(trace_id=trace, name="stars", value=1 + k % 5, source=source)
            expected |= {"signal": "rating", "value": (k % 5) / 2 - 1}
        elif kind == 5:
            text = f"Better: {words(60 if k % 16 == 5 else 9, seed, k)}."
            made = mlflow.log_expectation(trace_id=trace, name="expected_response", value=text, source=source)
            expected |= {"signal": "correction", "correction": text}
        elif kind == 6:
            made = mlflow.log_feedback(trace_id=trace, name="thumbs", value=up, source=source)
            # A thumb that is taken back: the new one is another assessment in the place of the first.
            mlflow.override_feedback(trace_id=trace, assessment_id=made.assessment_id, value=not up, source=source)
            expected |= {"signal": "thumb", "value": -1.0 if up else 1.0}
        else:
            made = mlflow.log_feedback(trace_id=trace, name="thumbs", value=up, source=source)
            made = mlflow.update_assessment(
                trace_id=trace, assessment_id=made.assessment_id,
                assessment=Feedback(name="thumbs", value=not up, source=source))
            expected |= {"signal": "thumb", "value": -1.0 if up else 1.0}
        if k % 10 == 0:
            mlflow.log_feedback(trace_id=trace, name="relevance", value="yes",
                                source=AssessmentSource(source_type="LLM_JUDGE", source_id="judge"))
        if k % 20 == 1:
            mlflow.log_expectation(trace_id=trace, name="expected_facts", value=["a", "b"], source=source)
        return made.assessment_id, expected

    def run(self):
        batches = -(-self.arguments.rows // BATCH)
        print(json.dumps({"ready": True}), flush=True)
        began = time.monotonic()
        done = 0
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for batch in range(batches):
                self.write(batch, pool)
                # The assessments of what is there; the last of them come after the last trace.
                ready = min((len(self.ids) - 1) * 2 // 3, self.arguments.annotations) if batch < batches - 1 else 0
                if ready > done and batch % 3 == 2:
                    self.feedback |= dict(pool.map(self.assess, range(done, ready)))
                    done = ready
                pause = began + self.arguments.over * (batch + 1) / batches - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
            self.feedback |= dict(pool.map(self.assess, range(done, self.arguments.annotations)))
        client = mlflow.MlflowClient()
        found, token = 0, None
        while True:
            page = client.search_traces(
                locations=[self.experiment], max_results=500, page_token=token, include_spans=False)
            found, token = found + len(page), page.token
            if not token:
                break
        if found != self.arguments.rows:
            sys.exit(f"mlflow_load: {found} of {self.arguments.rows} traces can be read")
        with open(self.arguments.expect, "w", encoding="utf-8") as file:
            for row in self.expected.values():
                file.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
            for identifier, row in self.feedback.items():
                file.write(json.dumps({"id": identifier, **row}, ensure_ascii=False, sort_keys=True) + "\n")
        print(json.dumps({"interactions": len(self.expected), "feedback": len(self.feedback)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--experiment", default="shop")
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--annotations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", required=True)
    parser.add_argument("--over", type=float, default=0, help="spread the writing over so many seconds")
    parser.add_argument("--expect", required=True)
    Writer(parser.parse_args()).run()


if __name__ == "__main__":
    main()
