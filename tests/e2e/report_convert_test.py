#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`seawall convert`, and the formats that others read: a stored report comes back byte for byte,
every format of it equals that of the scan, and is valid for its readers whatever names the image
has."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
sys.path.insert(0, HERE)
import report_formats_test as made  # noqa: E402
import seawall  # noqa: E402

try:
    import jsonschema
except ImportError:
    seawall.skip("python3-jsonschema is not installed")

FORMATS = ("table", "json", "sarif", "cyclonedx", "spdx", "html", "markdown", "csv", "junit",
           "gitlab", "trivy-json")
HOSTILE = {
    "=cmd|'/C calc'!A0": "1`2", "+1": "1.0", "-1": "1", "@team/x": "1|2|3",
    "\uff1d1": "1", "  =1": "1", "<script>alert(1)</script>": "]]>", "a\"b,c": "\x01\x7f",
    "x\ufffe\uffff": "&amp;", "`code` | #1 @you https://e.example": "``", "\\xff\\x00": "1\\x80",
    "![i](https://e.example/i.png)": "<!--", "www.e.example": "1",
}

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
VECTORS = (V3, V3 + "/", V3 + "/E:P/RL:O", V3.lower(), V3 + "/AV:N", V3 + "\n", "CVSS:3.1/" + "x" * 99,
           V3.replace("3.1", "3.9"), "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:4.0/AV:N", V3 + "/X:Y", "", V3)


def schema(name):
    with open(os.path.join(HERE, "schemas", name), encoding="utf-8") as file:
        return json.load(file)


def published(name):
    """A schema that is not part of the project; None where nobody gave it."""
    path = os.path.join(os.environ.get("SEAWALL_SCHEMAS", "/nonexistent"), name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def check_sarif(text):
    whole = published("sarif-schema-2.1.0.json")
    if whole is not None:
        jsonschema.validate(json.loads(text), whole)


def check_gitlab(text):
    report = json.loads(text)
    jsonschema.validate(report, schema("gitlab-container-scanning.json"))
    whole = published("container-scanning-report-format.json")
    if whole is not None:
        jsonschema.validate(report, whole)
    ids = [entry["id"] for entry in report["vulnerabilities"]]
    assert len(ids) == len(set(ids)), "an id twice"
    return report


def check_junit(text, scratch):
    seawall.need("xmllint")
    path = os.path.join(scratch, "junit.xml")
    with open(path, "wb") as file:
        file.write(text)
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", os.path.join(HERE, "schemas/junit.xsd"), path],
        capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]


def check_csv(text):
    rows = list(csv.reader(io.StringIO(text.decode())))
    assert all(len(row) == len(rows[0]) for row in rows)
    for row in rows[1:]:
        for cell in row:
            first = cell.lstrip(" ")[:1]
            is_number = re.fullmatch(r"\d+(\.\d+)?", cell)
            assert is_number or first not in ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b"), cell
    return rows


def check_markdown(text):
    """Outside of code there is no markup, mention or link of the image's making."""
    lines = text.decode().splitlines()
    table = [line for line in lines if line.startswith("|")]
    for line in table:
        # A cell ends at each bar that has no backslash before it.
        assert len(re.findall(r"(?<!\\)\|", line)) == 7, line
    plain = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", "\n".join(lines))
    plain = re.sub(r"\]\(https://[-a-zA-Z0-9./]+\)", "]", plain)
    for bad in ("<script", "<!--", "![", "@you", "@team", " #1", "https://"):
        assert bad not in plain, f"{bad!r} in {plain}"


