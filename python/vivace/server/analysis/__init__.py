"""Analysis of QUBO problems: what can be proven or computed, and nothing else."""

__all__: list[str] = []
