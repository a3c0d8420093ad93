"""Reads records that flywheel wrote with Argilla's own record model, and writes them again, for Jobs/real-labels.

    argilla_records.py RECORDS AGAIN
"""
import json
import sys

from argilla.records._resource import Record

records, again = sys.argv[1:]
count = responses = suggestions = 0
with open(again, "w") as out:
    for line in open(records):
        told = json.loads(line)
        record = Record.from_dict(told)
        back = json.loads(json.dumps(record.to_dict()))
        for key in ("id", "fields", "metadata", "suggestions"):
            if back[key] != told[key]:
                sys.exit(f"argilla_records.py: {key} of {told['id']} is another")
        for question, answers in told["responses"].items():
            kept = [(a["value"], a["user_id"]) for a in back["responses"][question]]
            if kept != [(a["value"], a["user_id"]) for a in answers]:
                sys.exit(f"argilla_records.py: responses to {question} of {told['id']} are others")
            # `to_dict` leaves the status out; the model has it.
            for answer, response in zip(back["responses"][question], [r for r in record.responses if r.question_name == question]):
                answer["status"] = response.status.value
                responses += 1
        suggestions += len(told["suggestions"])
        count += 1
        out.write(json.dumps(back, ensure_ascii=False) + "\n")
print(f"{count} records, {responses} responses and {suggestions} suggestions are Argilla's, too")