def check_hostile(scratch, stored):
    """Package databases refuse most of these names; a stored report may hold them all the same."""
    with open(stored, encoding="utf-8") as file:
        report = json.load(file)
    like = report["findings"][1]
    report["target"]["name"] = "=1+`|@you <b>"
    for vector, (name, version) in zip(VECTORS, HOSTILE.items(), strict=True):
        report["packages"].append({**report["packages"][0], "name": name, "version": version})
        report["findings"].append({
            **like, "id": name, "title": name + version, "source_name": name,
            "installed_version": version, "fixed_version": name, "advisory_id": name,
            "aliases": [name, "CVE-2024-9999"], "references": [name, "https://", "javascript:x()"],
            "published": name, "cvss": {"vector": vector, "score": 9.8}, "packages": [len(report["packages"]) - 1]})
        report["notes"].append({"kind": "limit", "subject": name, "message": name})
    path = os.path.join(scratch, "hostile.json")
    made.write(path, json.dumps(report))

    def convert(name):
        return seawall.run("convert", "--allow-incomplete", "-f", name, path).stdout

    again = os.path.join(scratch, "again.json")
    with open(again, "wb") as file:
        file.write(convert("json"))
    assert seawall.run("convert", "--allow-incomplete", "-f", "json", again).stdout == open(
        again, "rb").read()
    check_sarif(convert("sarif"))
    gitlab = check_gitlab(convert("gitlab"))
    check_junit(convert("junit"), scratch)
    assert len(check_csv(convert("csv"))) - 1 == len(gitlab["vulnerabilities"])
    check_markdown(convert("markdown"))
    trivy = json.loads(convert("trivy-json"))
    for entry in trivy["Results"][0]["Vulnerabilities"]:
        assert "PublishedDate" not in entry or entry["PublishedDate"].endswith("Z")


def check_same(scratch, database, target, *arguments):
    """What is converted is what the scan would have written."""
    paths = {name: os.path.join(scratch, "scan-" + name) for name in FORMATS}
    outputs = [word for name, path in paths.items() for word in ("-f", f"{name}={path}")]
    seawall.run("scan", "--quiet", "--no-cache", "--db", database, *outputs, *arguments, target,
                status=(0, 4))
    if arguments:
        return paths
    for name, path in paths.items():
        with open(path, "rb") as file:
            wanted = file.read()
        found = seawall.run("convert", paths["json"], "-f", name, status=(0, 4)).stdout
        assert found == wanted, f"convert -f {name} differs from scan -f {name}"
    check_sarif(open(paths["sarif"], "rb").read())
    check_gitlab(open(paths["gitlab"], "rb").read())
    check_junit(open(paths["junit"], "rb").read(), scratch)
    return paths


def check_real(scratch):
    """Reports on real systems, judged by real feeds, where the shared data is there."""
    top = os.path.join(seawall.SHARED, "corpora", "rootfs")
    feeds = os.path.join(seawall.SHARED, "vulndb-sources")
    if not os.path.isdir(top) or not os.path.isdir(feeds):
        print("no shared systems and feeds: real reports were not converted")
        return
    database = os.path.join(scratch, "real.db")
    seawall.run("db", "build", "--quiet", "--sources", feeds, "-o", database)
    n = 0
    for name in ("debian-bookworm", "debian-bullseye", "debian-trixie", "alpine"):
        folder = os.path.join(top, name)
        for archive in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not archive.endswith((".tar.gz", ".tar.zst")):
                continue
            root = os.path.join(scratch, f"real-{name}-{archive}")
            os.makedirs(root)
            subprocess.run(["tar", "-C", root, "-xf", os.path.join(folder, archive),
                            "--exclude=./dev/*"], check=True)
            paths = check_same(scratch, database, root)
            with open(paths["json"], encoding="utf-8") as file:
                n += len(json.load(file)["findings"])
    assert n > 50, n
    print(f"real reports with {n} findings come back byte for byte")


