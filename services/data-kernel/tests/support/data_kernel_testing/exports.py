"""Exports as kernelctl writes them, of documents that refer to one another."""

import io

from data_kernel.kernelctl.export_lines import INSTANCE, SCHEMA, Writing

NODE = {
    "@id": "Node",
    "@type": "Class",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "next": {"@type": "Set", "@class": "Node"},
}


def node(name: object, *targets: object) -> dict:
    return {"@id": f"Node/{name}", "@type": "Node", "name": f"{name}"} | (
        {"next": [f"Node/{each}" for each in targets]} if targets else {}
    )


def export_of(documents, classes=(NODE,)) -> bytes:
    out = io.BytesIO()
    lines = Writing(out)
    for each in classes:
        lines.add(SCHEMA, each)
    for each in documents:
        lines.add(INSTANCE, each)
    lines.end()
    return out.getvalue()
