"""Pages for people: jobs, how far they are, and a histogram for every circuit."""

__all__: list[str] = []
