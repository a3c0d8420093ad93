"""Drives a real Label Studio server for Jobs/real-labels: what went in must come out, and one annotation more.

    label_studio.py ADDRESS TOKEN TASKS CONFIG EXPORT

Makes a project with the labeling configuration, imports the tasks, annotates the task without an annotation through the
REST API as its user would, exports everything as JSON to EXPORT, and compares it with TASKS.
"""
import json
import sys
import urllib.request

address, token, tasks_path, config_path, export_path = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

CORRECTION = 'Neu: "so"\\ zwei\nZeilen — 修正済み 👩‍💻 \u202eabc'


def call(method, path, body=None):
    request = urllib.request.Request(
        address + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    with opener.open(request, timeout=120) as answer:
        return json.load(answer)


def fail(text):
    sys.exit(f"label_studio.py: {text}")


def values(annotation):
    """What an annotation says, by control."""
    return {
        result["from_name"]: (result["type"], result["to_name"], result["value"], result.get("meta"))
        for result in annotation["result"]
    }


tasks = json.load(open(tasks_path))
config = open(config_path).read()
project = call("POST", "/api/projects", {"title": "flywheel", "label_config": config})["id"]
done = call("POST", f"/api/projects/{project}/import", tasks)
if done.get("task_count") != len(tasks):
    fail(f"{done.get('task_count')} of {len(tasks)} tasks were imported")

held = call("GET", f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
free = [task for task in held if not task["annotations"]]
if not free:
    fail("no task is left to annotate")
target = {"id": "label", "from_name": "label", "to_name": "output", "type": "choices"}
call(
    "POST",
    f"/api/tasks/{free[0]['id']}/annotations/",
    {
        "lead_time": 17.25,
        "result": [
            {**target, "value": {"choices": ["corrected"]}},
            {**target, "id": "r", "from_name": "reasons", "value": {"choices": ["wrong-fact", "tone"]}},
            {**target, "id": "c", "from_name": "correction", "type": "textarea", "value": {"text": [CORRECTION]}},
            {**target, "id": "n", "from_name": "note", "type": "textarea", "value": {"text": ["ok"]}},
        ],
    },
)
held = call("GET", f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
json.dump(held, open(export_path, "w"))

by_item = {task["data"]["flywheel"]["item"]: task for task in held}
for task in tasks:
    back = by_item.get(task["data"]["flywheel"]["item"])
    if back is None:
        fail(f"item {task['data']['flywheel']['item']} is missing")
    if back["data"] != task["data"]:
        fail(f"the data of item {task['data']['flywheel']['item']} is another")
    sent = [(p["score"], p["model_version"], values(p)) for p in task.get("predictions", [])]
    # The export names predictions of annotated tasks by their ids alone.
    kept = [p if isinstance(p, dict) else call("GET", f"/api/predictions/{p}/") for p in back["predictions"]]
    kept = [(p["score"], p["model_version"], values(p)) for p in kept]
    if sent != kept:
        fail(f"predictions are others: {sent} {kept}")
    # Label Studio gives annotations ids of its own; ours goes along in each result.
    ours = {a["result"][0]["meta"]["event"]: a for a in back["annotations"] if "meta" in a["result"][0]}
    for annotation in task.get("annotations", []):
        event = annotation["result"][0]["meta"]["event"]
        same = ours.get(event)
        if same is None:
            fail(f"annotation {event} is missing among {sorted(ours)}")
        for key in ("lead_time", "was_cancelled", "ground_truth"):
            if same[key] != annotation[key]:
                fail(f"{key} is {same[key]}, and was {annotation[key]}")
        if values(same) != values(annotation):
            fail("an annotation's result is another")
print(f"{len(tasks)} tasks, {sum(len(t.get('annotations', [])) for t in tasks)} annotations and "
      f"{sum(len(t.get('predictions', [])) for t in tasks)} predictions came back as they went in; one annotation more")
