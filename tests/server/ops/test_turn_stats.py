from server.ops.turn_stats import BOUNDS_S, Histogram, TurnStats


def test_times_are_counted_up_to_each_bound():
    times = Histogram()

    for seconds in (0.05, 0.1, 0.11, 1000):
        times.add(seconds)

    counts = dict(times.cumulative())
    assert (counts["0.1"], counts["0.25"], counts["60"], counts["+Inf"]) == (2, 3, 3, 4)
    assert len(counts) == len(BOUNDS_S) + 1
    assert times.sum_s == 1000.26


def test_turns_are_counted_apart_and_their_tokens_together():
    stats = TurnStats()

    stats.count("stored", "complete", 5, 2)
    stats.count("relayed", "complete", 1, 1)

    assert stats.turns == {("stored", "complete"): 1, ("relayed", "complete"): 1}
    assert stats.tokens == {"input": 6, "output": 3}
