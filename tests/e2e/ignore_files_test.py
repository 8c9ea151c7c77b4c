#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ignore files of Seawall, Trivy and Grype at work: what they take aside, what is said of it, the gate,
rules whose date has passed, files that are wrong."""
import csv
import io
import json
import os
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from report_formats_test import FEEDS, STATUS, write  # noqa: E402

ALL = {f"CVE-2024-000{i}" for i in (1, 2, 3, 4)}


class Case:
    """A system with four findings, a database, and an empty current directory."""

    def __init__(self, scratch):
        self.root = os.path.join(scratch, "root")
        self.here = os.path.join(scratch, "here")
        self.database = os.path.join(scratch, "vuln.db")
        os.makedirs(self.here)
        write(os.path.join(self.root, "etc/os-release"), 'ID=debian\nVERSION_ID="12"\n')
        write(os.path.join(self.root, "var/lib/dpkg/status"), STATUS)
        for name, text in FEEDS.items():
            write(os.path.join(scratch, "feeds", name), text)
        seawall.run("db", "build", "--quiet", "--sources", os.path.join(scratch, "feeds"), "-o",
                    self.database)

    def run(self, *arguments, status=(0,)):
        return seawall.run(*arguments, status=status, cwd=self.here)

    def scan(self, *arguments, status=(0,)):
        return self.run("scan", "--quiet", "--no-cache", "--db", self.database, *arguments,
                        self.root, status=status)

    def report(self, *arguments):
        report = json.loads(self.scan("-f", "json", *arguments).stdout)
        found = {f["id"] for f in report["findings"]}
        aside = {i["finding"]["id"]: i for i in report.get("ignored", [])}
        assert found | aside.keys() == ALL, (found, aside)
        return found, aside, report

    def put(self, name, text):
        with open(os.path.join(self.here, name), "w", encoding="utf-8") as file:
            file.write(text)

    def clear(self):
        for name in os.listdir(self.here):
            os.unlink(os.path.join(self.here, name))


def our_own(case):
    case.put(".seawallignore", "# what we live with\n"
             "CVE-2024-0001 until:2999-12-31 reason: behind # a proxy\n"
             "CVE-2024-0003 pkg:deb/debian/openssl\n"
             "CVE-2024-0002 until:2020-01-01\n"
             "CVE-2024-0004 pkg:deb/debian/another\n")
    found, aside, report = case.report()
    assert found == {"CVE-2024-0002", "CVE-2024-0004"}, found
    first = aside["CVE-2024-0001"]
    assert first["rule"] == ".seawallignore:2" and first["until"] == "2999-12-31", first
    assert first["reason"] == "behind # a proxy", first
    assert report["n_ignore_expired"] == 1
    assert any("2020-01-01" in n["message"] for n in report["notes"]), report["notes"]
    table = case.scan("-f", "table").stdout.decode()
    assert "2 ignored; --show-ignored lists them" in table, table
    listed = case.scan("-f", "table", "--show-ignored").stdout.decode()
    assert "CVE-2024-0001 in openssl" in listed and "behind # a proxy" in listed, listed
    assert "2 ignored" in case.scan("-f", "markdown").stdout.decode()
    assert not case.report("--no-ignore-files")[1]
    case.clear()


def every_format_says_so(case):
    case.put(".seawallignore", "CVE-2024-0001 until:2999-12-31 reason: <behind> a proxy\n")
    why = "<behind> a proxy (.seawallignore:1, until 2999-12-31)"

    def text(name):
        return case.scan("-f", name).stdout.decode()
    run = json.loads(text("sarif"))["runs"][0]
    aside = [r for r in run["results"] if "suppressions" in r]
    assert {r["ruleId"] for r in aside} == {"CVE-2024-0001"} and len(run["results"]) == 4
    assert aside[0]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": why}], aside
    assert {r["ruleId"] for r in run["results"]} == {r["id"] for r in run["tool"]["driver"]["rules"]}
    result = json.loads(text("trivy-json"))["Results"][0]
    modified = result["ExperimentalModifiedFindings"]
    assert {(m["Type"], m["Status"], m["Statement"], m["Source"], m["Finding"]["VulnerabilityID"])
            for m in modified} == {("vulnerability", "ignored", "<behind> a proxy",
                                    ".seawallignore:1", "CVE-2024-0001")}, modified
    assert "CVE-2024-0001" not in {v["VulnerabilityID"] for v in result["Vulnerabilities"]}
    listed = {v["id"]: v for v in json.loads(text("cyclonedx"))["vulnerabilities"]}
    assert listed["CVE-2024-0001"]["analysis"] == {"response": ["will_not_fix"], "detail": why}
    assert sum("analysis" in v for v in listed.values()) == 1 and len(listed) == 4
    gitlab = json.loads(text("gitlab"))
    assert "CVE-2024-0001" not in {v["name"] for v in gitlab["vulnerabilities"]}
    assert {"level": "info", "value": "findings ignored by rules, and left out: 1"} in gitlab[
        "scan"]["messages"], gitlab["scan"]
    suite = xml.etree.ElementTree.fromstring(text("junit")).find("testsuite")
    cases = suite.findall("testcase")
    assert suite.get("skipped") == "1" and suite.get("tests") == str(len(cases)), suite.attrib
    assert [c.find("skipped").get("message") for c in cases if c.find("skipped") is not None] == [why]
    rows = list(csv.DictReader(io.StringIO(text("csv"))))
    assert {(row["id"], row["ignored"]) for row in rows if row["ignored"]} == {("CVE-2024-0001", why)}
    assert "Ignored (1)" in text("html") and "&lt;behind&gt; a proxy" in text("html")
    case.clear()


def both_sides_of_a_difference(case):
    def changes(*arguments):
        done = case.run("diff", "--no-cache", "--db", case.database, *arguments, "-f", "json", "old.json",
                        case.root)
        return [f["change"] for f in json.loads(done.stdout)["findings"] if f["change"] != "unchanged"]
    report = json.loads(case.scan("-f", "json").stdout)
    report["findings"] = [f for f in report["findings"] if f["id"] != "CVE-2024-0001"]
    case.put("old.json", json.dumps(report))
    assert changes() == ["new"], changes()
    case.put("accepted", "CVE-2024-0001\n")
    assert not changes("--ignore-file", "accepted")
    case.clear()


def the_gate_passes_what_is_ignored(case):
    case.scan("--fail-on", "high", status=(1,))
    case.put("accepted", "CVE-2024-0001\nCVE-2024-0002\nCVE-2024-0003\n")
    case.scan("--fail-on", "high", "--ignore-file", "accepted")
    case.clear()


def others_files(case):
    case.put(".trivyignore", "# comment\nCVE-2024-0001\nCVE-2024-0002 exp:2020-01-01\n")
    found, aside, report = case.report()
    assert aside.keys() == {"CVE-2024-0001"} and report["n_ignore_expired"] == 1, (found, report)
    case.clear()
    case.put(".trivyignore.yaml", "vulnerabilities:\n  - id: CVE-2024-0003\n    statement: no fix\n"
             "    purls:\n      - pkg:deb/debian/libssl3\nsecrets:\n  - id: aws-access-key-id\n")
    found, aside, report = case.report()
    left = [f for f in report["findings"] if f["id"] == "CVE-2024-0003"]
    names = [report["packages"][i]["name"] for f in left for i in f["packages"]]
    assert names == ["openssl"] and aside["CVE-2024-0003"]["reason"] == "no fix", (names, aside)
    case.clear()
    case.put(".grype.yaml", "fail-on-severity: high\nignore:\n  - fix-state: fixed\n"
             "    reason: next release\n  - vulnerability: CVE-2024-0004\n")
    found, aside, _ = case.report()
    assert found == {"CVE-2024-0003"}, found
    case.clear()


def stored_reports(case):
    with open(os.path.join(case.here, "report"), "wb") as file:
        file.write(case.scan("-f", "json").stdout)
    case.put(".seawallignore", "CVE-2024-0001\n")
    again = json.loads(case.run("convert", "report", "-f", "json").stdout)
    assert [i["finding"]["id"] for i in again["ignored"]] == ["CVE-2024-0001"], again
    with open(os.path.join(case.here, "second"), "w", encoding="utf-8") as file:
        json.dump(again, file)
    kept = json.loads(case.run("convert", "second", "--no-ignore-files", "-f", "json").stdout)
    assert kept["ignored"] == again["ignored"]
    case.clear()


def wrong_files(case):
    for name, text, said in (
            (".seawallignore", "CVE-2024-1 pkgs:deb/x\n", ":1:12: unknown key 'pkgs:'"),
            (".seawallignore", "reason: all of it\n", "would ignore everything"),
            (".seawallignore", "CVE-2024-1 until:soon\n", "no date"),
            (".trivyignore.yaml", "vulnerabilities: [\n", ".trivyignore.yaml:"),
            (".grype.yaml", "ignore:\n  - vex-status: fixed\n", "vex-status")):
        case.put(name, text)
        done = case.scan(status=(2,))
        assert said in done.stderr.decode() and not done.stdout, (name, text, done.stderr)
        case.clear()
    done = case.scan("--ignore-file", "absent", status=(2,))
    assert b"'absent'" in done.stderr, done.stderr
    os.mkfifo(os.path.join(case.here, ".seawallignore"))
    done = case.scan(status=(2,))
    assert b".seawallignore" in done.stderr, done.stderr
    case.clear()


def main():
    with tempfile.TemporaryDirectory() as scratch:
        case = Case(scratch)
        assert case.report()[0] == ALL
        our_own(case)
        every_format_says_so(case)
        both_sides_of_a_difference(case)
        the_gate_passes_what_is_ignored(case)
        others_files(case)
        stored_reports(case)
        wrong_files(case)


if __name__ == "__main__":
    main()
