"""Imports: any export goes into an empty branch, whatever refers to what, and one that is not whole goes nowhere."""

import json

import httpx2
import pytest
from data_kernel_testing.exports import NODE, export_of, node
from data_kernel_testing.kernel_process import KernelProcess

NAMED = "Node/%C3%A5%20b%2F%C3%BC"


def ring(size: int) -> list[dict]:
    """Each refers to the next one, and the last to the first."""
    return [node(f"{number:04}", f"{(number + 1) % size:04}") for number in range(size)]


def documents(exported: bytes) -> list:
    entries = [json.loads(line) for line in exported.splitlines()]
    return [each["document"] for each in entries if each.get("graph") == "instance"]


def commits(kernelctl, *more) -> int:
    return len(kernelctl("log", "--json", "--count", 1000, *more).stdout.splitlines())


def test_documents_go_in_after_those_that_they_refer_to(operator_settings, kernelctl):
    # Every one refers to the next, so that the last one has to be the first.
    export = export_of(node(f"{number:04}", *([f"{number + 1:04}"] * (number < 2499))) for number in range(2500))
    assert kernelctl("import", "--new-database", given=export).stdout == "2501 classes and documents imported\n"
    assert documents(kernelctl("export").stdout_bytes) == documents(export)
    assert commits(kernelctl) == 4


def test_a_circle_that_is_larger_than_a_batch_goes_in_at_once(operator_settings, kernelctl):
    export = export_of([*ring(1500), *(node(f"to-{number:04}", f"{number:04}") for number in range(700))])
    kernelctl("import", "--new-database", given=export)
    assert documents(kernelctl("export").stdout_bytes) == documents(export)
    assert commits(kernelctl) == 3


def test_subdocuments_and_what_is_shown_unfolded_go_in_as_they_came_out(operator_settings, kernelctl):
    leaf = {"@id": "Leaf", "@type": "Class", "@unfoldable": [], "@key": {"@type": "Random"}, "to": "Node"}
    part = {"@id": "Part", "@type": "Class", "@subdocument": [], "@key": {"@type": "Random"}, "leaf": "Leaf"}
    tree = {"@id": "Tree", "@type": "Class", "@key": {"@type": "Random"}, "leaf": "Leaf", "parts": _set_of("Part")}
    leaves = [{"@id": f"Leaf/{number:04}", "@type": "Leaf", "to": f"Node/{number % 9}"} for number in range(1100)]
    trees = [
        {
            "@id": f"Tree/{number:04}",
            "@type": "Tree",
            "leaf": f"Leaf/{number:04}",
            "parts": [
                {"@id": f"Tree/{number:04}/parts/Part/1", "@type": "Part", "leaf": f"Leaf/{1099 - number:04}"},
            ],
        }
        for number in range(1100)
    ]
    export = export_of([*trees, *leaves, *(node(number) for number in range(9))], (NODE, leaf, part, tree))
    kernelctl("import", "--new-database", given=export)
    first = kernelctl("export").stdout_bytes
    assert {each["@id"]: each for each in documents(first)} == {each["@id"]: each for each in documents(export)}
    kernelctl("import", "--db", "copy", "--new-database", given=first)
    assert kernelctl("export", "--db", "copy").stdout_bytes == first


def _set_of(class_name):
    return {"@type": "Set", "@class": class_name}


def test_a_running_kernel_takes_references_forward_and_circles(own_kernel, kernelctl):
    export = export_of([*ring(1001), *(node(f"a-{number:04}", f"b-{number:04}") for number in range(1200)), *_ends()])
    kernelctl("import", "--db", "nodes", "--new-database", given=export)
    assert documents(kernelctl("export", "--db", "nodes").stdout_bytes) == documents(export)


def _ends():
    return (node(f"b-{number:04}") for number in range(1200))


def test_a_circle_that_a_running_kernel_does_not_take_waits_until_it_is_stopped(tmp_path, monkeypatch, kernelctl):
    kernel = KernelProcess(tmp_path, LIMITS__DOCUMENTS_PER_REQUEST="1000")
    kernel.start()
    try:
        token_file = tmp_path / "token"
        token_file.write_text(kernel.credentials()["authorization"].removeprefix("Bearer "))
        own = {"HTTP_PORT": str(kernel.http_port), "KERNELCTL_TOKEN_FILE": str(token_file)}
        for name, value in (kernel.environ | own).items():
            monkeypatch.setenv(name, value)
        export = export_of([node("alone"), *ring(1001)])
        said = kernelctl("import", "--new-branch", "--branch", "dev/oms/ring", given=export, status=1).stderr
        assert "1001 documents refer to one another in circles" in said
        assert kernel.stop() == 0
        kernelctl("import", "--branch", "dev/oms/ring", given=export)
        assert documents(kernelctl("export", "--branch", "dev/oms/ring").stdout_bytes) == documents(
            export_of([*ring(1001), node("alone")])
        )
    finally:
        kernel.kill()


def test_what_was_committed_before_a_refusal_stays_and_the_import_goes_on_after_it(operator_settings, kernelctl):
    good = [node(f"{number:04}") for number in range(1500)]
    bad = {**good[-1], "colour": "red"}
    said = kernelctl("import", "--new-database", given=export_of([*good[:-1], bad]), status=1).stderr
    assert said.splitlines()[0] == "kernelctl: The change breaks the schema; violations: 1."
    assert said.splitlines()[1].startswith("  Node/1499#/colour: ")
    assert len(documents(kernelctl("export").stdout_bytes)) == 1000
    before = commits(kernelctl)
    kernelctl("import", given=export_of(good))
    assert documents(kernelctl("export").stdout_bytes) == good
    assert commits(kernelctl) == before + 1  # what was there already is no commit


