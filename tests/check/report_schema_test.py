#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/report.schema.json describes what the program writes: a report in which every member is set
is valid, and has no member that the schema does not name."""
import json
import os
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

source = os.environ.get("SEAWALL_SOURCE", os.getcwd())
build = os.environ.get("SEAWALL_BUILD", os.path.join(source, "build/dev"))
program = os.path.join(build, "tests/test_model_report_json")
if not os.access(program, os.X_OK):
    print("skipped: this preset does not build the unit tests")
    sys.exit(77)


def close(schema):
    """The same schema, refusing members that it does not name."""
    if isinstance(schema, dict):
        schema = {key: close(value) for key, value in schema.items()}
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
        return schema
    if isinstance(schema, list):
        return [close(item) for item in schema]
    return schema


def count_unset(schema, root, value):
    """Names of the schema's members that the report does not have."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].split("/")[-1]]
    missing = []
    for key, part in schema.get("properties", {}).items():
        if key not in value:
            missing.append(key)
        elif isinstance(value[key], dict):
            missing += count_unset(part, root, value[key])
        elif isinstance(value[key], list) and value[key] and isinstance(value[key][0], dict):
            missing += count_unset(part["items"], root, value[key][0])
    return missing


with open(os.path.join(source, "docs/report.schema.json"), encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
text = subprocess.run([program, "--print"], stdout=subprocess.PIPE, check=True).stdout
report = json.loads(text)
jsonschema.Draft202012Validator(close(schema)).validate(report)
unset = count_unset(schema, schema, report)
# Of a finding and of an ignored one; both are vulnerabilities. e2e/report_finds has the members of
# secrets and malware.
FIND = ["engine", "family", "match", "secret", "fingerprint", "digest", "entropy", "location"]
assert unset == ["epss_percentile", *FIND] * 2, unset
for broken in ({}, {**report, "schema_version": 2}, {**report, "packages": [{"type": "npm"}]}):
    assert not jsonschema.Draft202012Validator(schema).is_valid(broken)
