"""S3 and stores that speak as it does, reading only."""
