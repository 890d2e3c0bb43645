import argparse

parser = argparse.ArgumentParser(prog="score-server")
parser.add_argument("--model", required=True)
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--workers", type=int, default=1)
parser.parse_args()
