"""The format's page: each of its examples is read, and written again as the same bytes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from data_kernel.adapters.embedded.commits import ancestry, contents
from data_kernel.adapters.embedded.documents import bodies, property_index
from data_kernel.adapters.embedded.encoding import commit_ids, commit_records, deltas, packing, ref_entries, row_digests
from data_kernel.adapters.embedded.encoding.ref_entries import RefEntry
from data_kernel.adapters.embedded.tree import Node
from data_kernel.domain.commits import Attribution
from data_kernel.domain.equality import comparable
from shared.canonical import JsonNumber

PAGE = Path(__file__).parents[5] / "docs" / "store-format.md"
EXAMPLE = re.compile(r"^### ([a-z ]+)\n.*?```hex\n([0-9a-f\n]+)```", re.MULTILINE | re.DOTALL)
EXAMPLES = {name: bytes.fromhex(text) for name, text in EXAMPLE.findall(PAGE.read_text())}


def body(data: bytes) -> bytes:
    read = bodies.decode(data)
    return bodies.encode(bodies.key_of(data), read.type, read.content, read.references)


def tombstone(data: bytes) -> bytes:
    read = bodies.decode(data)
    assert read.is_tombstone
    return bodies.tombstone(bodies.encode(bytes(16), read.type, b"", read.references), read.content.decode())


def node(data: bytes) -> bytes:
    read = Node.decode(data)
    return read.encode([child for child in read.children if isinstance(child, int)])


def record(data: bytes) -> bytes:
    read = commit_records.decode(data)
    branch, author, actor, message, method, route, service, trace_id = read.texts
    attribution = Attribution(author, actor, message, method, route, service, trace_id)
    return commit_records.encode(
        read.time_us, (read.instance_root, read.schema_root), read.parents, branch, attribution
    )


def ref_entry(data: bytes) -> RefEntry:
    branch, at = packing.read_string(data, 0)
    incarnation, at = packing.read_number(data, at)
    number, at = packing.read_number(data, at)
    cause, at = packing.read_string(data, at)
    old_head, at = packing.read_string(data, at)
    new_head, at = packing.read_string(data, at)
    time_us, at = int.from_bytes(data[at : at + 8]), at + 8
    actor, at = packing.read_string(data, at)
    traceparent, at = packing.read_string(data, at)
    assert at == len(data)
    heads = (old_head or None, new_head or None)
    return RefEntry(
        branch.decode(), incarnation, number, cause.decode(), *heads, time_us, actor.decode(), traceparent.decode()
    )


def row(data: bytes) -> tuple[str, int, str, int]:
    table, database, name, head = data.decode().split("\0")
    assert len(row_digests.COLUMNS[table]) == 3
    return table, int(database), name, int(head)


AGAIN: dict[str, Callable[[bytes], bytes]] = {
    "body": body,
    "tombstone": tombstone,
    "attested body": lambda data: bodies.attested(body(data)),
    "leaf node": node,
    "index leaf node": node,
    "inner node": node,
    "root reference": lambda data: contents.pack_ref(contents.unpack_ref(data)),
    "property index entry": lambda data: property_index.entry(*property_index.read_entry(data)),
    "commit record": record,
    "commit id": lambda data: commit_ids.from_text(commit_ids.to_text(data)),
    "parents": lambda data: ancestry.pack_parents(tuple(ancestry.unpack_all_parents(data))),
    "delta": lambda data: deltas.encode(deltas.decode(data)),
    "ref entry": lambda data: ref_entries.encode(ref_entry(data)),
    "row": lambda data: row_digests.encode(*row(data)),
    "row digest": lambda _: row_digests.digest(*row(EXAMPLES["row"])),
    "ref entry digest": lambda _: ref_entries.digest(ref_entry(EXAMPLES["ref entry"])),
}


def test_every_record_has_an_example() -> None:
    assert EXAMPLES.keys() == AGAIN.keys()


@pytest.mark.parametrize("name", AGAIN)
def test_an_example_is_written_again_as_it_was_read(name: str) -> None:
    assert AGAIN[name](EXAMPLES[name]) == EXAMPLES[name]


def test_the_examples_belong_together() -> None:
    leaf, inner = Node.decode(EXAMPLES["leaf node"]), Node.decode(EXAMPLES["inner node"])
    assert leaf.digests[0] == bodies.digest(EXAMPLES["body"])
    assert inner.digests == [leaf.hash]
    assert inner.counts == [len(leaf.keys)]
    assert contents.unpack_ref(EXAMPLES["root reference"]).hash == leaf.hash
    assert commit_records.decode(EXAMPLES["commit record"]).instance_root == leaf.hash
    assert commit_ids.of_record(EXAMPLES["commit record"]) == EXAMPLES["commit id"]
    assert ref_entry(EXAMPLES["ref entry"]).new_head == EXAMPLES["commit id"]
    assert commit_ids.to_text(EXAMPLES["commit id"]) in PAGE.read_text()
    value = property_index.digest(bytes(range(16)), comparable(JsonNumber("1979.0")))
    assert property_index.read_entry(EXAMPLES["property index entry"]) == (value, "Movie/1")
