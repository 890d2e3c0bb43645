#!/usr/local/bin/python
"""A bug of its own: a lookup that gives nothing is used as if it gave something."""


class Settings:
    def __init__(self) -> None:
        self.models = {"churn": {"threshold": 0.4}}

    def model(self, name: str):
        return self.models.get(name)


def create_app() -> float:
    settings = Settings()
    return settings.model("churn-v2").get("threshold")


print("INFO:     Started server process [1]", flush=True)
create_app()
