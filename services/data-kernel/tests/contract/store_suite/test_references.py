from data_kernel.application.ports import Plan
from data_kernel.domain.databases import Revision


async def referrers(scribe, branch, target):
    found = []

    def look(view):
        found.extend(view.referrers(target))
        return Plan((), ())

    await scribe.store.write(scribe.request(branch, look))
    return found


def refers(*targets):
    return frozenset(targets)


async def test_referrers_follow_what_the_documents_say(scribe):
    await scribe.write("main", {"Movie/1": b"1"})
    links = {"Role/2": refers("Movie/1"), "Role/1": refers("Movie/1", "Movie/2")}
    await scribe.write("main", {"Role/2": b"1", "Role/1": b"1"}, references=links)
    assert await referrers(scribe, "main", "Movie/1") == ["Role/1", "Role/2"]
    assert await referrers(scribe, "main", "Movie/2") == ["Role/1"]

    await scribe.write("main", {"Role/1": b"2"}, references={"Role/1": refers("Movie/2", "Movie/3")})
    assert await referrers(scribe, "main", "Movie/1") == ["Role/2"]
    assert await referrers(scribe, "main", "Movie/3") == ["Role/1"]

    await scribe.write("main", {"Role/2": None})
    assert await referrers(scribe, "main", "Movie/1") == []


async def test_a_deleted_and_remade_document_refers_anew(scribe):
    await scribe.write("main", {"Role/1": b"1"}, references={"Role/1": refers("Movie/1")})
    await scribe.write("main", {"Role/1": None})
    await scribe.write("main", {"Role/1": b"2"}, references={"Role/1": refers("Movie/2")})
    assert await referrers(scribe, "main", "Movie/1") == []
    assert await referrers(scribe, "main", "Movie/2") == ["Role/1"]


async def test_a_branch_inherits_referrers_and_changes_them_for_itself(scribe):
    links = {"Role/1": refers("Movie/1"), "Role/2": refers("Movie/1")}
    await scribe.write("main", {"Role/1": b"1", "Role/2": b"1"}, references=links)
    await scribe.branch("copy", Revision(branch="main"))
    await scribe.write("copy", {"Role/1": None, "Role/0": b"1"}, references={"Role/0": refers("Movie/1")})
    await scribe.write("main", {"Role/2": b"2"})
    assert await referrers(scribe, "copy", "Movie/1") == ["Role/0", "Role/2"]
    assert await referrers(scribe, "main", "Movie/1") == ["Role/1"]


async def test_more_referrers_than_a_page_holds(scribe):
    inherited = [f"Role/{n:04}" for n in range(0, 3000, 2)]
    await scribe.write("main", dict.fromkeys(inherited, b"1"), references=dict.fromkeys(inherited, refers("Movie/1")))
    await scribe.branch("copy", Revision(branch="main"))
    own = [f"Role/{n:04}" for n in range(1, 3000, 2)]
    await scribe.write("copy", dict.fromkeys(own, b"1"), references=dict.fromkeys(own, refers("Movie/1")))
    await scribe.write("copy", {"Role/0000": None})
    assert await referrers(scribe, "copy", "Movie/1") == sorted(inherited + own)[1:]