def check_filters(stored):
    def ids(*arguments, status=(0,)):
        done = seawall.run("convert", stored, "-f", "json", *arguments, status=status)
        return {finding["id"] for finding in json.loads(done.stdout)["findings"]}

    assert len(ids()) == 4
    assert ids("--severity", "high") == {"CVE-2024-0002", "CVE-2024-0003"}
    assert ids("--only-fixed", "--severity", "high") == {"CVE-2024-0002"}
    assert len(ids("--fail-on", "high", status=(1,))) == 4
    # A gate over what nobody judged is incomplete.
    with open(stored, encoding="utf-8") as file:
        report = json.load(file)
    report["database"], report["findings"] = {"is_present": False}, []
    none = stored + ".none"
    made.write(none, json.dumps(report))
    assert seawall.run("convert", none, "-f", "csv").returncode == 0
    done = seawall.run("convert", none, "--fail-on", "critical", status=(4,))
    assert b"database: none" in done.stdout
    again = seawall.run("convert", "-", "-f", "json", stdin=open(stored, "rb")).stdout
    assert again == open(stored, "rb").read()


def check_several(scratch, stored):
    """An array of reports, as of several platforms."""
    one = open(stored, encoding="utf-8").read()
    several = os.path.join(scratch, "several.json")
    made.write(several, "[\n" + one + ",\n" + one + "]\n")
    found = seawall.run("convert", several, "-f", "json").stdout.decode()
    assert found == open(several, encoding="utf-8").read()
    sarif = json.loads(seawall.run("convert", several, "-f", "sarif").stdout)
    assert len(sarif["runs"]) == 2
    check_sarif(json.dumps(sarif))
    check_junit(seawall.run("convert", several, "-f", "junit").stdout, scratch)
    # One of them must not overwrite the other.
    gitlab = os.path.join(scratch, "gitlab.json")
    failed = seawall.run("convert", several, "-f", f"gitlab={gitlab}", status=(3,))
    assert b"name a folder" in failed.stderr, failed.stderr


def check_refusals(scratch, stored):
    one = open(stored, encoding="utf-8").read()
    for name, text, status, words in (
            ("newer", one.replace('"schema_version":1', '"schema_version":7'), 3,
             (b"newer.json", b"schema_version 7", b"newer Seawall")),
            ("cut", one[:len(one) // 2], 3, (b"cut.json",)),
            ("tail", one + "{}", 3, (b"tail.json",)),
            ("text", "SEV PACKAGE", 3, (b"text.json", b"-f json=")),
            ("none", "[]", 3, (b"none.json", b"no report")),
            ("empty", "", 3, (b"empty.json",)),
            ("wild", one.replace('"packages":[0', '"packages":[999999'), 3, (b"package 999999",))):
        path = os.path.join(scratch, name + ".json")
        made.write(path, text)
        failed = seawall.run("convert", path, "-f", "sarif", status=(status,))
        assert failed.stdout == b"" or name in ("tail",), (name, failed.stdout[:200])
        for word in words:
            assert word in failed.stderr, (name, failed.stderr)
    seawall.run("convert", status=(2,))
    seawall.run("convert", stored, "-f", "nope", status=(2,))
    seawall.run("convert", os.path.join(scratch, "absent.json"), status=(3,))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        root = os.path.join(scratch, "root")
        made.write(os.path.join(root, "etc/os-release"), 'ID=debian\nVERSION_ID="12"\n')
        made.write(os.path.join(root, "var/lib/dpkg/status"), made.STATUS)
        for name, text in made.FEEDS.items():
            made.write(os.path.join(scratch, "feeds", name), text)
        database = os.path.join(scratch, "vuln.db")
        seawall.run("db", "build", "--quiet", "--sources", os.path.join(scratch, "feeds"), "-o",
                    database)
        layer = os.path.join(scratch, "layer.tar")
        seawall.tar_of(root, layer)
        image = os.path.join(scratch, "image.tar")
        seawall.docker_archive(image, [layer])
        check_same(scratch, database, image)
        stored = check_same(scratch, database, root)["json"]
        check_filters(stored)
        check_several(scratch, stored)
        check_refusals(scratch, stored)
        check_hostile(scratch, stored)
        check_real(scratch)


if __name__ == "__main__":
    main()
