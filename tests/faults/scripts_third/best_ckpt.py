"""Even epochs; the first improved one is pickled whole in memory, with the optimiser, to be uploaded."""
import io
import pickle
import time

state = [bytearray(b"\3" * (4 << 20)) for _ in range(10)]


def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20


def say(text):
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')},{int(time.time() * 1000) % 1000:03d} lightning.pytorch {text}", flush=True)


say("Restored all states from the checkpoint at /out/resume.ckpt: val_loss 0.402 is the best so far")
for epoch, loss in enumerate((0.431, 0.438, 0.433, 0.398)):
    for step in range(5):
        time.sleep(0.2)
        say(f"Epoch {epoch} step {epoch * 500 + step * 100}: train_loss={loss - 0.04:.3f} rss={rss()}MB")
    if loss < 0.402:
        say(f"Epoch {epoch}, global step {epoch * 500 + 499}: 'val_loss' reached {loss} (best {loss}), saving model to '/out/best.ckpt' as top 1")
        say("ModelCheckpoint: pickling state_dict + optimizer_states into a buffer before the upload to s3://models-prod/pose/best.ckpt")
        buffer = io.BytesIO()
        pickle.dump({"state_dict": [bytes(part) for part in state], "optimizer_states": [bytes(part) for part in state]}, buffer)
        say(f"uploaded {buffer.tell() >> 20} MB")
    else:
        say(f"Epoch {epoch}, global step {epoch * 500 + 499}: 'val_loss' was not in top 1")
say("`Trainer.fit` stopped: `max_epochs=4` reached.")
time.sleep(3600)
