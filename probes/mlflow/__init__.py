"""MLflow: the tracking server and its model registry, asked over HTTP, reading only."""
