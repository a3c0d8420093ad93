"""Compares what flywheel holds of a source with what a correct reader must end with, record by record.

It reads the catalog with sqlite3 and the lake's segments with the tool lz4, not with flywheel: every row of the
catalog is followed to its bytes. Users are pseudonyms, so their members are compared as a relation: one person, one
pseudonym, and the other way round.

    compare_lake.py --home .flywheel --source NAME --expect expect.jsonl
"""

import argparse
import json
import pathlib
import sqlite3
import subprocess
import sys

SHOWN = 10


def frames(path):
    """The texts of a segment's LZ4 frames."""
    data = path.read_bytes()
    texts, at = [], 0
    while at < len(data):
        magic = int.from_bytes(data[at:at + 4], "little")
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            at += 8 + int.from_bytes(data[at + 4:at + 8], "little")
            continue
        if magic != 0x184D2204:
            sys.exit(f"{path.name} holds no LZ4 frame at {at}")
        start, flags = at, data[at + 4]
        at += 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
        while True:
            size = int.from_bytes(data[at:at + 4], "little")
            at += 4
            if size == 0:
                break
            at += (size & 0x7FFFFFFF) + (4 if flags & 16 else 0)
        at += 4 if flags & 4 else 0
        texts.append(subprocess.run(["lz4", "-dc"], input=data[start:at], capture_output=True, check=True).stdout)
    return texts


def held(home, source, table):
    """The records of a table by the source's own id."""
    catalog = sqlite3.connect(f"file:{home}/catalog.sqlite?mode=ro", uri=True)
    rows = catalog.execute(
        f"""SELECT r.id, s.day, s.name, r.frame, r.offset, r.length FROM {table} r
            JOIN segments s ON s.number = r.segment WHERE r.source = ?""", (source,)).fetchall()
    segments, records = {}, {}
    for identifier, day, name, frame, offset, length in rows:
        path = home / "lake" / table / day / f"{name}.jsonl.lz4"
        if path not in segments:
            segments[path] = frames(path)
        record = json.loads(segments[path][frame][offset:offset + length])
        if record["id"] != identifier:
            sys.exit(f"the catalog's place of {identifier} holds {record['id']}")
        for key in ("target", "trace", "parent"):
            if key in record:
                record[key] = record[key].removeprefix(f"{source}/")
        records[identifier.removeprefix(f"{source}/")] = record
    return records


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--home", type=pathlib.Path, required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--expect", required=True)
    arguments = parser.parse_args()
    expected = {"interaction": {}, "feedback": {}}
    with open(arguments.expect, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            expected[row.pop("type")][row.pop("id")] = row
    faults, people, pseudonyms, members = [], {}, {}, 0
    for kind, table in (("interaction", "interactions"), ("feedback", "feedback")):
        records, wanted = held(arguments.home, arguments.source, table), expected[kind]
        faults += [f"{kind} {key} was not pulled" for key in sorted(wanted.keys() - records.keys())]
        faults += [f"nobody wrote {kind} {key}" for key in sorted(records.keys() - wanted.keys())]
        for key in sorted(wanted.keys() & records.keys()):
            for name, value in wanted[key].items():
                found = records[key].get(name)
                members += 1
                if name == "user":
                    same = found is not None and people.setdefault(value, found) == found
                    same = same and pseudonyms.setdefault(found, value) == value and found != value
                elif isinstance(value, float):
                    same = isinstance(found, (int, float)) and abs(found - value) <= 1e-9 * max(1, abs(value))
                else:
                    same = found == value
                if not same:
                    faults.append(f"{kind} {key}: {name} is {json.dumps(found)[:300]}, not {json.dumps(value)[:300]}")
            for name in {"target", "trace", "correction", "comment", "media", "cost", "finish"} & records[key].keys():
                if name not in wanted[key] and name not in ("trace",):
                    faults.append(f"{kind} {key} has a {name} that nobody wrote")
    for fault in faults[:SHOWN]:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(f"compare_lake: {len(faults)} differences")
    print(f"{len(expected['interaction'])} interactions and {len(expected['feedback'])} feedback events are as they "
          f"were written: {members} members compared")


if __name__ == "__main__":
    main()
