import importlib
import logging

logging.basicConfig(level="INFO")
for reader in (
    "asyncio",
    "email.parser",
    "http.client",
    "sqlite3",
    "multiprocessing.pool",
    "xml.dom.minidom",
    "unittest",
    "zoneinfo",
    "urllib.request",
    "decimal",
):
    importlib.import_module(reader)
regions = {number: str(number) * 8 for number in range(60_000)}
logging.info("importing %d regions", len(regions))
