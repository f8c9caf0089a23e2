"""What a service promises while Redis does not answer, and how its code breaks one promise at a time."""

from __future__ import annotations

from emitted.breaking_kill import Violation

VIOLATIONS = {
    "Redis is asked for every request, however long it has been silent": (
        "is silent",
        Violation("*/shared/infrastructure/rate_limiter.py", "REST_SECONDS = 1.0", "REST_SECONDS = 0.0", "assert 0.0"),
    ),
    "what a connection says that was reset is not foreseen": (
        "resets",
        Violation(
            "*/shared/infrastructure/redis_loss.py", "(Disconnected, RuntimeError)", "(Disconnected,)", "INTERNAL_ERROR"
        ),
    ),
}
"""How Redis fails, and what is broken; under an event loop."""
