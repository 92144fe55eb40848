"""Chooses the form in which an error is answered: problem details, or what a part of the API has of its own."""

from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.context.middleware import is_below
from shared.errors import Internal, OmsError
from shared.http.problems import ErrorRenderer, from_http_exception, from_validation, problem_response

_METHOD_NOT_ALLOWED = 405


class ErrorAnswers:
    """Writes errors; `renderers` are for the paths below their prefix, problem details for all others."""

    def __init__(self, renderers: Mapping[str, ErrorRenderer]) -> None:
        self._renderers = dict(renderers)

    def render(self, request: Request, error: OmsError) -> Response:
        """The answer to a request that ended with this error."""
        own = self._own(request)
        return own(request, error) if own else problem_response(error)

    async def handle(self, request: Request, error: Exception) -> Response:
        """The answer to what a route or the web framework raised; registered as the exceptions' handler.

        Asynchronous, for the framework would run a plain function in a thread.
        """
        if isinstance(error, OmsError):
            return self.render(request, error)
        if isinstance(error, RequestValidationError):
            return self.render(request, from_validation(error))
        if isinstance(error, HTTPException):
            return self._of_framework(request, error)
        return self.render(request, Internal("internal error"))

    def _of_framework(self, request: Request, error: HTTPException) -> Response:
        """Of all errors, 405 alone has a status that is not its reason's: HTTP wants it, with `Allow`."""
        own = self._own(request)
        if own:
            return own(request, from_http_exception(error))
        status = error.status_code if error.status_code == _METHOD_NOT_ALLOWED else None
        return problem_response(from_http_exception(error), status=status, headers=error.headers)

    def _own(self, request: Request) -> ErrorRenderer | None:
        path = request.scope["path"]
        return next((make for prefix, make in self._renderers.items() if is_below(path, prefix)), None)
