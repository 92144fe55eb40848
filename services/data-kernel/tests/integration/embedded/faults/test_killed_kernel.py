"""The whole kernel killed while clients write: what it acknowledged is there when it is back, in one unbroken line."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from random import Random
from threading import Event

import httpx2
import pytest
from data_kernel_testing.kernel_process import KernelProcess
from data_kernel_testing.waiting import until

ROUNDS, CLIENTS, MOST_WRITES = 3, 4, 60


@pytest.fixture
def own_kernel(tmp_path) -> Iterator[KernelProcess]:
    process = KernelProcess(tmp_path)
    process.start()
    yield process
    process.kill()


def write_on(kernel: KernelProcess, database: str, client: str, stop: Event, acknowledged: list[dict]) -> None:
    """Write until the kernel is gone; the acknowledgements are appended."""
    with kernel.http() as http:
        for number in count():
            movie = {"@type": "Movie", "title": f"{client}-{number}"}
            try:
                answer = http.post(f"/db/{database}/doc", params={"branch": "main"}, json=movie)
            except httpx2.TransportError:
                assert stop.is_set()  # it went because it was killed
                return
            assert answer.status_code == 201
            acknowledged.append(answer.json())


def log_of(http: httpx2.Client, database: str) -> list[dict]:
    commits, token = [], ""
    while True:
        asked = {"branch": "main", "count": 1000, "page_token": token}
        page = http.get(f"/db/{database}/log", params=asked).json()
        commits += page["commits"]
        if not (token := page.get("next_page_token", "")):
            return commits


def test_what_a_killed_kernel_acknowledged_is_there_when_it_is_back(own_kernel):
    random = Random(7)
    database = own_kernel.new_database()
    acknowledged: list[dict] = []
    for round_number in range(ROUNDS):
        wanted = len(acknowledged) + random.randint(1, MOST_WRITES)
        stop = Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [
                pool.submit(write_on, own_kernel, database, f"{round_number}-{each}", stop, acknowledged)
                for each in range(CLIENTS)
            ]
            until(lambda wanted=wanted: len(acknowledged) >= wanted, "the writes", timeout_s=60)
            stop.set()
            own_kernel.kill()
            for client in clients:
                client.result(60)
        own_kernel.start()
        with own_kernel.http() as http:
            commits = log_of(http, database)
            assert {each["commit"] for each in acknowledged} <= {each["id"] for each in commits}
            assert all(later["parents"] == [earlier["id"]] for later, earlier in pairwise(commits))
            listing = http.get(f"/db/{database}/doc", params={"branch": "main", "type": "Movie"}).text.splitlines()
        # Each commit but those of the class has made one movie, acknowledged or not: nothing is half there.
        assert len(listing) == len([each for each in commits if each["route"] == "/db/{db}/doc"])
        assert len(listing) >= len(acknowledged)
