import logging
import pickle
import sys

logging.basicConfig(level="INFO", format="%(levelname)s:     %(message)s")
logging.info("Started server process [1]")
logging.info("Waiting for application startup.")
try:
    with open("/models/ranker.pkl", "rb") as file:
        pickle.load(file)
except Exception:
    logging.exception("Traceback of the lifespan:")
    logging.error("Application startup failed. Exiting.")
    logging.info("flushing 0 spans")
    logging.info("closing http pool")
    logging.info("bye")
    sys.exit(3)
