import logging
import socket

logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)-7s %(name)s %(message)s")
log = logging.getLogger("recommend")
try:
    socket.create_connection(("127.0.0.1", 6379), timeout=1)
except OSError:
    log.exception("cache is not reachable, going on without it")
log.info("loading ranking plugins")
import faiss

log.info("ranking with faiss %s", faiss.__version__)
