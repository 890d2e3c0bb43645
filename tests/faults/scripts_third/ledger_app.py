"""A writer that spools uploads to a temporary folder."""
import logging
import sys
import tempfile

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)-7s [%(name)s] %(message)s")
log = logging.getLogger("ledger.boot")
log.info("ledger-writer 6.2.0")
log.info("signing key loaded from the environment (kid 2026-q4)")
log.warning("HSM is not configured, using software signatures")
try:
    spool = tempfile.mkdtemp(prefix="spool-")
except OSError:
    log.exception("boot step 'spool' did not succeed")
    sys.exit(70)
log.info("spooling to %s", spool)
