import configparser
import logging

logging.basicConfig(level="INFO")
logging.info("drift monitor starting")
config = configparser.ConfigParser()
with open("/etc/drift/drift.ini") as file:
    config.read_file(file)
