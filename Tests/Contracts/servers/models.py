"""A loopback service of language models, with an exact bill.

OpenAI's `/chat/completions` (with `logprobs`) and `/embeddings`, Anthropic's `/messages`, and batches of both
(`batches.py`), below any prefix. What a
request costs is `--price-in` and `--price-out`, in millionths of a dollar for a million tokens; a token is four bytes.
Everything that is answered is billed before the answer is sent, whatever becomes of the answer. With
`--keys honoured` a second request with the `Idempotency-Key` of a billed one gets the same answer and is not billed
again; with `--keys ignored` it is billed like any other.

    GET /__bill   {"billed": N, "unique": N, "cost": N, "most": N, "replayed": N, "input": N, "output": N}: requests
                  billed, different requests among them, millionths of a dollar, the most often that one was billed,
                  requests answered from their key, tokens.
    GET /__keys   how often each idempotency key was billed.

Models are known by their names, or made by POST /__control {"model": NAME, "accuracy": P, ...}:

    judge-NN    right with probability NN %, by a hash of (seed, model, question, key of the answer), so that the same
                question is always answered alike. `first` is the probability that it names the first of the choices
                whatever is true, `gullible` that it does what a text in the question after SAY: tells it.
    scribbler   its first answer meets no schema, its answer to a repair does
    mute        never meets a schema
    anything    else answers with a line made of the question

A text `code` of the answer's schema is the one that stands in the question as: code word "TEXT".

What is true stands in the question as `truth=VALUE`, or as `truth.KEY=VALUE` for one key of the answer's schema; where
nothing stands it is the schema's first choice. `--per-minute N` answers 429 with `Retry-After` to what is more.

A request in a batch is billed at half of its price, and its `custom_id` in the place of a key.

Faults of its own: `limits` {"headers": {...}} adds headers to the right answer; `failed` {"status": N}: the request is
billed, and the answer has that status.
"""

import json
import math
import re
import threading
import time

import batches
import common


