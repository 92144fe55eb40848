import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore


@pytest.mark.parametrize("dies", ["with the file", "without tables"])
async def test_a_store_is_complete_however_early_its_making_ended(path, dies):
    path.parent.mkdir()
    if dies == "with the file":
        path.touch()
    else:
        connection = apsw.Connection(str(path))
        connection.pragma("journal_mode", "WAL")
        connection.close()
    store = await EmbeddedStore.open(path)
    assert await store.list_databases() == []
    await store.close()
