"""The Qoro cloud: `vivace.backends.QoroService` and what it is made of."""

__all__: list[str] = []
