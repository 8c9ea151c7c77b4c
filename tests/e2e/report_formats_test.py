#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports: order and folding of the table, every format's structure, filters, gates and exit
statuses, on a system and feeds that are made here."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402

FEEDS = {
    "debian/tracker.json": json.dumps({
        "openssl": {
            "CVE-2024-0001": {"scope": "remote", "description": "fixed, exploited", "releases": {
                "bookworm": {"status": "resolved", "fixed_version": "3.0.11-1~deb12u2",
                             "urgency": "low", "repositories": {"bookworm": "3.0.11-1~deb12u2"}}}},
            "CVE-2024-0002": {"scope": "remote", "description": "fixed, high", "releases": {
                "bookworm": {"status": "resolved", "fixed_version": "3.0.11-1~deb12u3",
                             "urgency": "high", "repositories": {"bookworm": "3.0.11-1~deb12u3"}}}},
            "CVE-2024-0003": {"scope": "remote", "description": "no fix, high", "releases": {
                "bookworm": {"status": "open", "urgency": "high",
                             "repositories": {"bookworm": "3.0.11-1~deb12u1"}}}},
            "CVE-2024-0004": {"scope": "local", "description": "unimportant <b>&\"'", "releases": {
                "bookworm": {"status": "open", "urgency": "unimportant",
                             "repositories": {"bookworm": "3.0.11-1~deb12u1"}}}},
            "CVE-2024-0005": {"scope": "local", "description": "already fixed", "releases": {
                "bookworm": {"status": "resolved", "fixed_version": "3.0.1-1", "urgency": "high",
                             "repositories": {"bookworm": "3.0.11-1~deb12u1"}}}},
        }}),
    "kev/known_exploited_vulnerabilities.json": json.dumps({
        "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.01.01",
        "dateReleased": "2026-01-01T00:00:00Z", "count": 1, "vulnerabilities": [
            {"cveID": "CVE-2024-0001", "vendorProject": "OpenSSL", "product": "OpenSSL",
             "vulnerabilityName": "OpenSSL bug", "dateAdded": "2024-02-01",
             "shortDescription": "x", "requiredAction": "Apply updates.", "dueDate": "2024-03-01",
             "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": []}]}),
    "epss/epss_scores.csv": "#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000\n"
                            "cve,epss,percentile\nCVE-2024-0002,0.51000,0.98000\n",
}
STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u1

Package: openssl
Status: install ok installed
Architecture: amd64
Version: 3.0.11-1~deb12u1

Package: odd
Status: install ok installed
Architecture: amd64
Version: 1.0-1
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check_table(scan):
    text = scan("-f", "table").stdout.decode()
    for line in text.splitlines():
        is_text = line.startswith(("note", "incomplete"))
        assert is_text or len(line) <= 80, f"{len(line)} columns: {line}"
    rows = re.findall(r"CVE-2024-000\d", text)
    assert rows == ["CVE-2024-0001", "CVE-2024-0002", "CVE-2024-0003"], text
    assert "1 low without a fix not shown" in text, text
    assert "4 findings" in text and "2 fixable, 1 known exploited" in text, text
    assert "\x1b" not in text
    everything = scan("-f", "table", "--all").stdout.decode()
    assert "CVE-2024-0004" in everything
    why = scan("-f", "table", "--explain=CVE-2024-0001").stdout.decode()
    for word in ("debian-tracker", "3.0.11-1~deb12u2", "3.0.11-1~deb12u1", "libssl3",
                 "var/lib/dpkg/status", "2024-02-01"):
        assert word in why, f"--explain does not say '{word}':\n{why}"


def check_json(scan):
    report = json.loads(scan("-f", "json").stdout)
    try:
        import jsonschema
        with open(os.path.join(seawall.TOP, "docs/report.schema.json"), encoding="utf-8") as file:
            jsonschema.validate(report, json.load(file))
    except ImportError:
        seawall.skip("python3-jsonschema is not installed")
    findings = {f["id"]: f for f in report["findings"]}
    assert len(findings) == 4, sorted(findings)
    first = findings["CVE-2024-0001"]
    assert first["status"] == "fixed" and first["fixed_version"] == "3.0.11-1~deb12u2"
    names = sorted(report["packages"][i]["name"] for i in first["packages"])
    assert names == ["libssl3", "openssl"], names
    return report


