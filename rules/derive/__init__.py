"""One file a question: signals to signals."""
