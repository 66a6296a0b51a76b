"""The one exception for people: a job cannot go on, and the reason has an article in the knowledge base."""

Value = str | int | float


class Trouble(Exception):  # noqa: N818 - it is not an error of the program
    """A job cannot go on.

    Attributes:
        id: stable identifier, the key of its article in ``drydock_resources/knowledge/troubles/*.toml``.
        values: what the text's placeholders are filled with.
    """

    def __init__(self, trouble_id: str, /, **values: Value) -> None:
        super().__init__(trouble_id, values)
        self.id = trouble_id
        self.values = values

    def __str__(self) -> str:
        """Return an untranslated line for logs; people are shown the article instead."""
        inside = ", ".join(f"{key}={value!r}" for key, value in self.values.items())
        return f"{self.id}({inside})"


class Stopped(Exception):  # noqa: N818 - a wish of the person, not an error
    """The person asked the job to stop, and it did."""
