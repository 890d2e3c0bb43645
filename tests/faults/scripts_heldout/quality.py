import sys

print("FAILED expectations/orders.yml::null_share - AssertionError: 0.031 > 0.02")
print("1 of 48 expectations failed")
sys.exit(1)
