"""The records that client and server exchange. Both import these modules, so they cannot drift apart.

=================== ====================================================================================
module              what
=================== ====================================================================================
`account`           targets, credits
`blueprints`        which options the devices of vendors take
`characterization`  requests and replies of QUBO characterisation; `qubo` has the problem itself
`codings`           content codings of request bodies, and how a service says that it takes them
`configs`           execution, simulator and device configurations
`endpoints`         method, path and patience for every endpoint
`fields`            strict JSON, and reading members of objects
`jobs`              statuses, types, opening a job, replies about one
`noise`             noise models
`results`           pages of results
`uploads`           bodies that carry circuits
=================== ====================================================================================
"""

from typing import TYPE_CHECKING

from vivace._lazy import lazy_names

if TYPE_CHECKING:
    from vivace.backends.qoro.wire import (
        account,
        blueprints,
        characterization,
        codings,
        configs,
        endpoints,
        fields,
        jobs,
        noise,
        qubo,
        results,
        uploads,
    )

__all__ = [
    "account",
    "blueprints",
    "characterization",
    "codings",
    "configs",
    "endpoints",
    "fields",
    "jobs",
    "noise",
    "qubo",
    "results",
    "uploads",
]

__getattr__, __dir__ = lazy_names(__name__, {name: f"{__name__}.{name}" for name in __all__})
