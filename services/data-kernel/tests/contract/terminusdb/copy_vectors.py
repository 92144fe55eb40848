"""Copies TerminusDB's recorded answers and their comparison here: `python copy_vectors.py FOLDER`.

FOLDER has `contract.py` and `vectors/*.json`. What it has replaces what is here, and what it has not goes away.
"""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent


def copy(source: Path) -> int:
    """Copy all; how many recordings there are."""
    vectors = sorted((source / "vectors").glob("*.json"))
    shutil.rmtree(HERE / "vectors", ignore_errors=True)
    (HERE / "vectors").mkdir()
    for path in (source / "contract.py", *vectors):
        # The content alone: what is read-only there is not here.
        shutil.copyfile(path, HERE / path.relative_to(source))
    return len(vectors)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.stdout.write(f"{copy(Path(sys.argv[1]))} recordings copied\n")
