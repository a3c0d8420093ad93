"""Reads everything with LangSmith's own client and compares it with what the server expects of a correct reader.

    langsmith_client.py URL EXPECT [--generation new|legacy]

Needs langsmith 0.15.0. `new` reads with the client's resource for v2 runs, `legacy` with `list_runs` (v1).
"""

import argparse
import datetime as dt
import json
import os
import sys
import warnings

os.environ["LANGSMITH_TRACING"] = "false"
warnings.simplefilter("ignore")

from langsmith import Client  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))

from common import pseudonym  # noqa: E402


def arguments():
    result = argparse.ArgumentParser()
    result.add_argument("url")
    result.add_argument("expect")
    result.add_argument("--generation", choices=["new", "legacy"], default="new")
    result.add_argument("--key", default="test-key")
    result.add_argument("--project", default="support")
    result.add_argument("--page", type=int, default=7)
    return result.parse_args()


def main():
    options = arguments()
    with open(options.expect, encoding="utf-8") as file:
        expected = [json.loads(line) for line in file]
    client = Client(api_url=options.url + "/api/v1", api_key=options.key, auto_batch_tracing=False)
    project = client.read_project(project_name=options.project)
    since = dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc)
    if options.generation == "new":
        # The property `client.runs` of this version is the asynchronous one; what is below it has both.
        from langsmith._client import Langsmith
        api = Langsmith(base_url=options.url, api_key=options.key)
        found = list(api.runs.query_v2(
            project_ids=[str(project.id)], min_start_time=since, run_type="LLM", page_size=options.page,
            selects=["ID", "STATUS", "START_TIME", "END_TIME", "INPUTS", "OUTPUTS", "METADATA", "TRACE_ID",
                     "THREAD_ID", "TOTAL_COST", "PROMPT_TOKENS", "COMPLETION_TOKENS"]))
    else:
        found = list(client.list_runs(project_id=project.id, run_type="llm", start_time=since))
    rows = {}
    for row in found:
        if row.status.lower() != "pending":
            rows[str(row.id)] = row
    votes = {str(vote.id): vote for vote in client.list_feedback(session=[str(project.id)])}
    wrong = []

    def same(what, ours, theirs):
        if ours != theirs:
            wrong.append(f"{what}: expected {ours!r}, the client has {theirs!r}")

    interactions = [record for record in expected if record["type"] == "interaction"]
    same("interactions", sorted(r["id"] for r in interactions), sorted(rows))
    for record in interactions:
        row = rows.get(record["id"])
        if row is None:
            continue
        metadata = row.metadata
        same(record["id"] + " time", record["time"][:23], row.start_time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23])
        same(record["id"] + " model", record["model"], metadata["ls_model_name"])
        same(record["id"] + " tokens", record["tokens"]["output"], row.completion_tokens)
        same(record["id"] + " cost", record["cost"], float(row.total_cost))
        same(record["id"] + " user", record.get("user"), pseudonym(metadata.get("user_id")))
        thread = getattr(row, "thread_id", None) or (row.model_extra or {}).get("thread_id")
        thread = thread or next(
            (metadata[name] for name in ("session_id", "conversation_id", "thread_id") if name in metadata), None)
        same(record["id"] + " conversation", record.get("conversation"), thread)
        if json.dumps(record["output"]["content"]) not in json.dumps(row.outputs) and record["output"]["content"]:
            wrong.append(f"{record['id']}: the client's outputs do not hold the expected text")
    feedback = [record for record in expected if record["type"] == "feedback"]
    for record in feedback:
        vote = votes.get(record["id"].partition("#")[0])
        if vote is None:
            wrong.append(f"feedback {record['id']} is missing")
            continue
        if record["signal"] == "correction":
            text = vote.correction if isinstance(vote.correction, str) else vote.correction["content"]
            same(record["id"] + " correction", record["correction"], text)
        else:
            same(record["id"] + " value", record["value"], 1 if vote.score > 0 else -1)
        same(record["id"] + " comment", record.get("comment"), vote.comment)
        same(record["id"] + " run", record.get("target") or record.get("trace"), str(vote.run_id))
    if wrong:
        sys.exit("\n".join(wrong[:20]))
    print(json.dumps({"interactions": len(interactions), "feedback": len(feedback), "read": len(found),
                      "votes": len(votes)}))


if __name__ == "__main__":
    main()
