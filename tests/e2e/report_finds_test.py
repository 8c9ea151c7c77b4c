#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets and malware in every format: a stored report that has both, with hostile names, is
rendered again, and each format says what, where, in which layer and what became of the file."""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import seawall  # noqa: E402

try:
    import jsonschema
except ImportError:
    seawall.skip("python3-jsonschema is not installed")

NAME = "app/\u00fc #<&>|`=\u202e.env"
REPORT = {
    "schema_version": 1, "generator": {"name": "seawall", "version": "x"},
    "target": {"name": "app:1", "kind": "docker-archive"}, "scanned_at": "2026-11-25T00:00:00Z",
    "looked_for": ["vuln", "secrets", "malware"],
    "image": {"config_digest": "sha256:aa", "os": "linux", "architecture": "amd64", "layers": [
        {"diff_id": "sha256:l1", "instruction": "ADD rootfs"},
        {"diff_id": "sha256:l2", "instruction": "RUN rm key"}]},
    "os": {"id": "debian", "version_id": "12"}, "support": {"verdict": "supported"},
    "is_incomplete": False, "database": {"is_present": True}, "packages": [],
    "findings": [
        {"kind": "secret", "severity": "high", "id": "github-pat", "title": "GitHub token",
         "engine": "secrets", "secret": "ghp_...x3Qf", "match": "token = ghp_...x3Qf",
         "fingerprint": "f1", "entropy": 4.5, "location": {
             "path": NAME, "line": 3, "column": 9, "end_line": 3, "end_column": 48, "layer": 0,
             "presence": "deleted"}},
        {"kind": "secret", "severity": "low", "id": "generic", "engine": "secrets",
         "secret": "ab...", "fingerprint": "f2",
         "location": {"inner": "Env[2]", "presence": "config"}},
        {"kind": "malware", "severity": "critical", "id": "eicar", "title": "EICAR test file",
         "engine": "yara", "family": "eicar", "fingerprint": "f3", "location": {
             "path": "opt/a.jar", "inner": "b.zip!/x", "layer": 1, "presence": "final"}}],
    "notes": [], "n_notes_dropped": 0, "unexamined": []}


def convert(path, *arguments, status=(0,)):
    return seawall.run("convert", path, *arguments, status=status).stdout


def check_json(path):
    report = json.loads(convert(path, "-f", "json"))
    with open(os.path.join(seawall.TOP, "docs/report.schema.json"), encoding="utf-8") as file:
        jsonschema.validate(report, json.load(file))
    for finding, expected in zip(report["findings"], REPORT["findings"]):
        for key in ("kind", "severity", "id", "secret", "fingerprint", "family"):
            assert finding.get(key) == expected.get(key), (key, finding)
        for key, value in expected["location"].items():
            assert finding["location"][key] == value, (key, finding)
    assert report["looked_for"] == REPORT["looked_for"]


def check_people(path):
    table = convert(path, "-f", "table").decode()
    for word in ("ghp_...x3Qf", ":3:9", "layer 1, ADD rootfs", "deleted in a later layer",
                 "EICAR test file", "opt/a.jar!/b.zip!/x", "2 secrets: 1 high, 1 low",
                 "1 malware: 1 critical", "1 low secret not shown", "\\u202e"):
        assert word in table, f"the table does not say '{word}':\n{table}"
    assert "Env[2]" in convert(path, "-f", "table", "--all").decode()
    for form in ("markdown", "html"):
        text = convert(path, "-f", form).decode()
        for word in ("github-pat", "Env[2]", "eicar", "deleted in a later layer"):
            assert word in text, f"{form} does not say '{word}'"
        assert "\u202e" not in text and "<&>" not in text.replace("`", "") or form == "markdown"


def check_machines(path):
    sarif = json.loads(convert(path, "-f", "sarif"))["runs"][0]
    first = sarif["results"][0]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"]["uri"].startswith("app/%C3%BC%20%23%3C&%3E"), first
    assert first["region"] == {"startLine": 3, "startColumn": 9}, first
    assert {r["id"]: r["properties"]["tags"][0] for r in sarif["tool"]["driver"]["rules"]} == {
        "eicar": "malware", "generic": "secret", "github-pat": "secret"}
    bom = json.loads(convert(path, "-f", "cyclonedx"))
    files = {c["bom-ref"]: c["name"] for c in bom["components"] if c["type"] == "file"}
    weak = {v["id"]: (v["cwes"], files[v["affects"][0]["ref"]]) for v in bom["vulnerabilities"]}
    assert weak["eicar"] == ([506], "opt/a.jar!/b.zip!/x"), weak
    assert weak["generic"] == ([798], "image config, Env[2]"), weak
    spdx = json.loads(convert(path, "-f", "spdx"))
    assert len(spdx["annotations"]) == 3
    trivy = {r["Class"]: r for r in json.loads(convert(path, "-f", "trivy-json"))["Results"]}
    assert trivy["custom"]["CustomResources"][0]["Data"]["RuleID"] == "eicar"
    gitlab = json.loads(convert(path, "-f", "gitlab"))
    assert "2 secrets found" in gitlab["scan"]["messages"][0]["value"]
    with open(os.path.join(HERE, "schemas/gitlab-container-scanning.json"), "rb") as file:
        jsonschema.validate(gitlab, json.load(file))
    rows = list(csv.DictReader(io.StringIO(convert(path, "-f", "csv").decode())))
    assert [(r["id"], r["kind"], r["line"], r["status"]) for r in rows] == [
        ("github-pat", "secret", "3", "deleted"), ("generic", "secret", "", "config"),
        ("eicar", "malware", "", "final")], rows
    assert rows[0]["layer"] == "sha256:l1"
    junit = convert(path, "-f", "junit")
    assert b'failures="3"' in junit and b"EICAR" in junit
    schema = os.path.join(HERE, "schemas/junit.xsd")
    subprocess.run(["xmllint", "--noout", "--schema", schema, "-"], input=junit, check=True,
                   stderr=subprocess.DEVNULL)


def check_gates(path):
    convert(path, "--fail-on", "high", "-f", "json", status=(1,))
    kept = json.loads(convert(path, "--only-fixed", "--severity", "high", "-f", "json"))
    assert [f["id"] for f in kept["findings"]] == ["github-pat", "eicar"], kept["findings"]


def main():
    seawall.need("xmllint")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(REPORT, file)
        check_json(path)
        check_people(path)
        check_machines(path)
        check_gates(path)


if __name__ == "__main__":
    main()
