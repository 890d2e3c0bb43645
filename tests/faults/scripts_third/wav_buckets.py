"""Speech fine-tuning over length buckets, in random order, a fixed number of utterances a batch."""
import mmap
import time

UTTS = 24
PER_SECOND = 110_000  # bytes of activations for a second of one utterance


def say(text, level="INFO"):
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} | {level} | fairseq_cli.train | {text}", flush=True)


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20


say("task: AudioFinetuningTask, model: Wav2VecCtc, criterion: CtcCriterion")
say("max tokens per device = None and batch size = 24")
say("no existing checkpoint found /out/checkpoint_last.pt", "WARNING")
step = 0
for seconds in (4, 11, 6, 3, 13, 8, 5, 12, 7, 28, 9):
    for _ in range(6):
        step += 1
        if step % 6 == 1:
            say(f"bucket of {seconds:.1f} s: step {step}, {UTTS} utterances x {seconds:.1f} s, rss before the batch {rss()} MB")
        activations = mmap.mmap(-1, UTTS * seconds * PER_SECOND)
        for at in range(0, len(activations), 4096):
            activations[at] = 1
        peak = rss()
        activations.close()
        time.sleep(0.1)
    say(f"bucket of {seconds:.1f} s: 6 updates, loss {9.1 / (1 + step / 40):.3f}, rss in the batch {peak} MB, after it {rss()} MB")
say("done training")
