"""How OpenAPI shows the routes, which read their parameters themselves."""

import re
from collections.abc import Mapping

_IN_PATH = re.compile(r"\{(\w+)")
_PATH_TEXTS: Mapping[str, str] = {
    "organisation": "`admin`.",
    "database": "Its name.",
    "path": (
        "`admin/<database>`, then nothing (the branch `main`) or `/local/branch/<name>`, `/local/commit/<id>`, "
        "`/local/_commits`; a name is percent-encoded into its one segment."
    ),
}
_GRAPH = {"graph_type": "`instance` (default) or `schema`."}
_WRITE = {
    **_GRAPH,
    "author": "Stored as given, and required, on databases made here; elsewhere derived, and refused where it differs.",
    "message": "Why; required on databases made here.",
}
_FRAMES = {
    "type": "One class; without it all of them.",
    "compress_ids": "`false`: names in full.",
    "expand_abstract": "`false`: an abstract range by its own name.",
}
_QUERY: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("/db", "GET"): {"branches": "List the branches too.", "verbose": "All properties."},
    ("/db/{organisation}/{database}", "GET"): {"branches": "List the branches too.", "verbose": "All properties."},
    ("/document/{path:path}", "HEAD"): _GRAPH,
    ("/document/{path:path}", "GET"): {
        **_GRAPH,
        "id": "One document, by id or IRI.",
        "ids": "Several: a JSON array; those that are not there are left out.",
        "type": "A class.",
        "skip": "Leave out so many.",
        "count": "At most so many.",
        "as_list": "One array instead of an object a line.",
        "query": "A template: a JSON object with `@type`; only documents that look like it.",
        "unfold": "`false`: subdocuments and unfoldable documents by their ids.",
        "compress_ids": "`false`: ids and names in full.",
        "prefixed": "The older name of `compress_ids`.",
        "minimized": "Makes no difference: answers have no needless blanks.",
        "format": "`json`.",
    },
    ("/document/{path:path}", "POST"): {
        **_WRITE,
        "full_replace": "Delete the classes, or documents, that are not given.",
        "overwrite": "Replace documents that are there.",
        "raw_json": "The documents are raw JSON, without classes.",
        "merge_repeats": "Make one document of those of one id.",
    },
    ("/document/{path:path}", "PUT"): {
        **_WRITE,
        "create": "Make documents that are not there, instead of 404.",
        "raw_json": "The documents are raw JSON, without classes.",
        "merge_repeats": "Make one document of those of one id.",
    },
    ("/document/{path:path}", "DELETE"): {
        **_WRITE,
        "id": "One document.",
        "type": "All of a class.",
        "nuke": "`true`: everything.",
    },
    ("/schema/{path:path}", "GET"): _FRAMES,
    ("/schema/{path:path}", "POST"): _FRAMES,
    ("/prefix/{path:path}", "PUT"): {"create": "Make the prefix where there is none, instead of 404."},
    ("/history/{path:path}", "GET"): {
        **_GRAPH,
        "id": "The document, by id or IRI; or the class.",
        "start": "Leave out so many.",
        "count": "At most so many.",
        "created": "Only the commit that made it.",
        "updated": "Only the commit that wrote it last.",
        "diff": "What each commit did to it, too.",
        "complete": "Each commit with its parent and layers.",
        "streaming": "A commit a line instead of one array.",
    },
    ("/log/{path:path}", "GET"): {"start": "Leave out so many.", "count": "At most so many."},
}
_BODIES: Mapping[tuple[str, str], str] = {
    ("/db/{organisation}/{database}", "POST"): "`{label, comment?, prefixes?}`",
    ("/db/{organisation}/{database}", "PUT"): "`{label?, comment?}`",
    ("/document/{path:path}", "POST"): "A document, an array of them, or several one after another.",
    ("/document/{path:path}", "PUT"): "A document, an array of them, or several one after another.",
    ("/document/{path:path}", "DELETE"): "An array of ids, where none is in the query.",
    (
        "/branch/{path:path}",
        "POST",
    ): "`{origin?, prefixes?}`: a path or a branch's name; the prefixes where there is none.",
    ("/prefix/{path:path}", "POST"): "`{uri}`",
    ("/prefix/{path:path}", "PUT"): "`{uri}`",
    ("/schema/{path:path}", "POST"): "The parameters of a GET.",
    ("/migration/{path:path}", "POST"): (
        "`{author, message, operations, dry_run?, verbose?}`: operations such as `CreateClassProperty`, in order."
    ),
    ("/diff", "POST"): "`{before, after, keep?, copy_value?}`",
    ("/diff/{path:path}", "POST"): (
        "`{before_data_version, after_data_version, document_id?, start?, count?, keep?, copy_value?}`, or "
        "`{before_data_version, after, document_id}`: commits or branches."
    ),
    ("/patch", "POST"): "`{before, patch}`",
    ("/patch/{path:path}", "POST"): (
        "`{patch, author, message, match_final_state?}`: a difference with `@id`, or an array of them."
    ),
    ("/apply/{path:path}", "POST"): (
        "`{before_commit, after_commit, commit_info: {author, message}, type?, match_final_state?}`"
    ),
    ("/rebase/{path:path}", "POST"): "`{author, rebase_from}`: the path of a branch or a commit.",
    ("/squash/{path:path}", "POST"): "`{commit_info: {author, message}}`",
    ("/reset/{path:path}", "POST"): "`{commit_descriptor}`: a commit's path or id.",
}


def described(path: str, method: str) -> dict[str, object]:
    """Parameters and body of a route."""
    in_path = [_parameter(name, "path", _PATH_TEXTS[name]) for name in _IN_PATH.findall(path)]
    in_query = [_parameter(name, "query", text) for name, text in _QUERY.get((path, method), {}).items()]
    extra: dict[str, object] = {"parameters": in_path + in_query}
    if (path, method) in _BODIES:
        content: dict[str, object] = {"application/json": {"schema": {}}}
        extra["requestBody"] = {"description": _BODIES[path, method], "content": content}
    return extra


def _parameter(name: str, place: str, text: str) -> dict[str, object]:
    return {"name": name, "in": place, "required": place == "path", "description": text, "schema": {"type": "string"}}
