#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our own secret rules: all load, each holds against its examples, and allow lists lower as told."""
import collections
import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("SEAWALL_BUILD", os.path.join(TOP, "build", "dev"))
SCAN = os.path.join(BUILD, "tests", "secret_scan")
RULES = os.path.join(TOP, "content", "secrets")
SEVERITIES = ("critical", "high", "medium", "low")

try:
    import tomllib
except ImportError:
    print("skipped: needs Python 3.11 (tomllib)")
    sys.exit(77)
if not os.path.exists(SCAN):
    print(f"skipped: no {SCAN}")
    sys.exit(77)


def read_rules():
    rules = []
    for name in sorted(os.listdir(RULES)):
        if name.endswith(".toml"):
            with open(os.path.join(RULES, name), "rb") as file:
                rules += [(name, rule) for rule in tomllib.load(file).get("rules", [])]
    return rules


def every_rule_says_what_it_must():
    rules = read_rules()
    wrong = []
    for name, rule in rules:
        label = f"{name}: {rule.get('id')}"
        if rule.get("severity") not in SEVERITIES:
            wrong.append(f"{label}: severity")
        if not rule.get("description"):
            wrong.append(f"{label}: description")
        if "regex" not in rule:
            continue
        for key in ("examples", "counterexamples"):
            if not rule.get(key):
                wrong.append(f"{label}: no {key}")
        if not rule.get("keywords") and "path" not in rule:
            wrong.append(f"{label}: neither keywords nor path")
        if "path" in rule and "examplePath" not in rule:
            wrong.append(f"{label}: a path, but no examplePath")
    double = [i for i, n in collections.Counter(r["id"] for _, r in rules).items() if n > 1]
    wrong += [f"two rules named '{i}'" for i in double]
    assert not wrong, "\n".join(wrong)
    assert len(rules) > 400, len(rules)


def every_rule_holds_against_its_examples():
    done = subprocess.run([SCAN, "--examples", RULES], capture_output=True, text=True, check=False,
                          timeout=1200)
    refused = [line for line in done.stderr.splitlines() if " refused: " in line]
    assert not refused, "\n".join(refused)
    assert done.returncode == 0, done.stdout[-4000:]
    print(done.stdout.strip().splitlines()[-1])


def an_allow_list_with_a_severity_lowers():
    rules = """
[[rules]]
id = "word"
severity = "high"
regex = '''word-([a-z]+)'''
[[rules.allowlists]]
severity = "low"
regexes = ['''^weak''']
[[rules.allowlists]]
regexes = ['''^none''']

[[rules]]
id = "file"
severity = "medium"
path = '''\\.p12$'''

[[allowlists]]
severity = "low"
paths = ['''(?:^|/)tests?/''']
"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rules.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(rules)
        found = {}
        for name in ("a", "tests/a", "k.p12", "tests/k.p12"):
            done = subprocess.run([SCAN, "--text", name, path], capture_output=True, check=True,
                                  input=b"word-weak word-none word-strong\n", timeout=300)
            for line in done.stdout.splitlines():
                finding = json.loads(line)
                found[(name, finding["rule"], finding["secret"])] = finding["severity"]
    wanted = {
        ("a", "word", "weak"): "low",
        ("a", "word", "strong"): "high",
        ("tests/a", "word", "weak"): "low",
        ("tests/a", "word", "strong"): "low",
    }
    for key, severity in wanted.items():
        assert found.get(key) == severity, (key, found)
    assert not any(secret == "none" for _, _, secret in found), found
    files = {name: severity for (name, rule, _), severity in found.items() if rule == "file"}
    assert files == {"k.p12": "medium", "tests/k.p12": "low"}, files


if __name__ == "__main__":
    every_rule_says_what_it_must()
    an_allow_list_with_a_severity_lowers()
    every_rule_holds_against_its_examples()
