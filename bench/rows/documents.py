"""The document that most rows use: about 2 KB in ten members, and its class."""

from shared.canonical import Json

BRANCH = "dev/oms/main"
SIZE_BYTES = 2048
CLASSES: list[Json] = [
    {
        "@type": "Class",
        "@id": "Record",
        "@key": {"@type": "Lexical", "@fields": ["key"]},
        "key": "xsd:string",
        "title": "xsd:string",
        "year": {"@type": "Optional", "@class": "xsd:integer"},
        "rating": {"@type": "Optional", "@class": "xsd:decimal"},
        "score": {"@type": "Optional", "@class": "xsd:double"},
        "seen": {"@type": "Optional", "@class": "xsd:boolean"},
        "released": {"@type": "Optional", "@class": "xsd:dateTime"},
        "tags": {"@type": "Set", "@class": "xsd:string"},
        "cast": {"@type": "List", "@class": "xsd:string"},
        "text": "xsd:string",
    }
]


def document(key: str) -> dict[str, Json]:
    """A record of about 2 KB with that key."""
    return {
        "@type": "Record",
        "key": key,
        "title": f"Record {key}",
        "year": 1979,
        "rating": 8,
        "score": 0.5,
        "seen": True,
        "released": "1979-05-25T00:00:00Z",
        "tags": ["horror", "space"],
        "cast": ["Weaver", "Holm", "Hurt"],
        "text": "x" * (SIZE_BYTES - 400),
    }
