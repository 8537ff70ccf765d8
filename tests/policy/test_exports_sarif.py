"""What check found as SARIF: the shape that a code host asks for, and the same findings as everywhere else."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from tests.policy.spoiling import FILE

from troth import cli

ROOT = Path(__file__).parents[2]
OLD = ROOT / "policies" / "dianomi" / "as-written.yaml"
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
COUNT = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
REGION = {
    "type": "object",
    "required": ["startLine"],
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), COUNT),
    "additionalProperties": False,
}
PLACE = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {
        "artifactLocation": {
            "required": ["uri"],
            "properties": {"uri": {"type": "string", "format": "uri-reference", "pattern": r"^[^ \\\\]+$"}},
        },
        "region": REGION,
    },
}
RESULT = {
    "type": "object",
    "required": ["message", "ruleId", "level", "locations"],
    "properties": {
        "message": TEXT,
        "level": LEVEL,
        "ruleIndex": {"type": "integer", "minimum": -1},
        "locations": {
            "type": "array",
            "items": {"required": ["physicalLocation"], "properties": {"physicalLocation": PLACE}},
        },
    },
}
DRIVER = {
    "type": "object",
    "required": ["name"],
    "properties": {"rules": {"type": "array", "uniqueItems": True, "items": {"required": ["id", "shortDescription"]}}},
}
SHAPE = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results", "invocations"],
                "properties": {
                    "tool": {"required": ["driver"], "properties": {"driver": DRIVER}},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                },
            },
        },
    },
    "additionalProperties": False,
}
SHAPE["properties"] |= {"$schema": {"type": "string", "format": "uri"}}


@pytest.fixture
def bad(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(FILE.read_text("utf-8").replace("booking.email, booking.walk", "booking.emial, booking.walk"))
    return file


def run(capsys, *words):
    """The exit status and the one run, once the shape holds."""
    status = cli.main(["check", *map(str, words), "--sarif"])
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SHAPE)
    (one,) = found["runs"]
    for result in one["results"]:
        assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return status, one


def test_a_policy_that_holds_has_a_log_without_results(capsys):
    status, one = run(capsys, FILE)
    assert (status, one["results"], one["invocations"]) == (0, [], [{"executionSuccessful": True}])


def test_a_problem_stands_at_its_line_and_columns(bad, capsys):
    status, one = run(capsys, bad)
    (result,) = one["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (status, result["ruleId"], result["level"]) == (3, "unknown-data", "error")
    assert place["region"] == {"startLine": 35, "startColumn": 27, "endLine": 35, "endColumn": 40}
    assert place["artifactLocation"]["uri"] == bad.as_uri()
    assert "Did you mean “booking.email”?" in result["message"]["text"]
    assert one["tool"]["driver"]["rules"][0]["shortDescription"]["text"] != ""


def test_a_relative_path_stays_relative_so_that_a_code_host_finds_it(bad, capsys, monkeypatch):
    monkeypatch.chdir(bad.parent)
    _, one = run(capsys, "policy.yaml")
    assert one["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "policy.yaml"


def test_a_file_that_is_not_there_is_a_notification_and_no_finding(tmp_path, capsys):
    status, one = run(capsys, FILE, tmp_path / "no.yaml")
    assert (status, one["results"], one["invocations"][0]["executionSuccessful"]) == (1, [], False)
    assert one["invocations"][0]["toolExecutionNotifications"][0]["descriptor"]["id"] == "no-file"


def test_what_the_law_objects_to_is_the_same_in_sarif_and_in_json(capsys):
    status, one = run(capsys, OLD, "--law", "uk", "--on", "2026-11-22")
    assert cli.main(["check", str(OLD), "--law", "uk", "--on", "2026-11-22", "--json"]) == status == 3
    told = json.loads(capsys.readouterr().out)
    assert [result["ruleId"] for result in one["results"]] == [finding["law"] for finding in told["findings"]]
    assert len(one["results"]) > 10 and {result["level"] for result in one["results"]} == {"error", "warning"}
