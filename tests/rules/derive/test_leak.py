"""The leak test keeps the operating characteristics it was measured to have, and reads what programs really print."""

from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

import pytest

from probes._contract import Observed, Signal, Source, Spec, Subject, Type, Value
from rules._derivation import Unseen
from rules._facts import Facts
from rules._vocabulary import Vocabulary
from rules.derive._printed import Log, Printed, times
from rules.derive.leak import DERIVATIONS, leak_test

Samples = list[tuple[float, float]]
Shape = Callable[[float], float]
Noise = tuple[float, float]
"""Standard deviation, and correlation of neighbours."""
LIMIT = 1000.0
MIB = 2**20
TRAINER = Subject("container", "trainer")
NOW = 1_800_000_000.0

INPUTS: Mapping[str, Type] = {
    "log_tail": "text",
    "log_complete": "bool",
    "log_attempt_runs": "bool",
    "memory_series": "texts",
    "memory_limit_bytes": "int",
    "memory_used_bytes": "int",
    "memory_anon_bytes": "int",
    "restart_count": "int",
    "child_killed": "bool",
    "created_at": "time",
    "started_at": "time",
    "lived": "span",
    "runs_for": "span",
}


def wander(rng: random.Random, count: int, deviation: float, rho: float = 0.0) -> list[float]:
    """Noise with this deviation whose neighbours are correlated by `rho`."""
    state = rng.gauss(0, deviation)
    found = []
    for _ in range(count):
        state = rho * state + rng.gauss(0, deviation * math.sqrt(1 - rho * rho))
        found.append(state)
    return found


def series(rng: random.Random, count: int, shape: Shape, deviation: float = 5.0, rho: float = 0.5) -> Samples:
    """A shape over 0 to 1, with noise, every 30 seconds."""
    noise = wander(rng, count, deviation, rho)
    return [(30.0 * place, shape(place / count) + noise[place]) for place in range(count)]


def share(word: str, shape: Shape, count: int, noise: Noise, tries: int = 20) -> float:
    """Of so many series with noise of their own, the part that got this verdict."""
    rng = random.Random(f"{count} {noise}")  # noqa: S311  # a simulation with a fixed seed
    return sum(leak_test(series(rng, count, shape, *noise), LIMIT) == word for _ in range(tries)) / tries


def warm_up(tau: float) -> Shape:
    return lambda at: 200 + 600 * (1 - math.exp(-at / tau))


# what it was measured to do


@pytest.mark.parametrize("count", [35, 60, 120, 400])
@pytest.mark.parametrize("noise", [(0, 0), (5, 0), (10, 0.7), (20, 0.5)])
def test_every_leak_that_reaches_the_limit_is_kept(count: int, noise: Noise) -> None:
    assert share("leak", lambda at: 150 + 800 * at, count, noise) == 1.0


@pytest.mark.parametrize("count", [60, 120, 300])
@pytest.mark.parametrize("noise", [(5, 0), (10, 0.7), (15, 0.5)])
def test_leaks_that_take_a_third_of_the_limit_are_kept(count: int, noise: Noise) -> None:
    assert share("leak", lambda at: 300 + 350 * at, count, noise) >= 0.95