def check_others(scan):
    sarif = json.loads(scan("-f", "sarif").stdout)
    assert sarif["version"] == "2.1.0" and len(sarif["runs"]) == 1
    run = sarif["runs"][0]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert rules == {result["ruleId"] for result in run["results"]} and len(rules) == 4

    bom = json.loads(scan("-f", "cyclonedx").stdout)
    assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.6"
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
    references = [component["bom-ref"] for component in bom["components"]]
    assert len(references) == len(set(references))
    for vulnerability in bom["vulnerabilities"]:
        assert all(a["ref"] in references for a in vulnerability["affects"])
    assert any(c.get("purl", "").startswith("pkg:deb/debian/libssl3@3.0.11-1") for c in
               bom["components"])

    spdx = json.loads(scan("-f", "spdx").stdout)
    assert spdx["spdxVersion"] == "SPDX-2.3" and spdx["dataLicense"] == "CC0-1.0"
    ids = {package["SPDXID"] for package in spdx["packages"]}
    assert len(ids) == len(spdx["packages"]) == 4
    assert all(r["relatedSpdxElement"] in ids for r in spdx["relationships"])

    page = scan("-f", "html").stdout.decode()
    assert "<b>" not in page and "&lt;b&gt;&amp;&quot;&#39;" in page
    assert not re.search(r"\bsrc=|<link|url\(|@import", page), "the page asks for something"


def check_gates(scan, scratch, database, root):
    assert scan("--fail-on", "critical").returncode == 0
    assert scan("--fail-on", "high", status=(1,)).returncode == 1
    only = json.loads(scan("-f", "json", "--only-fixed").stdout)
    assert {f["id"] for f in only["findings"]} == {"CVE-2024-0001", "CVE-2024-0002"}
    high = json.loads(scan("-f", "json", "--severity", "high").stdout)
    assert {f["id"] for f in high["findings"]} == {"CVE-2024-0002", "CVE-2024-0003"}
    # A database of November 2023 is a warning, and incomplete where an age was set: that outranks 1.
    old = os.path.join(scratch, "old.db")
    seawall.run("db", "build", "--quiet", "--sources", os.path.join(scratch, "feeds"), "-o", old,
                env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    aged = ("scan", "--quiet", "--no-cache", "--db", old, "--fail-on", "high", root)
    assert b"days old; run seawall db update" in seawall.run(*aged, status=(1,)).stdout
    assert b"beyond --db-max-age" in seawall.run(*aged, "--db-max-age", "3d", status=(4,)).stdout
    # A gate without a database has judged nothing.
    none = ("scan", "--quiet", "--no-cache", "--allow-incomplete", root)
    nowhere = {**os.environ, "HOME": scratch, "XDG_DATA_HOME": os.path.join(scratch, "nowhere")}
    if os.geteuid() != 0 or not os.path.exists("/var/lib/seawall/vuln.db"):
        assert b"database: none" in seawall.run(*none, env=nowhere).stdout
        seawall.run(*none[:3], "--fail-on", "high", root, env=nowhere, status=(4,))
    # So does a system that nobody can name.
    os.rename(os.path.join(root, "etc/os-release"), os.path.join(root, "etc/gone"))
    assert scan("--fail-on", "high", status=(4,)).returncode == 4
    assert scan("--allow-incomplete").returncode == 0
    os.rename(os.path.join(root, "etc/gone"), os.path.join(root, "etc/os-release"))
    paths = [os.path.join(scratch, name) for name in ("a.json", "b.sarif", "c.html")]
    scan("-f", f"json={paths[0]}", "-f", f"sarif={paths[1]}", "-f", f"html={paths[2]}", "-f", "table")
    assert all(os.path.getsize(path) > 100 for path in paths)
    assert sorted(n for n in os.listdir(scratch) if n[0] in "abc" and "." in n) == [
        "a.json", "b.sarif", "c.html"]
    for arguments in (["-f", "nope"], ["-f", "json", "-f", "table"], ["--severity", "bad"],
                      ["--memory-limit", "1M"], ["--platform", "x", "--all-platforms"]):
        failed = scan(*arguments, status=(2,))
        assert failed.stderr.startswith(b"seawall: "), failed.stderr
    missing = seawall.run("scan", "--db", os.path.join(scratch, "none.db"), root, status=(3,))
    assert b"none.db" in missing.stderr
    absent = seawall.run("scan", "--db", database, os.path.join(scratch, "absent"), status=(3,))
    assert b"absent" in absent.stderr


def main():
    with tempfile.TemporaryDirectory() as scratch:
        root = os.path.join(scratch, "root")
        write(os.path.join(root, "etc/os-release"), 'ID=debian\nVERSION_ID="12"\n')
        write(os.path.join(root, "var/lib/dpkg/status"), STATUS)
        for name, text in FEEDS.items():
            write(os.path.join(scratch, "feeds", name), text)
        database = os.path.join(scratch, "vuln.db")
        seawall.run("db", "build", "--quiet", "--sources", os.path.join(scratch, "feeds"), "-o",
                    database)

        def scan(*arguments, status=(0,)):
            return seawall.run("scan", "--quiet", "--no-cache", "--db", database, *arguments, root,
                               status=status)

        check_table(scan)
        check_json(scan)
        check_others(scan)
        check_gates(scan, scratch, database, root)


if __name__ == "__main__":
    main()
