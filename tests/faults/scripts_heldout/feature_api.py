import os


class SettingsError(Exception):
    pass


def required(name):
    return os.environ[name]


def load():
    try:
        return {"registry": required("FEATURE_REGISTRY_URI"), "ttl": int(os.environ.get("TTL", "60"))}
    except KeyError as error:
        raise SettingsError("the feature service is not configured") from error


print("feature-api 3.2.0", flush=True)
try:
    settings = load()
finally:
    print("bye", flush=True)
