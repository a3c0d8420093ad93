"""Reads everything with Langfuse's own client and compares it with what the server expects of a correct reader.

    langfuse_client.py URL EXPECT [--generation new|legacy] [--openapi FILE]

`--generation new` needs langfuse 5.0.4, `legacy` 4.18.0. With `--openapi` each answer is validated against the
vendor's OpenAPI file as well (needs openapi-schema-validator and PyYAML).
"""

import argparse
import json
import os
import sys

import httpx
from langfuse.api import LangfuseAPI

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers"))

from common import pseudonym  # noqa: E402


def arguments():
    result = argparse.ArgumentParser()
    result.add_argument("url")
    result.add_argument("expect")
    result.add_argument("--generation", choices=["new", "legacy"], default="new")
    result.add_argument("--key", default="test-key")
    result.add_argument("--openapi")
    result.add_argument("--page", type=int, default=7)
    return result.parse_args()


def nullable(schema):
    """OpenAPI 3.0 ignores what stands beside `$ref`; the file means `nullable` there too."""
    if isinstance(schema, list):
        return [nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("nullable") is True and "$ref" in schema:
        return {"anyOf": [{"$ref": schema["$ref"]}, {"nullable": True, "enum": [None]}]}
    return {key: nullable(value) for key, value in schema.items()}


def validating(openapi):
    """An httpx client that checks every answer; the list counts what was checked."""
    checked = []
    if not openapi:
        return httpx.Client(), checked
    import yaml
    from openapi_schema_validator import OAS30Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    with open(openapi, encoding="utf-8") as file:
        document = nullable(yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    resource = Resource(contents=document, specification=DRAFT4)
    registry = Registry().with_resource("urn:langfuse", resource)
    names = {
        "/api/public/v2/observations": "ObservationsV2Response", "/api/public/v3/scores": "GetScoresV3Response",
        "/api/public/observations": "legacyObservationsViews", "/api/public/v2/scores": "GetScoresResponse",
        "/api/public/traces": "Traces"}

    def check(response):
        name = names.get(response.request.url.path)
        if response.status_code != 200 or not name:
            return
        response.read()
        schema = {"$ref": f"urn:langfuse#/components/schemas/{name}"}
        error = next(OAS30Validator(schema, registry=registry).iter_errors(response.json()), None)
        if error:
            sys.exit(f"{response.request.url}: not as {name} says: {error.message[:300]}")
        checked.append(name)

    return httpx.Client(event_hooks={"response": [check]}), checked


def pages(call, page):
    cursor = None
    while True:
        answer = call(limit=page, cursor=cursor)
        yield from answer.data
        cursor = answer.meta.cursor
        if not cursor:
            return


def numbered(call, page):
    number = 1
    while True:
        answer = call(limit=page, page=number)
        yield from answer.data
        if number >= answer.meta.total_pages:
            return
        number += 1


def newest(rows, stamp):
    """Of the rows of one id the one with the latest stamp."""
    result = {}
    for row in rows:
        if row.id not in result or stamp(row) >= stamp(result[row.id]):
            result[row.id] = row
    return result


def main():
    options = arguments()
    with open(options.expect, encoding="utf-8") as file:
        expected = [json.loads(line) for line in file]
    client, checked = validating(options.openapi)
    api = LangfuseAPI(base_url=options.url, username="pk-lf-test", password=options.key, httpx_client=client)
    if options.generation == "new":
        fields = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
        found = list(pages(lambda **p: api.observations.get_many(
            fields=fields, type="GENERATION", expand_metadata="note", **p), options.page))
        scores = list(pages(lambda **p: api.scores.get_many(fields="details,subject", **p), options.page))
    else:
        found = list(numbered(
            lambda **p: api.legacy.observations_v1.get_many(type="GENERATION", **p), options.page))
        scores = list(numbered(lambda **p: api.scores.get_many(**p), options.page))
        traces = {t.id: t for t in numbered(lambda **p: api.trace.list(**p), options.page)}
    rows = newest(found, lambda row: getattr(row, "updated_at", None) or row.end_time)
    votes = newest(scores, lambda row: row.updated_at)
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
        same(record["id"] + " time", record["time"][:23], row.start_time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:23])
        model = row.model or getattr(row, "providedModelName", None)
        if model is None and row.model_extra:
            model = row.model_extra.get("providedModelName")
        same(record["id"] + " model", record["model"], model)
        same(record["id"] + " tokens", record["tokens"]["output"], row.usage_details["output"])
        owner = row if options.generation == "new" else traces[row.trace_id]
        same(record["id"] + " user", record.get("user"), pseudonym(owner.user_id))
        same(record["id"] + " session", record.get("conversation"), owner.session_id)
        text = record["output"]["content"]
        raw = row.output if isinstance(row.output, str) else json.dumps(row.output, ensure_ascii=False)
        if text not in raw and json.dumps(text, ensure_ascii=False)[1:-1] not in raw:
            wrong.append(f"{record['id']}: the client's output does not hold the expected text")
    feedback = [record for record in expected if record["type"] == "feedback"]
    for record in feedback:
        vote = votes.get(record["id"])
        if vote is None:
            wrong.append(f"score {record['id']} is missing")
            continue
        if record["signal"] == "correction":
            text = vote.value if options.generation == "new" else vote.string_value
            same(record["id"] + " correction", record["correction"], text)
        else:
            value = vote.value
            same(record["id"] + " value", record["value"], 1 if value > 0 else -1)
        same(record["id"] + " comment", record.get("comment"), vote.comment)
    if wrong:
        sys.exit("\n".join(wrong[:20]))
    print(json.dumps({
        "interactions": len(interactions), "feedback": len(feedback), "read": len(found), "scores": len(scores),
        "validated": len(checked)}))


if __name__ == "__main__":
    main()
