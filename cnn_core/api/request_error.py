"""What the API says when it does not do what it was asked."""

from __future__ import annotations

import math


class RequestError(Exception):
    """A request that is not answered. Its text is written for whoever wrote the request.

    Args:
        status: The HTTP status, 400 to 599.
        message: What was expected, what came, what to do.
        retry_after: Seconds until the same request may be granted; ``None`` where waiting does not help.
    """

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        # Whole seconds, as the header has them; 0 would be an invitation to hammer.
        self.headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
