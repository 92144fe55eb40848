"""Puts one function around the four kinds of handlers that gRPC knows."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from shared.errors import InvalidInput

ServicerContext: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Body: TypeAlias = Callable[[], Awaitable[Any]]
"""The servicer's own work, started when called."""

_MAKERS: dict[tuple[bool, bool], Callable[..., Handler]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""By whether the request and the response stream."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the server: `route` is `/package.Service/Method`; `is_stream` where either side streams."""

    route: str
    is_stream: bool


class Run(Protocol):
    """What happens around the body of every call."""

    async def __call__(self, method: Method, context: ServicerContext, body: Body) -> Any:
        """The body's result."""


def wrapped(handler: Handler, route: str, run: Run) -> Handler:
    """The handler of the same kind that lets `run` do the servicer's work."""
    method = Method(route, is_stream=bool(handler.request_streaming or handler.response_streaming))
    parse = _parser(handler.request_deserializer)
    # A request that is a single message is parsed within `run`, so that a broken one is answered like any other error.
    arrive = _as_it_is if handler.request_streaming else parse
    inner = _servicer_method(handler)
    behaviour = (_streaming if handler.response_streaming else _answering)(inner, arrive, method, run)
    make = _MAKERS[bool(handler.request_streaming), bool(handler.response_streaming)]
    return make(behaviour, parse if handler.request_streaming else None, handler.response_serializer)


def _answering(inner: Callable[..., Any], arrive: Callable[[Any], Any], method: Method, run: Run) -> Callable[..., Any]:
    async def answer(request: Any, context: ServicerContext) -> Any:
        async def body() -> Any:
            return await inner(arrive(request), context)

        return await run(method, context, body)

    return answer


def _streaming(inner: Callable[..., Any], arrive: Callable[[Any], Any], method: Method, run: Run) -> Callable[..., Any]:
    # A coroutine that writes, not a generator: one that gRPC iterates would stay open when the call ends between two
    # messages, and the scan in the store below it.
    async def stream(request: Any, context: ServicerContext) -> None:
        async def body() -> None:
            answers = inner(arrive(request), context)
            if isinstance(answers, AsyncIterator):
                await _write_all(answers, context)
            else:
                await answers

        await run(method, context, body)

    return stream


async def _write_all(answers: AsyncIterator[Any], context: ServicerContext) -> None:
    try:
        async for message in answers:
            await context.write(message)
    finally:
        if isinstance(answers, AsyncGenerator):
            await answers.aclose()


def remaining_s(context: ServicerContext) -> float | None:
    """Seconds until the client's deadline; None where it set none."""
    return context.time_remaining()


def code_set(context: ServicerContext) -> grpc.StatusCode | None:
    """The code that the servicer has set; None where it has not."""
    return context.code()


def _servicer_method(handler: Handler) -> Callable[..., Any]:
    kinds = (handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream)
    return next(kind for kind in kinds if kind is not None)


def _parser(deserializer: Callable[[bytes], Any] | None) -> Callable[[Any], Any]:
    def parse(raw: bytes) -> Any:
        try:
            return deserializer(raw) if deserializer else raw
        except DecodeError:
            raise InvalidInput("the message is not what the method takes", field="message") from None

    return parse


def _as_it_is(request: Any) -> Any:
    return request
