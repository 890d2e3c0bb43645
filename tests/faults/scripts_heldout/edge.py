import logging
import subprocess

logging.basicConfig(level="INFO")
logging.info("edge agent: starting the tokenizer sidecar")
subprocess.Popen(["/app/bin/tokenizer-server", "--port", "7070"])
