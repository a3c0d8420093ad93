"""Reads all requests with PromptLayer's own client and compares them with the server's expectation.

    promptlayer_client.py URL EXPECT

The client reads one request by `get_request`. It has no call for the search: that is asked through its own request
function, with its session, headers and handling of errors.
"""

from promptlayer.tables import api

import checks


def search(given, page):
    return api._request(
        method="POST", url=f"{given.url}/api/public/v2/requests/search", api_key=given.key, throw_on_error=True,
        action="searching requests", expected_statuses=(200,),
        json_body={
            "filter_group": {"logic": "AND", "filters": [{
                "field": "request_start_time", "operator": "between",
                "value": ["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"]}]},
            "page": page, "per_page": given.page, "sort_by": "request_start_time", "sort_order": "asc"})


def pairs(metadata):
    if isinstance(metadata, dict):
        return metadata
    return {key: value for pair in metadata for key, value in pair.items()}


def main():
    given = checks.arguments(__doc__)
    check = checks.Check(given.expect)
    rows, page = {}, 1
    while page:
        answer = search(given, page)
        check.same(f"page {page}", (True, page), (answer["success"], answer["page"]))
        rows.update({str(row["id"]): row for row in answer["items"]})
        page = answer["next_num"] if answer["has_next"] else None
    check.same("interactions", sorted(record["id"] for record in check.interactions), sorted(rows))
    for record in check.interactions:
        row = rows.get(record["id"])
        if row is None:
            continue
        content = api.get_request(given.key, given.url, True, int(record["id"]))
        blueprint = content["prompt_blueprint"]
        messages = blueprint.get("prompt_template", blueprint)["messages"]
        metadata = pairs(row["metadata"])
        check.same(record["id"] + " session", record.get("conversation"), metadata.get("session_id"))
        check.same(record["id"] + " user", record.get("user"), checks.pseudonym(metadata.get("user_id")))
        check.same(record["id"] + " time", record["time"], row["request_start_time"])
        check.same(record["id"] + " tokens", record["tokens"]["output"], content["output_tokens"])
        check.same(record["id"] + " cost", record["cost"], content["price"])
        check.same(record["id"] + " latency", round(record["latency"] * 1000), content["latency_ms"])
        check.same(record["id"] + " model", record["model"], blueprint["metadata"]["model"]["name"])
        check.same(record["id"] + " role", "assistant", messages[-1]["role"])
        check.holds(record["id"] + " input", record["input"], messages[:-1])
        check.holds(record["id"] + " output", [record["output"]], messages[-1:])
    for record in check.feedback:
        wanted = 100 if record["value"] > 0 else 0
        found = [score["score"] if isinstance(score, dict) else score for score in rows[record["target"]]["scores"]]
        check.same(record["id"], True, wanted in found)
    check.finish()


if __name__ == "__main__":
    main()