@pytest.mark.parametrize("count", [35, 60, 120, 300])
@pytest.mark.parametrize("tau", [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
@pytest.mark.parametrize("deviation", [0, 5])
def test_a_warm_up_is_never_a_leak(count: int, tau: float, deviation: float) -> None:
    assert share("leak", warm_up(tau), count, (deviation, 0.5), tries=10) == 0.0


@pytest.mark.parametrize("tau", [0.2, 0.3, 0.4, 0.5])
def test_a_warm_up_that_still_rises_after_the_first_tenth_is_called_saturating(tau: float) -> None:
    assert share("saturating", warm_up(tau), 80, (5, 0.5)) == 1.0


@pytest.mark.parametrize(("count", "tries"), [(40, 200), (120, 200), (300, 50)])
@pytest.mark.parametrize("rho", [0.0, 0.9, 0.98])
def test_flat_memory_that_wanders_raises_a_false_alarm_in_one_of_fifty_at_most(count: int, tries: int, rho: float) -> None:
    assert share("leak", lambda _at: 500, count, (50, rho), tries) <= 0.02


@pytest.mark.parametrize(("count", "rho"), [(40, 0.9), (120, 0.98)])
@pytest.mark.parametrize("deviation", [100, 150])
def test_a_wander_of_a_tenth_of_the_limit_and_more_raises_few_false_alarms(count: int, rho: float, deviation: float) -> None:
    assert share("leak", lambda _at: 500, count, (deviation, rho), tries=100) <= 0.05


@pytest.mark.parametrize("count", [40, 120])
@pytest.mark.parametrize("moment", [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.97])
def test_one_jump_is_no_leak_wherever_it_is(count: int, moment: float) -> None:
    assert share("leak", lambda at: 200 + 600 * (at >= moment), count, (5, 0.5)) == 0.0


@pytest.mark.parametrize("count", [40, 120])
def test_a_leak_that_garbage_collection_interrupts_is_kept(count: int) -> None:
    assert share("leak", lambda at: 150 + 600 * at + 100 * ((at * 20) % 1), count, (5, 0)) == 1.0


@pytest.mark.parametrize("count", [40, 120])
def test_memory_that_steps_up_once_an_epoch_leaks(count: int) -> None:
    assert share("leak", lambda at: 200 + 100 * int(6 * at), count, (5, 0.5)) == 1.0


def test_growth_that_ends_is_saturating() -> None:
    assert share("saturating", lambda at: 200 + 600 * min(1.0, at / 0.6), 80, (5, 0.5)) == 1.0


def lives(shape: Shape, count: int, length: int) -> Samples:
    rng = random.Random(8)  # noqa: S311
    return [(30.0 * (life * (length + 2) + place), shape(place / length) + rng.gauss(0, 5)) for life in range(count) for place in range(length)]


@pytest.mark.parametrize(("count", "length"), [(3, 14), (6, 8), (2, 40)])
def test_attempts_that_are_too_short_alone_tell_together(count: int, length: int) -> None:
    assert leak_test(lives(lambda at: 100 + 850 * at, count, length), LIMIT) == "leak"
    assert leak_test(lives(lambda at: 100 + 850 * (1 - math.exp(-at / 0.25)), count, length), LIMIT) == "saturating"


# its edges


def line(count: int) -> Samples:
    return [(30.0 * place, 100.0 + 10 * place) for place in range(count)]


def test_thirty_samples_after_the_first_tenth_are_needed() -> None:
    assert (leak_test(line(33), LIMIT), leak_test(line(34), LIMIT)) == ("too few", "leak")


@pytest.mark.parametrize(
    "samples", [[], [(0.0, 5.0)], [(7.0, 5.0)] * 50, [(float(at), math.nan) for at in range(50)], [(float(at), 0.0) for at in range(50)]]
)
def test_what_cannot_be_tested_is_too_few(samples: Samples) -> None:
    assert leak_test(samples, LIMIT) == "too few"


def test_equal_values_are_flat() -> None:
    assert leak_test([(float(at), 5.0) for at in range(50)], None) == "flat"


def test_a_fall_is_flat() -> None:
    assert leak_test([(at, 700 - value / 2) for at, value in line(100)], LIMIT) == "flat"


def test_less_than_fifteen_per_cent_of_the_limit_is_flat() -> None:
    rise = [(float(at), 500 + 1.4 * at) for at in range(100)]

    assert (leak_test(rise, LIMIT), leak_test(rise, 900), leak_test(rise, None)) == ("flat", "leak", "leak")


def test_order_and_repetition_do_not_matter() -> None:
    samples = [*line(60), *line(60)[::7]]
    random.Random(3).shuffle(samples)  # noqa: S311

    assert leak_test(samples, LIMIT) == leak_test(line(60), LIMIT) == "leak"


def test_real_sizes_and_real_times_do_not_lose_precision() -> None:
    samples = [(1.8e9 + 30 * at, 6e10 + 2e8 * at) for at in range(120)]

    assert leak_test(samples, 9e10) == "leak"


def test_five_hundred_samples_take_twenty_milliseconds_at_most() -> None:
    rng = random.Random(1)  # noqa: S311
    samples = series(rng, 500, lambda at: 100 + 800 * at, 20)

    def took() -> float:
        began = time.process_time()
        leak_test(samples, LIMIT)
        return time.process_time() - began

    assert min(took() for _ in range(25)) <= 0.020


# what programs print


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rss=123MB", 123 * MIB),
        ("RSS 1.5 GiB", 1536 * MIB),
        ("epoch 0 step 8 loss 1.9167 rss 21 MB", 21 * MIB),
        ("INFO:     requests=15 feature_cache_entries=15 rss_mb=17", 17 * MIB),
        ("memory: 512 MiB", 512 * MIB),
        ("Memory usage: 812.5MB (of 4096MB)", 812.5 * MIB),
        ("VmRSS:\t   12345 kB", 12345 * 1024),
        ("heap used 300M", 300 * MIB),
        ("{heapUsed: 300M}", 300 * MIB),
        ('{"step": 3, "rss_bytes": 104857600}', 100 * MIB),
        ("process rss: 104857600", 100 * MIB),
        ("torch.cuda.max_memory_allocated(): 5.25 GB", 5.25 * 1024 * MIB),
        ("GPU memory used 4.0 GB", 4096 * MIB),
        ("mem=64M batch 3", 64 * MIB),
        ("\x1b[32mstep 3\x1b[0m rss \x1b[1m64 MB\x1b[0m", 64 * MIB),
        ("mem=53.2%", None),
        ("memory 64 batches", None),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", None),
        ("memory limit: 512 MiB, free memory: 3 GiB, total memory: 8 GiB", None),
        ("Killed process 42 (python) total-vm:18231044kB, anon-rss:15902312kB, file-rss:0kB", None),
        ("across 3 hosts", None),
        ("rss is high", None),
        ("3/3 - 12s - loss: 0.63 - host_mem_mb: 11", 11 * MIB),
        ("free_mem_mb: 11", None),
        ("total_mem_mb: 64000", None),
    ],
)
def test_a_program_says_how_much_memory_it_has(text: str, expected: float | None) -> None:
    _, printed = Log(text).longest()

    assert ([] if expected is None else [expected]) == [sample.value for sample in printed]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("step 8 loss 2.1\nstep 16 loss 2.0\nstep 24 loss 1.9", (16, True)),
        ("Epoch 1/10\nEpoch 2/10\nEpoch 3/10", (3, True)),
        ("Epoch [1/10], Step [100/600], Loss: 2.1", (1, True)),
        ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.3", (1, True)),
        ("{'loss': 0.52, 'learning_rate': 5e-05, 'epoch': 0.01}\n{'loss': 0.5, 'epoch': 0.02}", (2, True)),
        ('{"global_step": 100, "loss": 0.3}\n{"global_step": 400, "loss": 0.2}', (300, True)),
        ("[10]\ttrain-rmse:0.52", (1, True)),
        (" 12%|█▏        | 120/1000 [00:10<01:20, 11.00it/s, loss=0.3]", (1, True)),
        ("100/1875 [>.............................] - ETA: 3s - loss: 0.5", (1, True)),
        ("100/1875 ━━━━━━━━━━━━━━━━━━━━ 5s 3ms/step - accuracy: 0.9 - loss: 0.3", (1, True)),
        ("chunk 1 repriced, peak 103 MB\nchunk 2 repriced, peak 103 MB", (2, True)),
        ("processed 5,000 rows\nprocessed 10,000 rows", (2, True)),
        ("handled 20 requests, rss 13 MB\nhandled 40 requests, rss 23 MB", (20, True)),
        ("epoch 1: waiting for the first batches", (1, False)),
        ("starting epoch 1\nallocating input batch of shape (4096, 3, 224, 224), 2.3 GiB", (1, False)),
        ("epoch 1/90: collating batch 1, 4096 x 3 x 128 x 128 float32 = 768 MiB", (1, False)),
        ("config: epochs=20 batch_size=64 lr=0.001 max_steps=500", (0, False)),
        ("using batch size 256, step size 0.1", (0, False)),
        ("Resuming from epoch 12, step 4000", (0, False)),
        ("Loading checkpoint shards:  50%|█████     | 3/6 [00:10<00:10,  3.41s/it]", (0, False)),
        ("50000 rows in memory\n100000 rows in memory", (0, False)),
        ("spooled part 3\nspooled part 4", (0, False)),
        ("saving checkpoint /checkpoints/step-60.pt", (0, False)),
        ("", (0, False)),
    ],
)
def test_a_program_says_how_far_it_came(text: str, expected: tuple[int, bool]) -> None:
    last = Log(text).attempts[-1]

    assert expected == (last.steps, last.finished)


