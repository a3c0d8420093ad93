"""Exports all logs with Portkey's own client and compares them with the server's expectation.

    portkey_client.py URL EXPECT

The client creates, starts, polls and downloads the jobs; the signed file is fetched with httpx, as its documentation
shows. The sign of feedback comes from two jobs that are filtered by weighted feedback.
"""

import gzip
import json

import httpx
from portkey_ai import Portkey

import checks

WINDOW = {"time_of_generation_min": "2026-11-01T00:00:00Z", "time_of_generation_max": "2026-12-01T00:00:00Z"}
FIELDS = [
    "id", "trace_id", "created_at", "request", "response", "is_success", "ai_org", "ai_model", "req_units",
    "res_units", "total_units", "cost", "cost_currency", "response_time", "response_status_code", "prompt_slug",
    "metadata"]


def export(client, check, fields, **filters):
    rows, page = [], 0
    while True:
        job = client.logs.exports.create(
            filters={**WINDOW, **filters, "page_size": 50, "current_page": page}, requested_data=fields)
        client.logs.exports.start(export_id=job.id)
        for _ in range(20):
            state = client.logs.exports.retrieve(export_id=job.id)
            if state.status == "success":
                break
        check.same("status", "success", state.status)
        check.same("fields", fields, state.requested_data)
        check.same("total", job.total, state.total_records)
        data = httpx.get(client.logs.exports.download(export_id=job.id).signed_url).content
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        found = [json.loads(line) for line in data.splitlines()]
        rows += found
        if not found or len(rows) >= job.total:
            return rows
        page += 1


def main():
    given = checks.arguments(__doc__)
    check = checks.Check(given.expect)
    client = Portkey(base_url=given.url + "/v1", api_key=given.key)
    rows = {row["id"]: row for row in export(client, check, FIELDS)}
    good = export(client, check, ["id", "trace_id"], weighted_feedback_min=0.001)
    bad = export(client, check, ["id", "trace_id"], weighted_feedback_max=-0.001)
    check.same("interactions", sorted(record["id"] for record in check.interactions), sorted(rows))
    for record in check.interactions:
        row = rows.get(record["id"])
        if row is None:
            continue
        metadata = row["metadata"]
        if "metadata.key" in metadata:
            metadata = dict(zip(metadata["metadata.key"], metadata["metadata.value"]))
        check.same(record["id"] + " session", record.get("conversation"), metadata.get("session_id"))
        check.same(record["id"] + " user", record.get("user"), checks.pseudonym(metadata.get("_user")))
        check.same(record["id"] + " time", record["time"], row["created_at"])
        check.same(record["id"] + " tokens", record["tokens"]["output"], row["res_units"])
        check.same(record["id"] + " cents", record["cost"], round(row["cost"] / 100, 9))
        check.same(record["id"] + " model", record["model"], row["ai_model"])
        check.holds(record["id"] + " input", record["input"], row["request"])
        response = row["response"]
        response = json.loads(response) if isinstance(response, str) else response
        check.holds(record["id"] + " output", [record["output"]], response)
    voted = sorted([(row["trace_id"], 1) for row in good] + [(row["trace_id"], -1) for row in bad])
    check.same("feedback", sorted((record["trace"], record["value"]) for record in check.feedback), voted)
    check.finish()


if __name__ == "__main__":
    main()
