#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""trivy-json beside Trivy's own expected reports.

The images of those reports are not at hand. So two things are compared. Shape: every key and type of
value that is written occurs in them or is named below with a reason, and every key that theirs
always have is written or named below. Values: a system is made of the packages that a report names,
a database of the advisories that were made for it, and what is found is compared entry by entry."""
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import rpm_roots  # noqa: E402
import seawall  # noqa: E402

try:
    import yaml
except ImportError:
    seawall.skip("python3-yaml is not installed")

# Theirs always, ours never.
MISSING = {
    ".Trivy": "the report is not Trivy's",
    ".Results[].Vulnerabilities[].CweIDs": "no feed of ours gives them",
    ".Metadata.ImageConfig.config.*": "the settings of a container are not kept",
    ".Metadata.ImageConfig.container": "not kept", ".Metadata.ImageConfig.docker_version": "not kept",
}
# Ours, in none of theirs: in Trivy's own report where all packages are asked for, or for another
# kind of name or score.
ADDED = {
    ".Metadata.RepoDigests", ".Results[].Packages[].Arch", ".Results[].Packages[].SrcName",
    ".Results[].Packages[].SrcVersion", ".Results[].Packages[].Maintainer",
    ".Results[].Packages[].Layer", ".Results[].Packages[].Layer.DiffID",
    ".Results[].Packages[].Layer.Digest", ".Results[].Packages[].Modularitylabel",
    ".Results[].Packages[].Licenses", ".Results[].Packages[].Licenses[]",
}
STATUSES = {"unknown", "not_affected", "affected", "fixed", "under_investigation", "will_not_fix",
            "fix_deferred", "end_of_life"}
SEVERITIES = {"UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"}


def kind_of(value):
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def walk(value, path, kinds, owners):
    """Keys with their types, and how often the object that holds a key was there."""
    # Names of sources are values that stand as keys.
    parent = path.rsplit(".", 1)[-1]
    kinds.setdefault(path, set()).add(kind_of(value))
    owners[path] = owners.get(path, 0) + 1
    if isinstance(value, dict):
        for key, member in value.items():
            name = "*" if parent in ("CVSS", "VendorSeverity", "config") else key
            walk(member, f"{path}.{name}", kinds, owners)
    elif isinstance(value, list):
        for member in value:
            walk(member, path + "[]", kinds, owners)


def os_goldens():
    for path in sorted(glob.glob(seawall.shared("corpora/trivy/goldens") + "/*.json.golden")):
        with open(path, encoding="utf-8") as file:
            try:
                report = json.load(file)
            except ValueError:
                continue
        results = report.get("Results") or []
        if any(result.get("Class") == "os-pkgs" for result in results):
            report["Results"] = [r for r in results if r["Class"] == "os-pkgs"]
            yield os.path.basename(path)[:-len(".json.golden")], report


def check_shape(reports):
    theirs, theirs_n, ours, ours_n = {}, {}, {}, {}
    words = {"DataSource": set()}
    for _, golden in os_goldens():
        walk(golden, "", theirs, theirs_n)
        for result in golden["Results"]:
            for entry in result.get("Vulnerabilities", []):
                if "DataSource" in entry:
                    words["DataSource"].add(tuple(sorted(entry["DataSource"].items())))
    for path in glob.glob(seawall.shared("corpora/trivy/goldens") + "/*.json.golden"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if '"Packages"' in text:  # of languages: a form to hold to, nothing that is owed
            walk({"Results": [{"Packages": p} for p in
                              (r.get("Packages") for r in json.loads(text).get("Results") or [])
                              if p]}, "", theirs, {})
    for report in reports:
        walk(report, "", ours, ours_n)
    unknown = {path for path in ours if path not in theirs and path not in ADDED}
    assert not unknown, f"keys that Trivy's reports never have: {sorted(unknown)}"
    wrong = {path: (ours[path], theirs[path]) for path in ours
             if path in theirs and not ours[path] <= theirs[path]}
    assert not wrong, f"types that differ: {wrong}"
    for path, n in theirs_n.items():
        owner = path[:-2] if path.endswith("[]") else path.rsplit(".", 1)[0]
        always = n >= theirs_n.get(owner, 0) and not path.endswith("[]")
        if always and path not in ours and owner in ours:
            assert any(path == m or path.startswith(m + ".") for m in MISSING), f"{path} is missing"
    sources = {tuple(sorted(entry["DataSource"].items())) for report in reports
               for result in report["Results"] for entry in result.get("Vulnerabilities", [])}
    assert sources <= words["DataSource"], sources - words["DataSource"]
    for report in reports:
        for result in report["Results"]:
            assert result["Class"] == "os-pkgs"
            for entry in result.get("Vulnerabilities", []):
                assert entry["Status"] in STATUSES and entry["Severity"] in SEVERITIES
                assert len(entry["PkgIdentifier"]["UID"]) == 16
    return len(ours)


# ---- values ----

def fixtures(name):
    with open(seawall.shared(f"corpora/trivy/fixtures/db/{name}.yaml"), encoding="utf-8") as file:
        return {bucket["bucket"]: bucket["pairs"] for bucket in yaml.safe_load(file)}


def advisories(name, release):
    """(package, CVE, the rest) of one release; the same package may stand there twice."""
    for package in fixtures(name)[release]:
        for pair in package["pairs"]:
            yield package["bucket"], pair["key"], pair["value"]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text if isinstance(text, str) else json.dumps(text))


def secdb(feeds, release):
    packages = {}
    for package, cve, value in advisories("alpine", f"alpine {release}"):
        packages.setdefault(package, {}).setdefault(value["FixedVersion"], []).append(cve)
    write(f"{feeds}/alpine/v{release}/main.json", {
        "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
        "archs": ["x86_64"], "reponame": "main", "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
        "distroversion": f"v{release}", "packages": [
            {"pkg": {"name": name, "secfixes": fixes}} for name, fixes in packages.items()]})


def tracker(feeds, release, name):
    urgencies = {1: "low", 2: "medium", 3: "high"}
    packages = {}
    for package, cve, value in advisories("debian", f"debian {release}"):
        fixed = value.get("FixedVersion")
        entry = {"status": "resolved" if fixed else "open", "repositories": {name: "0"},
                 "urgency": urgencies.get(value.get("Severity"), "not yet assigned")}
        if fixed:
            entry["fixed_version"] = fixed
        packages.setdefault(package, {})[cve] = {
            "scope": "remote", "description": cve, "releases": {name: entry}}
    write(f"{feeds}/debian/tracker.json", packages)


def vendor_word(cve, vendor):
    """The vendor's severity, which its errata begin their summaries with."""
    known = {pair["key"]: pair["value"] for pair in fixtures("vulnerability")["vulnerability"]}
    words = {1: "Low", 2: "Moderate", 3: "Important", 4: "Critical"}
    return words.get(known.get(cve, {}).get("VendorSeverity", {}).get(vendor))


