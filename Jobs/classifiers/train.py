"""Trains the classifiers and writes the models folder; called by Jobs/train-classifiers.

    train.py MODELS PACKAGES FASTTEXT

One thread and fixed seeds, so that the same packages give the same bytes.
"""

import hashlib
import json
import os
import random
import subprocess
import sys

import injection_data
import toxicity_data
from classifier_text import VERSION, normalise
from sources import FOR_EVALUATION_ONLY, PACKAGES, Sources

# Words and pairs of words: character n-grams would cost five times the time for each text. Few rounds keep the probabilities
# of texts unlike all of training away from 1. The tables stay small, so that they stay in a processor's cache. Quantised they
# would take a fifth, and the probabilities above 0.9, where the thresholds lie, would no longer tell texts apart.
COMMON = ["-wordNgrams", "2", "-dim", "8", "-bucket", "100000", "-lr", "0.5", "-loss", "softmax", "-thread", "1", "-seed", "7",
          "-verbose", "0"]
TRAINING = {"injection": COMMON + ["-minCount", "3", "-epoch", "3"], "toxicity": COMMON + ["-minCount", "2", "-epoch", "4"]}


def digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def train(name: str, rows: list, folder: str, fasttext: str) -> dict:
    """Writes NAME.bin.tmp; returns what models.json says of it."""
    lines, counts = [], {}
    seen = set()
    for label, text, source in rows:
        form = normalise(text)
        if not form or (label, form) in seen:
            continue
        seen.add((label, form))
        lines.append(f"__label__{label} {form}\n")
        key = f"{source}: {label}"
        counts[key] = counts.get(key, 0) + 1
    random.Random(3).shuffle(lines)
    data = os.path.join(folder, name + ".train.txt")
    with open(data, "w", encoding="utf-8") as file:
        file.writelines(lines)
    stem = os.path.join(folder, name)
    subprocess.run([fasttext, "supervised", "-input", data, "-output", stem] + TRAINING[name], check=True, stdout=subprocess.DEVNULL)
    entry = {"rows": counts, "data_sha256": digest(data), "training": " ".join(TRAINING[name])}
    os.replace(stem + ".bin", stem + ".bin.tmp")
    for rest in (stem + ".vec", data):
        if os.path.exists(rest):
            os.remove(rest)
    return entry


def write_rows(path: str, rows: list) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for label, text, source in rows:
            file.write(json.dumps({"label": label, "text": text, "source": source}, ensure_ascii=False) + "\n")


def main(folder: str, packages: str, fasttext: str) -> None:
    sources = Sources(packages)
    os.makedirs(os.path.join(folder, "evaluation"), exist_ok=True)
    entries = {}
    for name, module in (("injection", injection_data), ("toxicity", toxicity_data)):
        rows = module.training(sources)
        held = module.held_out(sources)
        trained = {normalise(text) for _, text, _ in rows}
        held = [row for row in held if normalise(row[1]) and normalise(row[1]) not in trained]
        entries[name] = train(name, rows, folder, fasttext)
        write_rows(os.path.join(folder, "evaluation", name + ".jsonl"), held)
        print(f"{name}: {sum(entries[name]['rows'].values())} rows trained, {len(held)} held out")
    ordinary = [text for text, _ in toxicity_data.ordinary_texts(sources)]
    with open(os.path.join(folder, "lexicon.tsv.tmp"), "w", encoding="utf-8") as file:
        for grade, text in toxicity_data.lexicon(sources, ordinary):
            file.write(f"{grade}\t{text}\n")
    files = {"injection": "injection.bin", "toxicity": "toxicity.bin", "lexicon": "lexicon.tsv"}
    listing = {
        "format": "flywheel-models", "version": 1, "text_version": VERSION,
        "files": {name: {"file": file, "sha256": digest(os.path.join(folder, file + ".tmp")), **entries.get(name, {})}
                  for name, file in files.items()},
        "packages": {name: {"version": version, "sha256": sha256, "licence": licence, "trains": name not in FOR_EVALUATION_ONLY}
                     for name, (version, sha256, licence) in PACKAGES.items()},
        "tools": {"fasttext": "0.9.2", "python": ".".join(map(str, sys.version_info[:2]))},
    }
    for file in files.values():
        os.replace(os.path.join(folder, file + ".tmp"), os.path.join(folder, file))
    path = os.path.join(folder, "models.json")
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(listing, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main(*sys.argv[1:])
