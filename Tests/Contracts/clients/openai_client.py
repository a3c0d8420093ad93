"""Lists all stored completions with OpenAI's own client and compares them with the server's expectation.

    openai_client.py URL EXPECT

Answers are validated strictly against the client's own models.
"""

from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionStoreMessage

import checks


def main():
    given = checks.arguments(__doc__)
    check = checks.Check(given.expect)
    client = OpenAI(base_url=given.url + "/v1", api_key=given.key, max_retries=0)
    rows = {row.id: row for row in client.chat.completions.list(limit=given.page, order="asc")}
    check.same("interactions", sorted(record["id"] for record in check.interactions), sorted(rows))
    for record in check.interactions:
        row = rows.get(record["id"])
        if row is None:
            continue
        ChatCompletion.model_validate(row.model_dump(), strict=True)
        messages = list(client.chat.completions.messages.list(record["id"], limit=2))
        for message in messages:
            # The client's type says `assistant` for the role of every stored message; the service says the role.
            ChatCompletionStoreMessage.model_validate({**message.model_dump(exclude_none=True), "role": "assistant"})
        metadata = row.metadata or {}
        check.same(record["id"] + " session", record.get("conversation"), metadata.get("session_id"))
        check.same(record["id"] + " user", record.get("user"), checks.pseudonym(metadata.get("user_id")))
        check.same(record["id"] + " tokens", record["tokens"]["output"], row.usage.completion_tokens)
        check.same(record["id"] + " model", record["model"], row.model)
        check.same(record["id"] + " roles", [m["role"] for m in record["input"]], [m.role for m in messages])
        check.holds(record["id"] + " input", record["input"], [m.model_dump() for m in messages])
        check.holds(record["id"] + " output", [record["output"]], row.choices[0].message.model_dump())
    for record in check.feedback:
        metadata = rows[record["target"]].metadata
        kind = record["id"].split("#")[1]
        if kind == "feedback":
            check.same(record["id"], record["value"] > 0, metadata[kind] in ("up", "1", "positive"))
        else:
            check.same(record["id"], record[kind], metadata[kind])
    check.finish()


if __name__ == "__main__":
    main()