def osv(feeds, name, release, prefix, ecosystem):
    vendor = {"almalinux": "alma", "rockylinux": "rocky"}.get(name)
    for package, cve, value in advisories(name, release):
        fixed = value.get("FixedVersion")
        events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
        ids = [i for e in value.get("Entries", []) for i in e.get("VendorIds", [])]
        write(f"{feeds}/osv/{prefix}{package}-{cve}.json", {
            "schema_version": "1.6.0", "id": ids[0] if ids else prefix + cve,
            "modified": "2024-01-01T00:00:00Z", "related" if ids else "upstream": [cve],
            "aliases": [cve],
            "summary": f"{vendor_word(cve, vendor)}: {package}" if vendor else cve,
            "affected": [{"package": {"ecosystem": ecosystem, "name": package},
                          "ranges": [{"type": "ECOSYSTEM", "events": events}]}]})


def updateinfo(feeds, name, release, number):
    text = ""
    for package, cve, value in advisories(name, release):
        epoch, version, build = rpm_roots.split_evr(value["FixedVersion"])
        text += (f"<update type='security'><id>{value['Entries'][0]['VendorIds'][0]}</id>"
                 f"<severity>{vendor_word(cve, 'rocky')}</severity><references>"
                 f"<reference href='https://example.org/x' id='{cve}' type='cve'/></references>"
                 f"<pkglist><collection short='rocky-linux-{number}-baseos'><package arch='x86_64' "
                 f"epoch='{epoch}' name='{package}' version='{version}' release='{build}'/>"
                 "</collection></pkglist></update>")
    write(f"{feeds}/rocky/updateinfo.xml", f"<updates>{text}</updates>")


def photon(feeds, release):
    write(f"{feeds}/photon/cve_data_photon{release}.json", [
        {"cve_id": cve, "pkg": package, "cve_score": 7.5, "aff_ver": "all versions before "
         f"{value['FixedVersion']} are vulnerable", "res_ver": value["FixedVersion"],
         "status": "Fixed"}
        for package, cve, value in advisories("photon", f"Photon OS {release}")])


