"""Documents found by a value, with and without an index of the property."""

from data_kernel.application.ports import MoveRequest, PurgeRequest
from data_kernel.domain.commits import RefCause
from data_kernel.domain.databases import Database, Revision, State
from shared.canonical import JsonNumber


def film(title, *tags):
    tags = ",".join(f'"{tag}"' for tag in tags)
    return f'{{"tags":[{tags}],"title":"{title}"}}'.encode()


async def test_a_value_stands_alone_or_in_a_list(scribe):
    await scribe.write("main", {"Movie/1": film("Alien", "space"), "Movie/2": film("Solaris", "sea", "space")})
    head = await scribe.head("main")
    assert await scribe.having(head, "Movie", "tags", "space") == ["Movie/1", "Movie/2"]
    assert await scribe.having(head, "Movie", "tags", "sea") == ["Movie/2"]
    assert await scribe.having(head, "Movie", "title", "Alien") == ["Movie/1"]
    assert await scribe.having(head, "Movie", "title", "space") == []
    assert await scribe.having(head, "Movie", "year", 1979) == []


async def test_numbers_are_equal_in_every_notation_and_to_nothing_else(scribe):
    bodies = {"A/1": b'{"n":1}', "A/2": b'{"n":1.0}', "A/3": b'{"n":"1"}', "A/4": b'{"n":true}', "A/5": b'{"n":[[1]]}'}
    await scribe.write("main", bodies)
    head = await scribe.head("main")
    for _ in range(2):
        assert await scribe.having(head, "A", "n", JsonNumber("1.00")) == ["A/1", "A/2"]
        assert await scribe.having(head, "A", "n", "1") == ["A/3"]
        assert await scribe.having(head, "A", "n", True) == ["A/4"]


async def test_what_is_asked_again_follows_writes_branches_and_resets(store, scribe):
    await scribe.write("main", {f"Movie/{n}": film("Alien") for n in range(5)})
    first = await scribe.head("main")
    everything = [f"Movie/{n}" for n in range(5)]
    assert await scribe.having(first, "Movie", "title", "Alien") == everything
    await scribe.branch("copy", Revision(branch="main"))
    await scribe.write("copy", {"Movie/0": film("Aliens"), "Movie/1": None, "Movie/7": film("Alien"), "Rôle/1": b"{}"})
    copy = await scribe.head("copy")
    assert await scribe.having(copy, "Movie", "title", "Alien") == ["Movie/2", "Movie/3", "Movie/4", "Movie/7"]
    assert await scribe.having(copy, "Movie", "title", "Aliens") == ["Movie/0"]
    assert await scribe.having(first, "Movie", "title", "Alien") == everything
    await store.move_branch(MoveRequest("oms", "copy", first.commit, RefCause.RESET, scribe.attribution))
    assert await scribe.having(await scribe.head("copy"), "Movie", "title", "Alien") == everything


async def test_what_is_asked_again_is_found_after_a_restart_and_a_change(open_store, scribe_of):
    store = await open_store()
    await store.create_database(Database("oms"))
    numbers = {f"A/{n}": f'{{"n":[{n % 3},{n % 3}.0,"{n}"]}}'.encode() for n in range(50)}
    await scribe_of(store).write("main", numbers, create_branch=True)
    thirds = [document_id for document_id in sorted(numbers) if int(document_id[2:]) % 3 == 1]
    for _ in range(3):
        head = await scribe_of(store).head("main")
        assert await scribe_of(store).having(head, "A", "n", JsonNumber("1.00")) == thirds
        assert await scribe_of(store).having(head, "A", "n", "7") == [each for each in ["A/7"] if each in numbers]
        gone = thirds.pop()
        await scribe_of(store).write("main", {gone: None, "A/new": b'{"n":true}'})
        del numbers[gone]
        await store.close()
        store = await open_store()
    assert await scribe_of(store).having(head, "A", "n", 1) == [*thirds, gone]
    await store.close()


async def test_ids_that_do_not_begin_with_the_class_are_found_too(scribe):
    types = {"odd": "Movie", "Movie/2": "Role"}
    documents = {"odd": film("Alien"), "Movie/1": film("Alien"), "Movie/2": film("Alien")}
    await scribe.write("main", documents, types=types)
    for _ in range(2):
        assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/1", "odd"]
    await scribe.write("main", {"odd": film("Aliens")}, types=types)
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/1"]


async def test_an_id_that_does_not_begin_with_the_class_comes_and_goes(scribe):
    await scribe.write("main", {"Movie/1": film("Alien")})
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/1"]
    await scribe.write("main", {"odd": film("Alien")}, types={"odd": "Movie"})
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/1", "odd"]
    await scribe.write("main", {"odd": None})
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/1"]


async def test_many_differences_and_many_answers(scribe):
    await scribe.write("main", {"Movie/first": film("Alien")})
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/first"]
    many = {f"Movie/{n:05}": film("Alien") for n in range(5_500)}
    await scribe.write("main", many)
    for _ in range(2):
        found = await scribe.having(await scribe.head("main"), "Movie", "title", "Alien")
        assert found == [*sorted(many), "Movie/first"]


async def test_a_purged_document_is_not_found(store, scribe):
    await scribe.write("main", {"Person/1": film("Alien"), "Person/2": film("Alien")})
    head = await scribe.head("main")
    assert await scribe.having(head, "Person", "title", "Alien") == ["Person/1", "Person/2"]
    await store.purge(PurgeRequest("oms", ("Person/1",), "certificate-7"))
    for _ in range(2):
        assert await scribe.having(head, "Person", "title", "Alien") == ["Person/2"]


async def test_a_database_of_the_same_name_has_nothing_of_the_one_before(store, scribe):
    await scribe.write("main", {"Movie/1": film("Alien")})
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/1"]
    await store.delete_database("oms")
    await store.create_database(Database("oms"))
    await scribe.branch("main")
    await scribe.write("main", {"Movie/2": film("Alien")})
    assert await scribe.having(await scribe.head("main"), "Movie", "title", "Alien") == ["Movie/2"]


async def test_nothing_is_found_before_the_first_commit(scribe):
    assert await scribe.having(State(None, "main"), "Movie", "title", "Alien") == []
