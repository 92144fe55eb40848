"""The commands about documents: the same through the kernel that runs and over the file where none does."""

import json

import pytest


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(params=["through the kernel", "over the file"])
def kernel(request, own_kernel):
    if request.param == "over the file":
        assert own_kernel.stop() == 0
    return own_kernel


def test_log_shows_commits_newest_first(kernel, kernelctl):
    commits = lines(kernelctl("log", "--json"))
    assert len(commits) == 3
    assert commits[0]["parents"] == [commits[1]["id"]]
    assert commits[0]["author"] == "alice@oms"
    assert [line.split()[0] for line in kernelctl("log").stdout.splitlines()] == [each["id"] for each in commits]
    assert [each["id"] for each in lines(kernelctl("log", "--json", "--count", 1))] == [commits[0]["id"]]


def test_diff_shows_what_differs(kernel, kernelctl):
    newest, earlier, _ = (each["id"] for each in lines(kernelctl("log", "--json")))
    (change,) = lines(kernelctl("diff", earlier, newest, "--json"))
    assert (change["id"], change["kind"], change["before"]) == ("Movie/Brazil", "created", None)
    assert change["after"]["title"] == "Brazil"
    assert kernelctl("diff", earlier, newest).stdout == "+ Movie/Brazil\n"
    assert kernelctl("diff", newest, earlier).stdout == "- Movie/Brazil\n"


def test_an_export_is_imported_into_another_branch(kernel, kernelctl, tmp_path):
    exported = tmp_path / "main.jsonl"
    kernelctl("export", exported)
    *found, end = (json.loads(line) for line in exported.read_bytes().splitlines())
    assert [each["graph"] for each in found][-3:] == ["schema", "instance", "instance"]
    assert end["end"]["lines"] == len(found)
    count = lines(
        kernelctl("import", exported, "--branch", "dev/oms/copy", "--new-branch", "--message", "a copy", "--json")
    )
    assert count == [{"imported": len(found)}]
    assert kernelctl("export", "--branch", "dev/oms/copy").stdout_bytes == exported.read_bytes()
    assert {each["message"] for each in lines(kernelctl("log", "--json", "--branch", "dev/oms/copy"))} == {"a copy"}


def test_an_import_is_checked_like_any_write(kernel, kernelctl):
    line = b'{"graph":"instance","document":{"@type":"Movie","title":"Dune","colour":"red"}}\n'
    result = kernelctl("import", "--without-end", given=line, status=1)
    assert "breaks the schema" in result.stderr
    assert "#/colour: " in result.stderr
    assert len(lines(kernelctl("log", "--json"))) == 3


def test_a_short_name_that_neither_a_branch_nor_a_tag_has_is_told(kernel, kernelctl):
    assert kernelctl("diff", "main", "b", status=1).stderr == "kernelctl: there is no branch or tag 'b'\n"


def test_without_a_store_nothing_is_made(kernel, kernelctl, tmp_path):
    result = kernelctl("--store", tmp_path / "none" / "store.db", "log", status=1)
    assert "there is no store" in result.stderr
    assert not (tmp_path / "none").exists()


def test_verify_counts_what_it_has_looked_at(kernel, kernelctl):
    (report,) = lines(kernelctl("verify", "--json"))
    assert report["fault"] is None
    assert report["commits"] == 3
    assert kernelctl("verify").stdout.endswith("\nno fault\n")


def test_verify_tells_the_first_fault(own_kernel, kernelctl, tmp_path):
    assert own_kernel.stop() == 0
    path = tmp_path / "store.db"
    path.write_bytes(path.read_bytes().replace(b'"title":"Brazil"', b'"title":"Brasil"'))
    (report,) = lines(kernelctl("verify", "--json", status=1))
    assert report["fault"]["kind"] == "document"
    assert "digest" in kernelctl("verify", status=1).stdout