def test_violations_are_told(operator_settings, kernelctl):
    export = export_of({**node(number), "colour": "red"} for number in range(23))
    said = kernelctl("import", "--new-database", given=export, status=1).stderr.splitlines()
    assert len(said) == 22
    assert said[-1] == "  and 3 more"
    result = kernelctl("import", "--json", given=export, status=1)
    refusal = json.loads(result.stdout)
    assert refusal["refused"] == "The change breaks the schema; violations: 23."
    assert len(refusal["violations"]) == 23
    assert {"path", "rule", "message"} == refusal["violations"][0].keys()


def test_all_violations_are_told_however_many_there_are(operator_settings, kernelctl):
    wrong = {f"colour-of-the-{number:02}th-wall": "red" for number in range(20)}
    export = export_of(node(number) | wrong for number in range(1000))
    refusal = json.loads(kernelctl("import", "--new-database", "--json", given=export, status=1).stdout)
    assert len(refusal["violations"]) == 20_000


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda lines: lines[:-1], "the export is cut"),
        (lambda lines: lines[:3], "the export is cut"),
        (lambda lines: [*lines[:-1], lines[-1][:-9]], "line 6/end/sha256: malformed"),
        (lambda lines: [*lines[:2], *lines[3:]], "its end tells of other lines"),
        (lambda lines: [lines[0], lines[1].replace(b'"0"', b'"7"'), *lines[2:]], "its end tells of other lines"),
        (lambda lines: [*lines, lines[1]], "line 7: the export has ended before it"),
        (lambda lines: [*lines[:2], *lines[1:]], "line 3: Node/0 stands in a line before it already"),
        (lambda lines: [b'{"title":"Alien"}\n', *lines], "line 1: it is no line of an export"),
        (lambda lines: [b"\xff\xfe\n", *lines], "line 1: byte 0 is not UTF-8."),
        (lambda lines: [], "the export is cut"),
    ],
)
@pytest.mark.parametrize("by", ["a file", "a pipe"])
def test_an_export_that_is_not_whole_is_refused_before_anything_is_written(
    operator_settings, tmp_path, kernelctl, harm, told, by
):
    kernelctl("import", "--new-database", given=export_of([]))
    given = b"".join(harm(export_of(node(number) for number in range(4)).splitlines(keepends=True)))
    source = tmp_path / "harmed.jsonl"
    source.write_bytes(given)
    arguments = [source] if by == "a file" else []
    assert told in kernelctl("import", *arguments, given=given, status=1).stderr
    assert documents(kernelctl("export").stdout_bytes) == []


def test_lines_of_another_tool_need_no_end(operator_settings, kernelctl):
    whole = export_of([node(1)])
    without = b"".join(whole.splitlines(keepends=True)[:-1])
    kernelctl("import", "--new-database", "--without-end", given=without)
    assert documents(kernelctl("export").stdout_bytes) == documents(whole)


def test_a_database_is_made_when_asked_for_alone(operator_settings, kernelctl):
    export = export_of([node(1)])
    assert "there is no store" in kernelctl("import", given=export, status=1).stderr
    assert not operator_settings.exists()
    kernelctl("import", "--new-database", given=export)
    assert "there is no database 'other'" in kernelctl("import", "--db", "other", given=export, status=1).stderr
    kernelctl("import", "--db", "other", "--new-database", given=export)
    assert "already" in kernelctl("import", "--db", "other", "--new-database", given=export, status=1).stderr
    assert documents(kernelctl("export", "--db", "other").stdout_bytes) == documents(export)


def test_raw_json_and_prefixes_of_its_own_go_in_as_they_came_out(own_kernel, kernelctl):
    prefixes = {"@base": "http://example.org/data/", "@schema": "http://example.org/schema#", "ex": "http://ex.org/"}
    new = {"label": "free", "comment": "", "prefixes": prefixes}
    said = {"author": "alice", "message": "a message"}
    url = f"http://127.0.0.1:{own_kernel.http_port}"
    with httpx2.Client(base_url=url, auth=("admin", "root"), timeout=30) as http:
        answers = [http.post("/api/db/admin/free", json=new)]
        for asked, body in (
            ({"graph_type": "schema"}, [NODE]),
            ({}, [{"@type": "Node", "name": "å b/ü"}, {"@type": "Node", "name": "z", "next": [NAMED]}]),
            ({"raw_json": "true"}, [{"hello": [1.50, None], "like": NAMED}]),
        ):
            answers.append(http.post("/api/document/admin/free", params=said | asked, json=body))
    assert [each.status_code for each in answers] == [200] * 4
    first = kernelctl("export", "--db", "free").stdout_bytes
    assert [each["@id"].split("/")[0] for each in documents(first)] == ["JSONDocument", "Node", "Node"]
    kernelctl("import", "--db", "copy", "--new-database", given=first)
    assert kernelctl("export", "--db", "copy").stdout_bytes == first
    assert own_kernel.stop() == 0
    kernelctl("import", "--db", "again", "--new-database", given=first)
    assert kernelctl("export", "--db", "again").stdout_bytes == first


def test_a_kernel_starts_over_a_store_that_an_import_has_made(tmp_path, monkeypatch, kernelctl):
    kernel = KernelProcess(tmp_path)
    for name, value in kernel.environ.items():
        monkeypatch.setenv(name, value)
    kernelctl("import", "--new-database", given=export_of([node("alone")]))
    kernel.start()
    try:
        with kernel.http() as http:
            assert http.get("/db/oms/doc/Node%2Falone").json()["name"] == "alone"
    finally:
        kernel.kill()