def test_batches_that_begin_anew_in_each_epoch_are_one_attempt() -> None:
    text = "\n".join(f"epoch {epoch} batch {batch} loss 0.5" for epoch in range(3) for batch in range(1, 41))

    assert len(Log(text).attempts) == 1


def test_counters_that_begin_anew_are_another_attempt() -> None:
    text = "\n".join(f"handled {20 * place} requests, rss {10 * place} MB" for place in (1, 2, 3, 4, 1, 2, 3))

    assert [sample.attempt for sample in Log(text).longest()[1]] == [1, 1, 1, 1, 2, 2, 2]


def test_lines_of_one_second_are_spread_over_it() -> None:
    stamped = [Printed(1, at, 5.0) for at in (10.0, 10.0, 11.0, 13.0)]

    assert times(stamped) == [10.0, 10.5, 11.0, 13.0]
    assert times([*stamped, Printed(1, None, 5.0)]) is None
    assert times(stamped[::-1]) is None


@pytest.mark.parametrize(
    "text",
    [
        "a_" * 30_000,
        "step " * 20_000,
        "rss " * 20_000,
        "1/1 " + "x" * 50_000,
        "9" * 60_000,
        "done 1 of " * 9_000,
        "[1] " + "a" * 60_000,
        "1/1 [" * 9_000,
    ],
)
def test_a_hostile_line_costs_little(text: str) -> None:
    began = time.process_time()
    Log("\n".join([text] * 40))

    assert time.process_time() - began < 1.0


