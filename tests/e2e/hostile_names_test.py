#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names of any bytes in every place a name can stand: every format stays a valid document, no
control character reaches a terminal, and the report's JSON gives the bytes back."""
import html.parser
import json
import os
import re
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402
from hostile import main, put, status  # noqa: E402

NASTY = [b"\xff\xfe", b"nul\x00x", b"esc\x1b[31mred\x1b]0;title\x07", b"back\\slash", b"bell\x07\x08",
         "bidi\u202e\u2066".encode(), "c1\u009b31m".encode(), b"<script>alert(1)</script>&\"'",
         b"%s%n%x", b"x" * 4096, "emoji\U0001f600".encode(), b"\xed\xa0\x80", b"tab\there", b"]]>",
         "line\u2028sep".encode(), b"=cmd|' /C calc'!A0", b"../../etc", b"a b", b"\xc3\x28"]
FORMATS = ("table", "json", "sarif", "cyclonedx", "spdx", "html")


def nasty_image(folder, name, text):
    """The bytes as package name, version, field of os-release, file, image, instruction."""
    line = text.replace(b"\n", b"")
    layer = os.path.join(folder, name + ".layer")
    packages = status((b"p" + line, b"1" + line), ("plain", "1")) + (
        b"Package: fields\nStatus: install ok installed\nArchitecture: " + line +
        b"\nVersion: 1\nSource: " + line + b" (" + line + b")\nMaintainer: " + line + b"\n\n")
    with tarfile.open(layer, "w", format=tarfile.GNU_FORMAT, encoding="utf-8",
                      errors="surrogateescape") as archive:
        put(archive, "etc/os-release", b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="' + line + b'"\n')
        put(archive, "var/lib/dpkg/status", packages)
        member = (text.replace(b"\x00", b"") + b".jar").decode("utf-8", "surrogateescape")
        put(archive, "opt/" + member, b"PK")
        put(archive, "opt/link" + member, type=tarfile.SYMTYPE, linkname=member)
    path = os.path.join(folder, name + ".tar")
    safe = text.decode("utf-8", "replace")
    config = json.dumps({"architecture": safe, "os": safe, "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + seawall.sha256(layer)]},
        "history": [{"created_by": "RUN " + safe}]}).encode()
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["test:" + safe],
                            "Layers": ["l.tar"]}]).encode()
    with tarfile.open(path, "w") as archive:
        archive.add(layer, "l.tar")
        put(archive, "c.json", config)
        put(archive, "manifest.json", manifest)
    return path


def check_terminal(text, what):
    bad = re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]",
                    text)
    assert bad is None, (what, bad, text[max(0, bad.start() - 60):bad.end() + 60])
    text.decode("utf-8")


class Page(html.parser.HTMLParser):
    n_scripts = 0

    def handle_starttag(self, tag, attrs):
        self.n_scripts += tag == "script" and any("alert" in str(a) for a in attrs)

    def handle_data(self, data):
        if self.lasttag == "script":
            assert "alert(1)" not in data, data


def unescape(text):
    return re.sub(rb"\\(\\|x[0-9a-f]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(
        m[1][1:], 16)]), text.encode("utf-8"))


def every_format_stays_whole(folder):
    for i, text in enumerate(NASTY):
        path = nasty_image(folder, f"n{i}", text)
        arguments = []
        for name in FORMATS[1:]:
            arguments += ["-f", f"{name}={folder}/out.{name}"]
        done = seawall.run("scan", "--no-cache", "-f", "table", "--all", *arguments, path,
                           status=(0, 4))
        check_terminal(done.stdout, text)
        check_terminal(done.stderr, text)
        for name in FORMATS[1:]:
            with open(f"{folder}/out.{name}", "rb") as file:
                data = file.read()
            whole = data.decode("utf-8")
            assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", whole), (name, text)
            if name == "html":
                Page().feed(whole)
                assert "<script>alert" not in whole
            else:
                json.loads(whole, parse_constant=lambda c: 1 / 0)
        with open(f"{folder}/out.json", encoding="utf-8") as file:
            report = json.load(file)
        wanted = text.strip() if len(text) < 200 else text
        found = {unescape(p["name"]) for p in report["packages"]}
        assert b"plain" in found, (text, found, report["notes"])
        if b"p" + wanted not in found:
            assert any(n["kind"] != "info" for n in report["notes"]), (text, found, report["notes"])
        done = seawall.run("scan", "--no-cache", "--explain", path, status=(0, 4))
        check_terminal(done.stdout, text)


def a_target_of_any_bytes_is_told_of(folder):
    for text in NASTY:
        if b"\x00" in text or b"/" in text or len(text) > 200:
            continue
        target = os.path.join(os.fsencode(folder), b"absent" + text)
        done = seawall.run("scan", os.fsdecode(target), status=(3,))
        check_terminal(done.stderr, text)
        done = seawall.run("scan", "-f", os.fsdecode(b"f" + text), folder, status=(2,))
        check_terminal(done.stderr, text)
        done = seawall.run(os.fsdecode(b"c" + text), status=(2,))
        check_terminal(done.stderr, text)
        done = seawall.run("db", "show", "--db", os.fsdecode(target), "x", status=(3,))
        check_terminal(done.stderr, text)


if __name__ == "__main__":
    main(globals())
