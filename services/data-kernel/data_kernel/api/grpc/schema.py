"""`data_kernel.v1.SchemaService`."""

from typing import TYPE_CHECKING

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import named_revision, put_mode, write_options, write_result
from data_kernel.application.bodies import decode_body, encode_body
from data_kernel.application.kernel import Kernel
from shared.context import current
from shared.errors import Reason, TooLarge
from shared.grpc.generated.data_kernel.v1 import schema_pb2, schema_pb2_grpc

if TYPE_CHECKING:
    from shared.canonical import Json


class SchemaServicer(schema_pb2_grpc.SchemaServiceServicer):
    """The schema graph."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def GetSchema(
        self, request: schema_pb2.GetSchemaRequest, context: RpcContext
    ) -> schema_pb2.GetSchemaResponse:
        """The class documents, the context first."""
        schema = await self._kernel.reads.schema(
            request.database, named_revision(request.revision), current(), request.class_name
        )
        size = sum(len(document.body) for document in schema.classes)
        limit = self._kernel.settings.limits.unary_body_bytes
        if size > limit:
            raise TooLarge(f"schema: {size} bytes are more than {limit}", field="schema", reason=Reason.TOO_LARGE)
        return schema_pb2.GetSchemaResponse(
            classes=[document.body for document in schema.classes], commit=schema.state.commit or ""
        )

    async def PutSchema(
        self, request: schema_pb2.PutSchemaRequest, context: RpcContext
    ) -> schema_pb2.PutSchemaResponse:
        """Writes class documents."""
        classes: list[Json] = [
            await decode_body(text, f"classes/{position}") for position, text in enumerate(request.classes)
        ]
        mode = put_mode(request.mode)
        body = await encode_body(classes, sum(map(len, request.classes)))
        options = write_options(request.options, current(), body, mode=mode)
        outcome = await self._kernel.writes.put_schema(request.database, classes, mode, options, current())
        return schema_pb2.PutSchemaResponse(result=write_result(outcome))

    async def DeleteSchema(
        self, request: schema_pb2.DeleteSchemaRequest, context: RpcContext
    ) -> schema_pb2.DeleteSchemaResponse:
        """Deletes classes."""
        names = list(request.class_names)
        options = write_options(request.options, current(), await encode_body([*names], 0))
        outcome = await self._kernel.writes.delete_schema(request.database, names, options, current())
        return schema_pb2.DeleteSchemaResponse(result=write_result(outcome))