# what is derived


def facts(earlier: Mapping[str, Value] | None = None, **seen: Value) -> Facts:
    specs = [Spec(name=f"container.{name}", type=type_, doc="") for name, type_ in INPUTS.items()]
    return Facts(observed(seen), Vocabulary(specs, DERIVATIONS), None if earlier is None else observed(earlier))


def observed(seen: Mapping[str, Value]) -> Observed:
    source = Source("test", "")
    return Observed(now=NOW, signals=[Signal(TRAINER, f"container.{name}", value, source) for name, value in seen.items()])


def derived(found: Facts, *names: str) -> tuple[Value | str, ...]:
    values = (found.value(TRAINER, f"container.{name}") for name in names)
    return tuple("unseen" if isinstance(value, Unseen) else value for value in values)


def log(count: int, shape: Shape, template: str = "step {step} loss 0.5 rss {mb:.0f} MB") -> str:
    return "\n".join(template.format(step=8 * (place + 1), mb=shape(place / count)) for place in range(count))


def kept(samples: Samples) -> tuple[str, ...]:
    return tuple(f"{NOW - 6 * 3600 + at:.0f} {value * MIB:.0f}" for at, value in samples)


ALL = ("memory_growth", "memory_growth_known", "memory_growth_hint", "memory_samples", "memory_before_bytes", "log_steps", "log_reached_work")


def test_where_nobody_looked_all_is_unseen() -> None:
    assert derived(facts(memory_limit_bytes=128 * MIB, restart_count=3), *ALL) == ("unseen",) * 7


def test_a_log_that_climbs_to_the_limit_is_a_leak() -> None:
    found = facts(log_tail=log(60, lambda at: 10 + 116 * at), log_complete=True, lived=120.0, memory_limit_bytes=128 * MIB)

    assert derived(found, *ALL) == ("leak", True, "leak", 60, "unseen", 472, True)
    rate, left = derived(found, "memory_growth_per_minute_bytes", "memory_projected_full_span")
    assert rate == pytest.approx(58 * MIB, rel=0.05)
    assert left == pytest.approx(120 * 4 / 116, rel=0.2)


def test_without_times_or_a_whole_log_nobody_knows_the_rate() -> None:
    found = facts(log_tail=log(60, lambda at: 10 + 116 * at), log_complete=False, lived=120.0, memory_limit_bytes=128 * MIB)

    assert derived(found, "memory_growth", "memory_growth_per_minute_bytes", "memory_projected_full_span") == ("leak", None, None)


