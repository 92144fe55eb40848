"""Merge patches (RFC 7396)."""

from shared.canonical import Json


def merge_patch(target: Json, patch: Json) -> Json:
    """The patched value; `target` is left as it is."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
