"""Its own code divides by the number of entries that it has not read yet."""


class Index:
    def __init__(self, entries: list[str]) -> None:
        self.entries = entries
        self.weight = self.normalise()

    def normalise(self) -> float:
        return 1.0 / len(self.entries)


print("search index: opening shard 0", flush=True)
Index([])