def cve_records(feeds, golden):
    """What the fixtures say of each CVE, as OSV has it from the NVD."""
    known = {pair["key"]: pair["value"] for pair in fixtures("vulnerability")["vulnerability"]}
    wanted = {entry["VulnerabilityID"] for result in golden["Results"]
              for entry in result["Vulnerabilities"]}
    for cve in wanted & set(known):
        nvd = known[cve].get("CVSS", {}).get("nvd", {})
        write(f"{feeds}/osv/{cve}.json", {
            "schema_version": "1.6.0", "id": cve, "modified": str(known[cve]["LastModifiedDate"]),
            "published": str(known[cve]["PublishedDate"]), "details": known[cve].get("Title", cve),
            "severity": [{"type": "CVSS_V3", "score": nvd["V3Vector"]}] if nvd else [],
            "affected": [{"ranges": [{"type": "GIT", "repo": "https://example.org/x",
                                      "events": [{"introduced": "0"}]}]}]})


def dpkg(root, packages, sources):
    text = "".join(f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
                   f"Source: {sources.get(name, name)}\nVersion: {version}\n\n"
                   for name, version in packages.items())
    write(f"{root}/var/lib/dpkg/status", text)


def apk(root, packages, sources):
    write(f"{root}/lib/apk/db/installed", "".join(
        f"P:{name}\nV:{version}\nA:x86_64\no:{sources.get(name, name)}\n\n"
        for name, version in packages.items()))


def rpm(root, packages, sources):
    seawall.need("rpm", "rpmbuild")
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as top:
        made = os.path.join(top, "root")
        groups = {}
        for package, version in packages.items():
            groups.setdefault(sources.get(package, package), {})[package] = version
        rpm_roots.make(made, top, [rpm_roots.spec_of(source, group, None, None, "x86_64")
                                   for source, group in groups.items()])
        os.makedirs(f"{root}/var/lib", exist_ok=True)
        subprocess.run(["cp", "-a", f"{made}/var/lib/rpm", f"{root}/var/lib/rpm"], check=True)
    return True


SOURCES = {"libcrypto1.1": "openssl", "libssl1.1": "openssl", "musl-utils": "musl",
           "libidn2-0": "libidn2", "libcom-err2": "e2fsprogs", "libext2fs2": "e2fsprogs",
           "libss2": "e2fsprogs", "curl-libs": "curl", "openssl-libs": "openssl"}
# golden: os-release, packages' database, feed, and where our severity has another source.
CASES = {
    "alpine-39": ("alpine", "3.9.4", apk, lambda f: secdb(f, "3.9")),
    "alpine-310": ("alpine", "3.10.2", apk, lambda f: secdb(f, "3.10")),
    "debian-buster": ("debian", "10", dpkg, lambda f: tracker(f, 10, "buster")),
    "distroless-base": ("debian", "9", dpkg, lambda f: tracker(f, 9, "stretch")),
    "ubuntu-1804-ignore-unfixed": (
        "ubuntu", "18.04", dpkg,
        lambda f: osv(f, "ubuntu", "ubuntu 18.04", "UBUNTU-", "Ubuntu:18.04:LTS")),
    "photon-30": ("photon", "3.0", rpm, lambda f: photon(f, "3.0")),
    "rockylinux-8": ("rocky", "8.5", rpm, lambda f: updateinfo(f, "rockylinux", "rocky 8", "8")),
    "almalinux-8": (
        "almalinux", "8.5", rpm, lambda f: osv(f, "almalinux", "alma 8", "ALSA-", "AlmaLinux:8")),
}
EQUAL = ("VulnerabilityID", "PkgID", "PkgName", "InstalledVersion", "FixedVersion", "Status")


def keys_of(report):
    return {tuple(entry.get(key, "") for key in EQUAL) for result in report["Results"]
            for entry in result.get("Vulnerabilities", [])}


