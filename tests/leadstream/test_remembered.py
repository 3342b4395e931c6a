from hypothesis import given
from hypothesis import strategies as st

from leadstream.remembered import Remembered


@given(st.integers(1, 5), st.lists(st.tuples(st.sampled_from(["put", "forget"]), st.integers(0, 8))))
def test_the_last_that_were_put_in_are_kept(most: int, steps: list[tuple[str, int]]) -> None:
    kept, model = Remembered[int, int](most), list[int]()
    for number, (what, key) in enumerate(steps):
        if what == "put":
            kept.put(key, number)
            model = [*model, *([] if key in model else [key])][-most:]
        else:
            kept.forget(key)
            model = [each for each in model if each != key]
        assert {each for each in range(9) if each in kept} == set(model)
        assert len(kept) == len(model)
        assert what == "forget" or kept.get(key) == number
