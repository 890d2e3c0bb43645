#!/bin/sh
# Tells what JAX says when the first step does not fit on the card.
echo "I1124 07:20:02.114 train.py:88] devices: [CudaDevice(id=0)], params: 1.31B, global_batch: 512"
echo "I1124 07:20:31.820 train.py:131] compiled train_step in 27.9 s"
sleep 2
cat >&2 <<'TEXT'
jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 58720256000 bytes.
BufferAssignment OOM Debugging.
BufferAssignment stats:
             parameter allocation:    5.12GiB
              constant allocation:         0B
        maybe_live_out allocation:    5.12GiB
     preallocated temp allocation:   54.69GiB
                 total allocation:   59.81GiB
Peak buffers:
	Buffer 1:
		Size: 24.00GiB
		Operator: op_name="jit(train_step)/transpose(jvp(Transformer))/attention/dot_general"
		Shape: f32[512,16,2048,384]
TEXT
exit 1