def compare(name, golden, report):
    wanted, found = keys_of(golden), keys_of(report)
    assert found == wanted, f"{name}: missing {wanted - found}, too many {found - wanted}"
    assert report["Results"][0]["Type"] == golden["Results"][0]["Type"]
    assert report["Metadata"]["OS"]["Family"] == golden["Metadata"]["OS"]["Family"]
    theirs = {(e["VulnerabilityID"], e["PkgName"]): e for e in golden["Results"][0]["Vulnerabilities"]}
    n = {"entries": len(found), "purl": 0, "severity": 0, "cvss": 0, "source": 0}
    differing = []
    for entry in report["Results"][0]["Vulnerabilities"]:
        other = theirs[entry["VulnerabilityID"], entry["PkgName"]]
        mine, their = (e["PkgIdentifier"]["PURL"] for e in (entry, other))
        # Trivy names Debian by its point release, which is not in os-release.
        if golden["Metadata"]["OS"]["Family"] == "debian":
            mine, their = (text.split("&distro=")[0] for text in (mine, their))
        assert mine == their, f"{name}: {mine} is not {their}"
        n["purl"] += 1
        if entry["Severity"] == other["Severity"]:
            n["severity"] += 1
        else:
            differing.append((entry["VulnerabilityID"], entry["Severity"], other["Severity"]))
        n["source"] += entry.get("SeveritySource") == other.get("SeveritySource")
        for scores in entry.get("CVSS", {}).values():
            nvd = other["CVSS"]["nvd"]
            assert scores["V3Vector"] == nvd["V3Vector"] and scores["V3Score"] == nvd["V3Score"]
            n["cvss"] += 1
    return n, differing


def run_case(name, golden, scratch):
    os_id, version, make, feed = CASES[name]
    root, feeds, database = (os.path.join(scratch, name, part) for part in ("root", "feeds", "db"))
    packages = {e["PkgName"]: e["InstalledVersion"] for e in golden["Results"][0]["Vulnerabilities"]}
    write(f"{root}/etc/os-release", f'ID={os_id}\nVERSION_ID="{version}"\n')
    if make(root, packages, SOURCES) is False:
        return None
    feed(feeds)
    cve_records(feeds, golden)
    seawall.run("db", "build", "--quiet", "--sources", feeds, "-o", database)
    done = seawall.run("scan", "--quiet", "--no-cache", "--db", database, "-f", "trivy-json",
                       "--allow-incomplete", root)
    return json.loads(done.stdout)


def image_reports(scratch):
    """The same of images, which have layers and a configuration."""
    plain = seawall._config
    seawall._config = lambda layers, *rest: json.dumps(
        {**json.loads(plain(layers, *rest)), "created": "2024-01-02T03:04:05.678Z"}).encode()
    layer = os.path.join(scratch, "layer.tar")
    seawall.tar_of(os.path.join(scratch, "alpine-310", "root"), layer)
    image = os.path.join(scratch, "image.tar")
    seawall.docker_archive(image, [layer], tag="registry.example/app:1")
    layout = os.path.join(scratch, "layout")
    seawall.oci_layout(layout, [layer])
    seawall._config = plain
    report, other = (json.loads(seawall.run(
        "scan", "--quiet", "--no-cache", "-f", "trivy-json", "--allow-incomplete", "--db",
        os.path.join(scratch, "alpine-310", "db"), target).stdout) for target in (image, layout))
    assert report["ArtifactType"] == "container_image"
    assert report["Metadata"]["RepoTags"] == ["registry.example/app:1"]
    assert report["Metadata"]["ImageConfig"]["created"] == "2024-01-02T03:04:05Z"
    assert report["Metadata"]["DiffIDs"] == ["sha256:" + seawall.sha256(layer)]
    for entry in report["Results"][0]["Vulnerabilities"]:
        assert entry["Layer"]["DiffID"] == report["Metadata"]["DiffIDs"][0]
    assert other["Metadata"]["Layers"][0]["Digest"].startswith("sha256:")
    assert keys_of(report) == keys_of(other) != set()
    # An image that docker built; of another day than the one of Trivy's report, so for shape only.
    real = seawall.shared("corpora/images/trivy/alpine-310.tar.gz")
    done = seawall.run("scan", "--quiet", "--no-cache", "-f", "trivy-json", "--allow-incomplete",
                       "--db", os.path.join(scratch, "alpine-310", "db"), real)
    return [report, other, json.loads(done.stdout)]


def main():
    with tempfile.TemporaryDirectory() as scratch:
        reports = []
        for name, golden in os_goldens():
            if name not in CASES:
                continue
            report = run_case(name, golden, scratch)
            if report is None:
                print(f"{name}: not compared, rpm wants root")
                continue
            numbers, differing = compare(name, golden, report)
            print(name, numbers, "severities that differ:", differing)
            reports.append(report)
        reports += image_reports(scratch)
        print(f"{check_shape(reports)} keys compared with the shape of Trivy's reports")


if __name__ == "__main__":
    main()
