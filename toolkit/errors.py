"""The exception family: what went wrong, to which thing, what to do, and the exit code it means.

    GraceProblem                      1
    ├── UsageProblem                  2   fix the command line
    │   ├── MissingValue              2   a value is missing and nobody can be asked
    │   ├── InvalidSchedule           2   a rule of schedules is broken
    │   ├── InvalidContent            2   a rule of templates or policies is broken
    │   ├── BadFile                   2   a file that was named cannot be used
    │   └── ConfirmationNeeded        2   nobody can be asked and the flag is missing
    ├── NotFound                      3
    ├── Ambiguous                     3
    ├── SignInNeeded                  4
    ├── PermissionNeeded              4
    ├── StalePlan                     5   the tenant is no longer what the plan was made for
    ├── PartlyApplied                 6   some of it was done, see the journal
    ├── Unconfirmed                   6   sent, but whether it took effect is not known
    ├── Unreachable                   7   no answer
    ├── Throttled                     7   asked to wait for longer than allowed
    ├── ChecksFailed                  8   a check found something
    ├── InUse                         1   refused because something refers to it
    ├── GraphProblem                  1   the service refused
    ├── StorageProblem                1   a file of ours cannot be read or written
    └── Cancelled                   130

The class decides the exit code; the raise site gives the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GraceProblem(Exception):
    """One clear sentence, and a hint that says what to do next."""

    exit_code = 1

    def __init__(
        self, message: str, *, hint: str | None = None, detail: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail: Mapping[str, Any] = detail if detail is not None else {}

    @property
    def code(self) -> str:
        """The stable name of this kind of problem, as it stands in JSON: the class name."""
        return type(self).__name__

    def as_json(self) -> dict[str, Any]:
        """The error as one object: code, message, hint, requestId, and the facts of the raise site."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "requestId": self.detail.get("requestId"),
            **{key: value for key, value in self.detail.items() if key != "requestId"},
        }


class UsageProblem(GraceProblem):
    exit_code = 2


class MissingValue(UsageProblem):
    pass


class InvalidSchedule(UsageProblem):
    pass


class InvalidContent(UsageProblem):
    pass


class BadFile(UsageProblem):
    pass


class ConfirmationNeeded(UsageProblem):
    pass


class NotFound(GraceProblem):
    exit_code = 3


class Ambiguous(GraceProblem):
    exit_code = 3


class SignInNeeded(GraceProblem):
    exit_code = 4


class PermissionNeeded(GraceProblem):
    exit_code = 4


class StalePlan(GraceProblem):
    exit_code = 5


class PartlyApplied(GraceProblem):
    exit_code = 6


class Unconfirmed(GraceProblem):
    exit_code = 6


class Unreachable(GraceProblem):
    exit_code = 7


class Throttled(GraceProblem):
    exit_code = 7


class ChecksFailed(GraceProblem):
    exit_code = 8


class InUse(GraceProblem):
    pass


class GraphProblem(GraceProblem):
    """The service answered with an error. `status` is the HTTP status, `graph_code` Graph's own code."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        graph_code: str = "",
        hint: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(
            message, hint=hint, detail={"status": status, "graphCode": graph_code, "requestId": request_id}
        )
        self.status = status
        self.graph_code = graph_code
        self.request_id = request_id


class StorageProblem(GraceProblem):
    pass


class Cancelled(GraceProblem):
    exit_code = 130

    def __init__(self, message: str = "Cancelled. Nothing was changed.", **more: Any) -> None:
        super().__init__(message, **more)
