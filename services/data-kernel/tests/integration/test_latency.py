"""Answers leave at once: no delay of the network stack stands between a request and its answer."""

import time

from data_kernel_testing.kernel_process import KernelProcess

DELAYED_ACK_S = 0.04


def test_a_small_read_on_a_kept_connection_takes_no_delayed_acknowledgement(kernel: KernelProcess) -> None:
    database = kernel.new_database()
    with kernel.http() as http:
        http.post(f"/db/{database}/doc", json={"@type": "Movie", "title": "A"})

        def timed() -> float:
            started = time.perf_counter()
            assert http.get(f"/db/{database}/doc/Movie/A").status_code == 200
            return time.perf_counter() - started

        # With Nagle's algorithm on, every one of them waits for the client's delayed acknowledgement.
        assert min(timed() for _ in range(20)) < DELAYED_ACK_S / 2
