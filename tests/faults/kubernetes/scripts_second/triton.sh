#!/bin/sh
# Tells what Triton says when a model file cannot be parsed.
echo "I1124 06:45:31.002 1 server.cc:674] +----------+---------+--------+"
sleep 2
cat >&2 <<'TEXT'
E1124 06:45:33.871 1 model_lifecycle.cc:654] "failed to load 'reranker' version 3: Internal: onnx runtime error 7: Load model from /models/reranker/3/model.onnx failed:Protobuf parsing failed."
I1124 06:45:33.872 1 model_lifecycle.cc:789] "failed to load 'reranker'"
+----------+---------+-------------------------------------------------------------------------------------------------------------+
| Model    | Version | Status                                                                                                      |
| reranker | 3       | UNAVAILABLE: Internal: onnx runtime error 7: Load model from /models/reranker/3/model.onnx failed:Protobuf parsing failed. |
+----------+---------+-------------------------------------------------------------------------------------------------------------+
error: creating server: Internal - failed to load all models
TEXT
exit 1
