"""One way to build, serve and call HTTP."""

from shared.http.app import build_app
from shared.http.body import read_body
from shared.http.health import Dependency, Health
from shared.http.problems import ErrorRenderer, problem_body, problem_response

__all__ = ["Dependency", "ErrorRenderer", "Health", "build_app", "problem_body", "problem_response", "read_body"]
