"""Reads all project logs with Braintrust's own client and compares them with the server's expectation.

    braintrust_client.py URL EXPECT

The client reads logs by `ObjectFetcher`, that is `POST /btql` with a parsed query, whose rows are the newest version
of each span. It has no call for `POST /v1/project_logs/{id}/fetch`, which pages through older versions too: that
endpoint is asked through the client's own connection (`HTTPConnection`: its headers, retries and encodings), and
both must tell the same. Each span must also load as the client's own `SpanAttributes` type allows.
"""

import typing

from braintrust import _generated_types as types
from braintrust.logger import BraintrustState, HTTPConnection, ObjectFetcher

import checks

PROJECT = "5a3f0c1e-0000-4000-8000-000000000001"


class ProjectLogs(ObjectFetcher):
    def __init__(self, state):
        super().__init__(object_type="project_logs")
        self.state = state

    @property
    def id(self):
        return PROJECT

    def _get_state(self):
        return self.state


def connection(url, key):
    result = HTTPConnection(url)
    result.set_token(key)
    return result


def fetched(link, limit):
    """All events of the fetch endpoint, older versions and all."""
    cursor = None
    while True:
        body = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        answer = link.post(f"v1/project_logs/{PROJECT}/fetch", json=body)
        answer.raise_for_status()
        page = answer.json()
        yield from page["events"]
        cursor = page.get("cursor")
        if not cursor:
            return


def main():
    given = checks.arguments(__doc__)
    check = checks.Check(given.expect)
    state = BraintrustState()
    state._api_conn = connection(given.url, given.key)
    logs = ProjectLogs(state)
    rows = {row["id"]: row for row in logs.fetch(batch_size=given.page)}
    newest, read = {}, 0
    for event in fetched(state.api_conn(), given.page):
        read += 1
        if event["id"] not in newest or int(event["_xact_id"]) > int(newest[event["id"]]["_xact_id"]):
            newest[event["id"]] = event
    check.same("both endpoints", rows, newest)
    kinds = typing.get_args(typing.get_args(types.SpanType)[0]) or typing.get_args(types.SpanType)
    spans = {key: row for key, row in rows.items() if row["span_attributes"]["type"] == "llm"}
    for key, row in rows.items():
        if row["span_attributes"]["type"] not in kinds:
            check.wrong.append(f"{key}: no span type of the client's: {row['span_attributes']['type']}")
    check.same("version", max(row["_xact_id"] for row in rows.values()), logs.version)
    check.same("interactions", sorted(record["id"] for record in check.interactions), sorted(spans))
    for record in check.interactions:
        row = spans.get(record["id"])
        if row is None:
            continue
        metadata = row["metadata"]
        session = metadata.get("session_id") or metadata.get("conversation_id")
        check.same(record["id"] + " session", record.get("conversation"), session)
        check.same(record["id"] + " user", record.get("user"), checks.pseudonym(metadata.get("user_id")))
        check.same(record["id"] + " time", record["time"], row["created"])
        check.same(record["id"] + " tokens", record["tokens"]["output"], row["metrics"]["completion_tokens"])
        check.same(record["id"] + " cost", record.get("cost"), row["metrics"].get("estimated_cost"))
        check.holds(record["id"] + " input", record["input"], row["input"])
        check.holds(record["id"] + " output", [record["output"]], row["output"])
    for record in check.feedback:
        key, name = record["id"].split("#")
        row = rows[key]
        if record["signal"] == "thumb":
            check.same(record["id"], record["value"] > 0, row["scores"][name] == 1)
        elif record["signal"] == "correction":
            check.same(record["id"], record["correction"], row["expected"]["content"])
        else:
            check.same(record["id"], record["comment"], row["comments"][0]["comment"]["text"])
    check.finish(read=read, rows=len(rows))


if __name__ == "__main__":
    main()
