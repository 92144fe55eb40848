"""Puts into a kernel what a row reads."""

from support.callers import calling_as
from support.platform import Platform

from bench.rows.documents import CLASSES, document
from shared.clients import TerminusGatewayClient


async def put_record(platform: Platform, key: str) -> str:
    """Define the class and store one record; gives its id."""
    client = TerminusGatewayClient(target=platform.kernel_grpc)
    try:
        with calling_as(platform):
            await client.put_schema(CLASSES)
            written = await client.put_document(document(key))
        return written.ids[0]
    finally:
        await client.close()
