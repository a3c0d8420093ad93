"""Has requests answered in batches by the clients of OpenAI and Anthropic, and checks what the server says of them.

    batches_client.py URL openai|anthropic [--key KEY]

Answers are validated strictly against the clients' own models. Three requests are made, of which the server is expected to
answer two and to refuse the last.
"""

import argparse
import json
import sys


def openai_batch(given):
    from openai import OpenAI
    from openai.types import Batch, FileObject
    from openai.types.chat import ChatCompletion

    client = OpenAI(base_url=given.url + "/v1", api_key=given.key, max_retries=0)
    lines = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions",
         "body": {"model": "judge-90", "max_completion_tokens": 64, "temperature": 0,
                  "messages": [{"role": "user", "content": f"Record {name}: truth=yes"}]}} for name in names()]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")
    FileObject.model_validate(file.model_dump(), strict=True)
    same("bytes of the file", len(content), client.files.retrieve(file.id).bytes)
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"a": "b"})
    polls = 0
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        Batch.model_validate(batch.model_dump(), strict=True)
        batch = client.batches.retrieve(batch.id)
        polls += 1
    Batch.model_validate(batch.model_dump(), strict=True)
    same("metadata", {"a": "b"}, batch.metadata)
    same("polls", 2, polls)
    same("counts", (3, 2, 1), (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed))
    same("list", [batch.id], [known.id for known in client.batches.list(limit=1) if known.metadata == {"a": "b"}])
    answers = [json.loads(line) for line in client.files.content(batch.output_file_id).text.splitlines()]
    errors = [json.loads(line) for line in client.files.content(batch.error_file_id).text.splitlines()]
    same("answered", sorted(names()[1:]), sorted(row["custom_id"] for row in answers))
    for row in answers:
        same("status", 200, row["response"]["status_code"])
        ChatCompletion.model_validate(row["response"]["body"], strict=True)
    same("refused", [(names()[0], 400)], [(row["custom_id"], row["response"]["status_code"]) for row in errors])


def anthropic_batch(given):
    from anthropic import Anthropic
    from anthropic.types.messages import MessageBatch

    client = Anthropic(base_url=given.url, api_key=given.key, max_retries=0)
    batch = client.messages.batches.create(requests=[
        {"custom_id": name, "params": {
            "model": "judge-90", "max_tokens": 64, "temperature": 0,
            "messages": [{"role": "user", "content": [{"type": "text", "text": f"Record {name}: truth=yes"}]}]}}
        for name in names()])
    polls = 0
    while batch.processing_status != "ended":
        MessageBatch.model_validate(batch.model_dump())
        batch = client.messages.batches.retrieve(batch.id)
        polls += 1
    MessageBatch.model_validate(batch.model_dump())
    same("polls", 2, polls)
    same("counts", (0, 2, 1), (
        batch.request_counts.processing, batch.request_counts.succeeded, batch.request_counts.errored))
    same("list", batch.id, next(iter(client.messages.batches.list(limit=1))).id)
    results = {row.custom_id: row.result for row in client.messages.batches.results(batch.id)}
    same("results", sorted(names()), sorted(results))
    for name in names()[1:]:
        same("type", "succeeded", results[name].type)
        message = results[name].message
        type(message).model_validate(message.model_dump())
        same("text", True, message.content[0].text in ("yes", "no"))
    refused = results[names()[0]]
    same("refused", ("errored", "invalid_request_error"), (refused.type, refused.error.error.type))


def names():
    return ["first-1", "second-2", "third-3"]


def same(what, expected, found):
    if expected != found:
        sys.exit(f"{what}: expected {expected!r}, the client has {found!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("vendor", choices=["openai", "anthropic"])
    parser.add_argument("--key", default="test-key")
    given = parser.parse_args()
    {"openai": openai_batch, "anthropic": anthropic_batch}[given.vendor](given)


if __name__ == "__main__":
    main()