def test_times_in_the_log_give_the_rate() -> None:
    text = "\n".join(f"2026-11-24 22:{place // 2:02}:{place % 2 * 30:02},123 INFO step {place} rss {10 + 2 * place} MB" for place in range(60))
    found = facts(log_tail=text, memory_limit_bytes=150 * MIB)

    assert derived(found, "memory_growth") == ("leak",)
    rate, left = derived(found, "memory_growth_per_minute_bytes", "memory_projected_full_span")
    assert rate == pytest.approx(4 * MIB)
    assert left == pytest.approx((150 - 128) / 4 * 60)


def test_a_dozen_samples_are_a_hint_and_no_more() -> None:
    found = facts(log_tail=log(14, lambda at: 10 + 116 * at), memory_limit_bytes=128 * MIB)

    assert derived(found, *ALL) == ("", "unseen", "leak", 14, "unseen", 104, True)


def test_eight_samples_after_the_first_are_a_hint() -> None:
    assert derived(facts(log_tail=log(9, lambda at: 10 + 116 * at), memory_limit_bytes=128 * MIB), "memory_growth_hint") == ("leak",)
    assert derived(facts(log_tail=log(9, lambda _at: 40.0), memory_limit_bytes=128 * MIB), "memory_growth_hint") == ("flat",)
    assert derived(facts(log_tail=log(7, lambda at: 10 + 116 * at), memory_limit_bytes=128 * MIB), "memory_growth_hint") == ("",)


def test_too_few_samples_ask_for_the_source_that_nobody_looked_at() -> None:
    found = facts(log_tail="model loaded")

    assert {want.name for want in found.missing(TRAINER, "container.memory_growth_known")} == {"container.memory_series"}
    assert derived(facts(log_tail="model loaded", memory_series=()), *ALL[:4]) == ("", False, "", 0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [(lambda at: 120 * at + 5, "leak"), (lambda at: 20 + 80 * (1 - math.exp(-at / 0.2)), "saturating"), (lambda at: 60 + 60 * (at > 0.95), "flat")],
)
def test_what_prometheus_kept_is_judged(shape: Shape, expected: str) -> None:
    samples = series(random.Random(4), 100, shape, 0.5)  # noqa: S311
    found = facts(memory_series=kept(samples), memory_limit_bytes=128 * MIB, restart_count=0)

    assert derived(found, *ALL) == (expected, True, expected, 100, "unseen", "unseen", "unseen")


def test_prometheus_comes_before_the_log_unless_it_has_too_little() -> None:
    climbing = log(60, lambda at: 10 + 116 * at)
    flat = kept(series(random.Random(4), 40, lambda _at: 60, 0.5))  # noqa: S311

    assert derived(facts(log_tail=climbing, memory_series=flat, memory_limit_bytes=128 * MIB), "memory_growth") == ("flat",)
    assert derived(facts(log_tail=climbing, memory_series=flat[:9], memory_limit_bytes=128 * MIB), "memory_growth") == ("leak",)


def test_page_cache_that_grows_beside_flat_memory_is_no_leak() -> None:
    """container_memory_rss and what programs call RSS leave page cache out; memory_used_bytes, which does not, is only asked for once a run."""
    flat = kept(series(random.Random(4), 100, lambda _at: 60, 1))  # noqa: S311
    found = facts({"memory_used_bytes": 70 * MIB}, memory_series=flat, memory_used_bytes=126 * MIB, memory_limit_bytes=128 * MIB)

    assert derived(found, "memory_growth", "memory_before_bytes") == ("flat", 70 * MIB)


def test_a_container_of_the_same_name_before_it_does_not_count() -> None:
    samples = [*series(random.Random(4), 60, lambda _at: 100, 1), *[(at + 1800, 5 + at / 15) for at, _ in line(60)]]  # noqa: S311
    found = facts(memory_series=kept(samples), memory_limit_bytes=200 * MIB, created_at=NOW - 6 * 3600 + 1795)

    assert derived(found, "memory_growth", "memory_samples") == ("leak", 60)


def saw(teeth: int) -> tuple[str, ...]:
    return kept([(30.0 * place, 20.0 + 10 * (place % 10)) for place in range(10 * teeth)])


def test_memory_that_is_given_back_without_a_restart_is_no_leak() -> None:
    found = facts(memory_series=saw(8), memory_limit_bytes=128 * MIB, restart_count=0, child_killed=False)

    assert derived(found, "memory_growth", "memory_growth_hint") == ("", "")


