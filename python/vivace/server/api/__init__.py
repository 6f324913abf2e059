"""The HTTP face of a server: routes that only translate, and the OpenAPI document."""

__all__: list[str] = []