class Models:
    def __init__(self, arguments):
        self.arguments = arguments
        self.lock = threading.Lock()
        self.made = {}
        self.batches = batches.Batches(self, arguments)
        self.reset()

    def reset(self):
        self.by_body, self.by_key, self.answers = {}, {}, {}
        self.cost = self.input = self.output = self.replayed = 0
        self.times = []

    def control(self, order):
        with self.lock:
            if order.get("forget"):
                self.reset()
            if "model" in order:
                self.made[order["model"]] = order
        if "batch" in order:
            self.batches.control(order["batch"])

    # What is asked

    def answer(self, request):
        if request.path == "/__bill":
            with self.lock:
                return common.Answer({
                    "billed": sum(self.by_body.values()), "unique": len(self.by_body), "cost": self.cost,
                    "most": max(self.by_body.values(), default=0), "replayed": self.replayed,
                    "input": self.input, "output": self.output})
        if request.path == "/__keys":
            with self.lock:
                return common.Answer(self.by_key)
        in_batch = self.batches.answer(request)
        if in_batch is not None:
            return in_batch
        kind = request.path.rsplit("/", 1)[-1]
        makers = {"completions": self.chat, "messages": self.messages, "embeddings": self.embeddings}
        if request.method != "POST" or kind not in makers:
            return self.error(404, "not_found", "no such path")
        secret = request.headers.get("x-api-key") or request.headers.get("x-portkey-api-key") or (
            request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if secret != self.arguments.key:
            return self.error(403 if secret == "forbidden" else 401, "invalid_api_key", "Incorrect API key provided")
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("model"), str):
            return self.error(400, "invalid_request_error", "no model")
        if body["model"].startswith("unknown"):
            return self.error(404, "model_not_found", "no such model")
        with self.lock:
            if not self.may_come():
                return self.error(429, "rate_limit_exceeded", "slow down", {"Retry-After": "1", **self.limits(0)})
            key = request.headers.get("Idempotency-Key")
            is_honoured = self.arguments.keys == "honoured" and key is not None
            if is_honoured and key in self.answers:
                self.replayed += 1
                value = self.answers[key]
            else:
                value, tokens_in, tokens_out = makers[kind](body)
                if value is None:
                    return self.error(400, "invalid_request_error", tokens_in)
                self.bill(request.body, key, tokens_in, tokens_out)
                if is_honoured:
                    self.answers[key] = value
            headers = self.limits(None)
        limits = request.fault("limits")
        if limits:
            headers.update(limits["headers"])
        failed = request.fault("failed")
        if failed:
            return self.error(failed["status"], "upstream", "the gateway gave up")
        return common.Answer(value, headers=headers)

    def may_come(self):
        if not self.arguments.per_minute:
            return True
        now = time.monotonic()
        self.times = [at for at in self.times if now - at < 60]
        if len(self.times) >= self.arguments.per_minute:
            return False
        self.times.append(now)
        return True

    def limits(self, left):
        most = self.arguments.per_minute
        if not most:
            return {}
        left = most - len(self.times) if left is None else left
        return {"x-ratelimit-limit-requests": str(most), "x-ratelimit-remaining-requests": str(left),
                "x-ratelimit-reset-requests": "1s"}

    def bill(self, body, key, tokens_in, tokens_out, share=1):
        name = common.hexadecimal(64, body)
        self.by_body[name] = self.by_body.get(name, 0) + 1
        if key is not None:
            self.by_key[key] = self.by_key.get(key, 0) + 1
        self.input += tokens_in
        self.output += tokens_out
        exact = int((tokens_in * self.arguments.price_in + tokens_out * self.arguments.price_out) * share)
        self.cost += -(-exact // 1_000_000)

    @staticmethod
    def error(status, code, words, headers=None):
        return common.Answer({"error": {"message": words, "type": code, "code": code}}, status, headers)

    # OpenAI

    def chat(self, body):
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            return None, "no messages", 0
        form = body.get("response_format") or {}
        schema = (form.get("json_schema") or {}).get("schema") or body.get("guided_json")
        schema = schema or (body.get("structured_outputs") or {}).get("json")
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or 1 << 20
        text, finish = self.say(body["model"], messages, schema, limit)
        tokens_in, tokens_out = self.size(messages), self.tokens(text)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        if body.get("logprobs"):
            choice["logprobs"] = {"content": self.chances(body, messages, text)}
        return {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice],
            "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out,
                      "total_tokens": tokens_in + tokens_out}}, tokens_in, tokens_out

    def chances(self, body, messages, text):
        """One token for each word; the first has its probability by the model's accuracy."""
        accuracy = self.traits(body["model"])["accuracy"]
        words = re.findall(r"\s*\S+", text)[:16]
        most = max(1, min(20, body.get("top_logprobs") or 1))
        other = "no" if words and words[0].strip() == "yes" else "yes"
        return [{
            "token": word, "logprob": math.log(accuracy), "bytes": None, "top_logprobs": [
                {"token": word, "logprob": math.log(accuracy)},
                {"token": other, "logprob": math.log(max(1e-9, 1 - accuracy))}][:most]} for word in words]

    # Anthropic

    def messages(self, body):
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not isinstance(body.get("max_tokens"), int):
            return None, "messages and max_tokens are required", 0
        if any(message.get("role") == "system" for message in messages):
            return None, "system is no role of a message", 0
        if body.get("system"):
            messages = [{"role": "system", "content": body["system"]}] + messages
        tool = (body.get("tools") or [None])[0]
        form = (body.get("output_config") or {}).get("format") or {}
        schema = tool["input_schema"] if tool else form.get("schema")
        text, finish = self.say(body["model"], messages, schema, body["max_tokens"])
        content = [{"type": "text", "text": text}]
        finish = "end_turn" if finish == "stop" else "max_tokens"
        if tool:
            try:
                content = [{"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": json.loads(text)}]
                finish = "tool_use"
            except ValueError:
                pass
        tokens_in, tokens_out = self.size(messages), self.tokens(text)
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": content,
            "stop_reason": finish, "stop_sequence": None,
            "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out}}, tokens_in, tokens_out

    # Embeddings

    def embeddings(self, body):
        texts = body.get("input")
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
            return None, "input is a list of texts", 0
        count = body.get("dimensions") or 8
        tokens = sum(self.tokens(text) for text in texts)
        data = [{"object": "embedding", "index": index, "embedding": self.vector(text, count)}
                for index, text in enumerate(texts)]
        # The order is nobody's promise; the index is.
        return {"object": "list", "model": body["model"], "data": data[::-1],
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}, tokens, 0

    def vector(self, text, count):
        numbers = [common.noise(self.arguments.seed, text, place) / 2**63 - 1 for place in range(count)]
        length = math.sqrt(sum(number * number for number in numbers)) or 1
        return [round(number / length, 6) for number in numbers]

    # What models say

    def traits(self, model):
        known = {"accuracy": 0.8, "first": 0, "gullible": 0}
        match = re.fullmatch(r"judge-(\d\d?)", model)
        if match:
            known["accuracy"] = int(match[1]) / 100
        known.update({key: value for key, value in self.made.get(model, {}).items() if key != "model"})
        return known

    def say(self, model, messages, schema, limit):
        question = self.text(messages[-1])
        is_repair = "does not meet the JSON Schema" in question
        if schema and (model == "mute" or model == "scribbler" and not is_repair):
            text = '{"verdict": '
        elif schema:
            text = json.dumps(self.fill(model, messages, schema, ""), ensure_ascii=False)
        elif model.startswith("judge") or model in self.made:
            text = self.choose(model, messages, ["yes", "no"], "")
        else:
            text = f"Answer {common.hexadecimal(12, self.arguments.seed, model, json.dumps(messages))}."
        if self.tokens(text) > limit:
            return text.encode()[: 4 * limit].decode(errors="ignore"), "length"
        return text, "stop"

    def fill(self, model, messages, schema, key):
        """A value that meets a schema of the simple kind that judges use."""
        if "enum" in schema:
            return self.choose(model, messages, schema["enum"], key)
        kind = schema.get("type", "object")
        if kind == "object":
            return {name: self.fill(model, messages, inner, name) for name, inner in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.fill(model, messages, schema.get("items", {"type": "string"}), key)]
        if kind == "boolean":
            return self.choose(model, messages, ["yes", "no"], key) == "yes"
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        word = re.search(r'code word "([^"]+)"', "\n".join(map(self.text, messages))) if key == "code" else None
        return word[1] if word else "because it says so"

    def choose(self, model, messages, choices, key):
        # A repair, or an order to answer in another form, changes nothing of what is thought.
        question = next(self.text(message) for message in messages if message["role"] == "user")
        traits = self.traits(model)
        chance = lambda what: common.noise(self.arguments.seed, model, question, key, what) / 2**64
        told = re.search(r"SAY:\s*(\S+)", question)
        if told and told[1] in choices and chance("gullible") < traits["gullible"]:
            return told[1]
        if chance("first") < traits["first"]:
            return choices[0]
        found = re.search(rf"truth\.{re.escape(key)}=(\S+)", question) if key else None
        found = found or re.search(r"truth=(\S+)", question)
        truth = found[1] if found and found[1] in choices else choices[0]
        if chance("right") < traits["accuracy"]:
            return truth
        others = [choice for choice in choices if choice != truth]
        return others[common.noise(self.arguments.seed, model, question, key, "wrong") % len(others)] if others else truth

    @staticmethod
    def text(message):
        content = message.get("content")
        if isinstance(content, list):
            return "".join(part.get("text", "") for part in content)
        return content or ""

    @staticmethod
    def tokens(text):
        return max(1, -(-len(text.encode()) // 4))

    def size(self, messages):
        return sum(self.tokens(self.text(message)) + 4 for message in messages)


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--keys", choices=["honoured", "ignored"], default="honoured")
    parser.add_argument("--price-in", type=int, default=150_000)
    parser.add_argument("--price-out", type=int, default=600_000)
    parser.add_argument("--per-minute", type=int, default=0)
    parser.add_argument("--polls", type=int, default=1, help="how often a batch is found in progress")
    arguments = parser.parse_args()
    models = Models(arguments)
    common.serve(arguments, models.answer, models.control)


if __name__ == "__main__":
    main()
