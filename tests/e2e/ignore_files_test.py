#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ignore files of Seawall, Trivy and Grype at work: what they take aside, what is said of it, the gate,
rules whose date has passed, files that are wrong."""
import json
import os
import sys
import tempfile

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
        the_gate_passes_what_is_ignored(case)
        others_files(case)
        stored_reports(case)
        wrong_files(case)


if __name__ == "__main__":
    main()
