#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Scores rule sets for secrets on planted ones, and ours on trees that hold none.

    tests/e2e/secret_score_test.py            the test: our set must reach what issue 5 asks
    tests/e2e/secret_score_test.py --table    gitleaks' public set beside ours, as Markdown
    tests/e2e/secret_score_test.py --misses   and what ours misses, and finds where nothing is
    tests/e2e/secret_score_test.py --trees DIR...   findings above low in those trees

How it counts. noseyparker and kingfisher: an example is found when the set has any finding in it;
a negative example counts against the set when it has one. What is a negative example of one rule
and, letter by letter, a positive one of another is no negative. leaky-repo: lines, of a file at most
as many as the file is told to hold; findings beyond risks and informatives count against the set.
gitleaks and kingfisher test data: a file with something planted is found when there is a finding in
it. Examples whose check sum is wrong count as missed.
"""
import collections
import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402

SCAN = os.path.join(seawall.BUILD, "tests", "secret_scan")
OURS = os.path.join(seawall.TOP, "content", "secrets")
F1_WANTED = 0.95
PER_100_MB_WANTED = 1.0
# What a person agrees with although the tree is clean: (rule, part of the path, reason).
AGREED = []
PLANTED_GITLEAKS = ("repos/nogit/.env.prod", "archives/files/.env.prod",
                    "repos/symlinks/source_file/id_ed25519")

if not os.path.exists(SCAN):
    seawall.skip(f"no {SCAN}")
seawall.need("zstd")
try:
    import yaml
except ImportError:
    seawall.skip("needs PyYAML (python3-yaml)")


def scan(rules, *paths):
    """Findings by path, as secret_scan prints them."""
    done = subprocess.run([SCAN, rules, *paths], capture_output=True, check=False, timeout=3000)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode(errors="replace")[-4000:])
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        found[finding["path"]].append(finding)
    return found


def unpack(folder):
    archive = seawall.shared("corpora/secrets.tar.zst")
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)
    return os.path.join(folder, "secrets")


def read_examples(corpus):
    """(source, rule, is positive, text) of both rule collections."""
    examples = []
    for source in ("noseyparker-rules", "kingfisher-rules"):
        folder = os.path.join(corpus, source)
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                document = yaml.safe_load(file)
            for rule in document.get("rules", []):
                for key, positive in (("examples", True), ("negative_examples", False)):
                    examples += [(source, rule["id"], positive, str(text))
                                 for text in rule.get(key) or []]
    positives = {text.strip() for _, _, positive, text in examples if positive}
    return [e for e in examples if e[2] or e[3].strip() not in positives]


class Score:
    """Right, missed and wrong; all findings, and only those above low."""

    def __init__(self):
        self.positive = self.negative = 0
        self.right = collections.Counter()
        self.wrong = collections.Counter()

    def add(self, kind, positive, wanted, got, extra):
        self.positive += wanted
        self.negative += positive is False
        self.right[kind] += got
        self.wrong[kind] += extra

    def rates(self, kind="all"):
        right, wrong = self.right[kind], self.wrong[kind]
        recall = right / self.positive if self.positive else 1.0
        precision = right / (right + wrong) if right + wrong else 1.0
        f1 = 2 * right / (self.positive + right + wrong) if self.positive + right + wrong else 1.0
        return recall, precision, f1


def kinds(findings):
    return {"all": findings, "above": [f for f in findings if f["severity"] != "low"]}


def score_examples(scores, found, examples, misses):
    for i, (source, rule, positive, text) in enumerate(examples):
        score = scores[source]
        if positive:
            score.positive += 1
        else:
            score.negative += 1
        for kind, hits in kinds(found.get(f"examples/{i:05}.txt", [])).items():
            (score.right if positive else score.wrong)[kind] += bool(hits)
            if kind == "all" and positive != bool(hits):
                misses.append(("missed" if positive else "wrong", rule, text[:140]))


def score_leaky(score, found, corpus, misses):
    with open(os.path.join(corpus, "leaky-repo", ".leaky-meta", "secrets.csv"),
              encoding="utf-8") as file:
        rows = [r for r in csv.reader(line for line in file if line.strip()
                                      and not line.startswith("#")) if len(r) == 3]
    for name, risks, informatives in rows:
        risks, informatives = int(risks), int(informatives)
        score.positive += risks
        for kind, hits in kinds(found.get(f"leaky-repo/{name}", [])).items():
            n = len({f["line"] for f in hits})
            score.right[kind] += min(n, risks)
            score.wrong[kind] += max(0, n - risks - informatives)
            if kind == "all" and n < risks:
                misses.append(("missed", "leaky-repo", f"{name}: {n} of {risks}"))


def score_files(score, found, source, planted, misses):
    for name in planted:
        score.positive += 1
        for kind, hits in kinds(found.get(f"{source}/{name}", [])).items():
            score.right[kind] += bool(hits)
            if kind == "all" and not hits:
                misses.append(("missed", source, name))


def planted_of_kingfisher(corpus):
    """Its programs in many languages; the crasher and the archives hold none in clear."""
    folder = os.path.join(corpus, "kingfisher-testdata")
    return sorted(n for n in os.listdir(folder) if "_vulnerable." in n) + ["misc/test.properties"]


def score_set(rules):
    misses = []
    with tempfile.TemporaryDirectory() as folder:
        corpus = unpack(folder)
        examples = read_examples(corpus)
        os.mkdir(os.path.join(corpus, "examples"))
        for i, (_, _, _, text) in enumerate(examples):
            with open(os.path.join(corpus, "examples", f"{i:05}.txt"), "w",
                      encoding="utf-8") as file:
                file.write(text)
        for name in ("noseyparker-rules", "kingfisher-rules", "gitleaks"):
            shutil.rmtree(os.path.join(corpus, name))
        found = scan(rules, corpus)
        scores = collections.defaultdict(Score)
        score_examples(scores, found, examples, misses)
        score_leaky(scores["leaky-repo"], found, corpus, misses)
        score_files(scores["gitleaks-testdata"], found, "gitleaks-testdata", PLANTED_GITLEAKS,
                    misses)
        score_files(scores["kingfisher-testdata"], found, "kingfisher-testdata",
                    planted_of_kingfisher(corpus), misses)
    total = Score()
    for score in scores.values():
        total.positive += score.positive
        total.negative += score.negative
        total.right += score.right
        total.wrong += score.wrong
    scores["all"] = total
    return scores, misses


def public_set(folder):
    corpus = unpack(folder)
    return os.path.join(corpus, "gitleaks", "gitleaks.toml")


def print_table(columns):
    print("| Source | secrets | traps | set | recall | precision | F1 | F1 above low |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for source in columns[0][1]:
        for name, scores in columns:
            score = scores[source]
            recall, precision, f1 = score.rates()
            print(f"| {source} | {score.positive} | {score.negative} | {name} | {recall:.3f} | "
                  f"{precision:.3f} | {f1:.3f} | {score.rates('above')[2]:.3f} |")


def is_agreed(finding):
    return any(finding["rule"] == rule and part in finding["path"] for rule, part, _ in AGREED)


def bytes_below(path):
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            full = os.path.join(folder, name)
            if not os.path.islink(full):
                total += os.path.getsize(full)
    return total


def check_tree(label, path, per_100_mb):
    found = [f for fs in scan(OURS, path).values() for f in fs]
    above = [f for f in found if f["severity"] != "low" and not is_agreed(f)]
    size = bytes_below(path)
    print(f"{label}: {size / 1e6:.0f} MB, {len(found)} findings, {len(above)} above low")
    for finding in above[:40]:
        print(f"  {finding['severity']} {finding['rule']} {finding['path']}:{finding['line']}")
    allowed = per_100_mb * size / 1e8
    assert len(above) <= allowed, f"{label}: {len(above)} findings above low, {allowed:.0f} allowed"


def clean_systems():
    """The clean systems among the shared data, unpacked: none above low."""
    with tempfile.TemporaryDirectory() as folder:
        top = seawall.shared("corpora/rootfs")
        for kind in sorted(os.listdir(top)):
            for name in sorted(os.listdir(os.path.join(top, kind))):
                if not name.endswith(".tar.gz"):
                    continue
                into = os.path.join(folder, f"{kind}-{name}")
                os.mkdir(into)
                with gzip.open(os.path.join(top, kind, name)) as packed, \
                        tarfile.open(fileobj=packed) as archive:
                    for member in archive:
                        if not member.isreg() or ".." in member.name:
                            continue
                        path = os.path.join(into, member.name.lstrip("./"))
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        with open(path, "wb") as file:
                            shutil.copyfileobj(archive.extractfile(member), file)
        check_tree("clean systems", folder, 0)


def trees_of_this_machine():
    """What a Debian has; more with SEAWALL_SECRET_TREES (paths, colon between)."""
    trees = [p for p in ("/usr/lib/python3", "/usr/share/perl", "/usr/share/nodejs",
                         "/usr/share/doc", "/usr/lib/ssl", "/etc/ssl") if os.path.isdir(p)]
    trees += [p for p in os.environ.get("SEAWALL_SECRET_TREES", "").split(":") if p]
    for path in trees:
        check_tree(path, path, PER_100_MB_WANTED)


def test():
    scores, _ = score_set(OURS)
    print_table([("ours", scores)])
    for source, score in scores.items():
        assert score.rates()[2] >= F1_WANTED, f"{source}: F1 {score.rates()[2]:.3f}"
    clean_systems()
    trees_of_this_machine()


if __name__ == "__main__":
    if sys.argv[1:] in (["--table"], ["--misses"]):
        ours, missed = score_set(OURS)
        with tempfile.TemporaryDirectory() as scratch:
            public, _ = score_set(public_set(scratch))
        print_table([("gitleaks", public), ("ours", ours)])
        if sys.argv[1] == "--misses":
            for line in missed:
                print(*line)
    elif sys.argv[1:2] == ["--trees"]:
        for tree in sys.argv[2:]:
            check_tree(tree, tree, PER_100_MB_WANTED)
    else:
        test()