@pytest.mark.parametrize("seen", [{"restart_count": 7}, {"restart_count": 0, "child_killed": True}, {}])
def test_memory_that_falls_because_something_died_leaks(seen: Mapping[str, Value]) -> None:
    assert derived(facts(None, memory_series=saw(8), memory_limit_bytes=128 * MIB, **seen), "memory_growth") == ("leak",)


def test_the_last_sample_of_a_dead_container_does_not_hide_the_leak() -> None:
    samples = [*series(random.Random(4), 60, lambda at: 5 + 120 * at, 0.5), (1830.0, 0.0)]  # noqa: S311

    assert derived(facts(memory_series=kept(samples), memory_limit_bytes=128 * MIB, restart_count=0), "memory_growth") == ("leak",)


def test_workers_that_a_master_starts_again_tell_together() -> None:
    text = "\n".join(log(14, lambda at: 10 + 80 * at, "handled {step} requests, rss {mb:.0f} MB") for _ in range(3))
    found = facts(log_tail=text, log_attempt_runs=True, memory_limit_bytes=96 * MIB, restart_count=0, log_complete=True)

    assert derived(found, "memory_growth", "memory_samples", "log_steps") == ("leak", 42, 104)


def test_a_chunk_that_goes_on_after_memory_fell_is_no_new_attempt() -> None:
    text = "\n".join(f"chunk {place} done, rss {20 + 10 * (place % 10)} MB" for place in range(60))

    assert derived(facts(log_tail=text, memory_limit_bytes=128 * MIB, restart_count=9), "memory_growth") == ("",)


def test_the_memory_of_a_gpu_is_not_held_against_the_limit_of_the_container() -> None:
    text = log(40, lambda at: 2000 + 600 * at, "step {step} max_memory_allocated {mb:.0f} MB")

    assert derived(facts(log_tail=text, memory_limit_bytes=64 * 1024 * MIB), "memory_growth") == ("leak",)


def test_ranks_that_print_into_one_log_are_kept_apart() -> None:
    text = "\n".join(f"[rank{rank}] step {place} rss {100 + 400 * rank + 3 * place} MB" for place in range(40) for rank in (0, 1))

    assert derived(facts(log_tail=text, memory_limit_bytes=700 * MIB), "memory_samples", "memory_growth") == (40, "leak")


def test_an_earlier_run_gives_one_sample_more_and_no_verdict() -> None:
    found = facts({"memory_anon_bytes": 70 * MIB}, memory_anon_bytes=120 * MIB)

    assert derived(found, *ALL) == ("", "unseen", "", 2, 70 * MIB, "unseen", "unseen")


def test_an_empty_log_tells_nothing_of_steps() -> None:
    assert derived(facts(log_tail=None, log_complete=True), "log_steps", "log_reached_work") == ("unseen", "unseen")


@pytest.mark.parametrize("texts", [("", "x y", "1", "1 2 3", "nan 5", "1 -5", "9" * 40), ("\x00 5",)])
def test_a_hostile_series_is_no_series(texts: tuple[str, ...]) -> None:
    assert derived(facts(memory_series=texts), "memory_growth", "memory_samples") == ("", 0)


# programs that really run

PROGRAM = """
import sys
kind = sys.argv[1]
def rss():
    with open("/proc/self/status") as status:
        return next(line for line in status if line.startswith("VmRSS")).split()[1]
kept = []
for step in range(1, 61):
    if kind == "leak" or (kind == "warm" and len(kept) < 40 and step % max(1, step // 8) == 0) or (kind == "peak" and step == 58):
        kept.append(bytearray(b"x") * ((60 if kind == "peak" else 1) << 20))
    batch = bytearray(b"x") * (1 << 20)
    print(f"step {step} loss {2 / step:.3f}")
    print(f"VmRSS: {rss()} kB")
"""


@pytest.mark.parametrize(("kind", "expected"), [("leak", "leak"), ("steady", "flat"), ("peak", "flat"), ("warm", "saturating")])
def test_a_program_that_really_runs(kind: str, expected: str) -> None:
    text = subprocess.run([sys.executable, "-c", PROGRAM, kind], capture_output=True, text=True, check=True).stdout
    found = facts(log_tail=text, log_complete=True, memory_limit_bytes=128 * MIB)

    assert derived(found, "memory_growth", "memory_samples", "log_steps", "log_reached_work") == (expected, 60, 60, True)
