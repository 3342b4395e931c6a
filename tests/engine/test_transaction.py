from dataclasses import replace

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from engine.deadlines import Deadlines
from engine.letters import RETRIED_HEADER, Outcome, decode_outcome
from engine.partitioning import partition_of
from engine.ports import GroupSpec, Record
from engine.state import MemoryStore, pack
from engine.transaction import Transaction
from tests.engine.ledger import DEAD, GROUP, OUT, Ledger
from tests.support.laws import examples

GROUP_TOLD = replace(GROUP, outcomes="outcomes")


def begun(
    store: MemoryStore | None = None, deadlines: Deadlines | None = None, hot: dict[bytes, list[str]] | None = None,
    group: GroupSpec = GROUP,
) -> Transaction[list[str]]:  # fmt: skip
    return Transaction(
        group=group, partition=1, partitions=8, time=5, positions={"in": 3}, processor=Ledger(),
        store=MemoryStore() if store is None else store,
        deadlines=Deadlines() if deadlines is None else deadlines, hot={} if hot is None else hot,
    )  # fmt: skip


def stored(**states: bytes) -> MemoryStore:
    store = MemoryStore()
    for key, raw in states.items():
        store.commit([(key.encode(), pack(None, raw))], None)
    return store


def test_what_was_put_is_seen_at_once_and_the_store_is_untouched() -> None:
    store = stored(a=b"1")
    txn = begun(store)
    txn.put(b"a", ["2"], None)
    txn.put(b"b", ["3"], 9)
    assert (txn.get(b"a"), txn.get(b"b"), txn.wake_of(b"b")) == (["2"], ["3"], 9)
    assert (store.get(b"a"), store.get(b"b")) == (b"1", None)


def test_a_state_is_decoded_once_and_belongs_to_the_transaction() -> None:
    txn = begun(stored(a=b"1"))
    assert txn.get(b"a") is txn.get(b"a")
    assert txn.get(b"missing") is None


def test_a_removed_key_is_gone_for_the_rest_of_the_transaction_and_may_come_back() -> None:
    txn = begun(stored(a=b"1"), Deadlines({b"a": 7}))
    txn.delete(b"a")
    assert (txn.get(b"a"), txn.wake_of(b"a"), txn.changes()) == (None, None, [(b"a", None)])
    txn.put(b"a", ["new"], 4)
    assert (txn.get(b"a"), txn.changes()) == (["new"], [(b"a", pack(4, b"new"))])


def test_only_what_was_put_is_a_change_in_the_order_of_the_first_put() -> None:
    txn = begun(stored(a=b"1", b=b"2", c=b"3"))
    txn.get(b"a")
    for key in (b"c", b"b", b"c"):
        txn.put(key, [key.decode()], None)
    assert txn.changes() == [(b"c", pack(None, b"c")), (b"b", pack(None, b"b"))]


def test_every_key_is_committed_and_changed_ones_less_removed_ones() -> None:
    txn = begun(stored(b=b"", a=b"", c=b""))
    txn.put(b"d", [], None)
    txn.delete(b"a")
    txn.get(b"c")
    assert list(txn.every_key()) == [b"b", b"c", b"d"]


def test_outputs_go_to_this_partition_a_named_one_or_that_of_the_key() -> None:
    txn = begun()
    txn.send(OUT, b"k", b"1")
    txn.send_to(OUT, 5, b"k", b"2")
    txn.forward(OUT, b"k", b"3", [("h", b"")])
    sent = {place: [record.value for record in records] for place, records in txn.outputs.items()}
    assert sent.pop((OUT, 1))[0] == b"1"
    assert partition_of(b"k", 8) not in (1, 5)
    assert sent == {(OUT, 5): [b"2"], (OUT, partition_of(b"k", 8)): [b"3"]}


def test_a_dead_letter_keeps_key_bytes_and_headers_and_says_why() -> None:
    txn = begun()
    txn.dead_letter(Record(7, 99, b"k", b"\xff", [("h", b"\x00")]), "in", "broken", "d" * 600 + "\ud800", "f" * 300)
    (record,) = txn.outputs[DEAD, 1]
    assert (record.key, record.value, record.headers[0]) == (b"k", b"\xff", ("h", b"\x00"))
    why = dict(record.headers[1:])
    assert (why["dlq.detail"], why["dlq.field"]) == (b"d" * 500, b"f" * 200)
    assert (why["dlq.reason"], why["dlq.group"], why["dlq.topic"]) == (b"broken", b"ledgers", b"in")
    assert (why["dlq.partition"], why["dlq.offset"], why["dlq.timestamp"]) == (b"1", b"7", b"99")


def put_back(offset: int, letter: bytes = b"1-4") -> Record:
    return Record(offset, 99, b"k", b"x", [("ls-time", b"9"), (RETRIED_HEADER, letter)])


def test_a_letter_is_mended_when_its_record_is_taken_and_not_when_it_is_refused_again() -> None:
    txn = begun(group=GROUP_TOLD)
    for record in (put_back(3), put_back(4), Record(5, 99, b"k", b"x", ()), Record(6, 99, b"k", b"x", [("h", b"")])):
        if record.offset == 4:
            txn.dead_letter(record, "in", "broken", "still")
        txn.tried_again(record, "in")
    (told,) = txn.outputs["outcomes", 1]
    assert (told.key, decode_outcome(told.value or b"")) == (b"1-4", Outcome("1-4", "mended", "ledgers"))
    (letter,) = txn.outputs[DEAD, 1]
    assert dict(letter.headers)["dlq.retried"] == b"1-4"


def test_a_record_of_another_source_that_is_refused_at_the_same_offset_keeps_no_letter_open() -> None:
    txn = begun(group=GROUP_TOLD)
    txn.dead_letter(put_back(3, b"1-8"), "second", "broken", "still")
    txn.tried_again(put_back(3), "in")
    assert [told.key for told in txn.outputs["outcomes", 1]] == [b"1-4"]


def test_a_group_that_names_no_topic_for_it_tells_nothing() -> None:
    txn = begun()
    txn.tried_again(put_back(3), "in")
    assert not any(txn.outputs.values())


def test_a_hot_state_leaves_the_cache_until_the_commit() -> None:
    hot = {b"a": ["hot"], b"b": ["other"]}
    txn = begun(stored(a=b"cold"), hot=hot)
    state = txn.get(b"a")
    assert state == ["hot"]
    state.append("changed and then aborted")
    assert hot == {b"b": ["other"]}
    assert begun(stored(a=b"cold"), hot=hot).get(b"a") == ["cold"]
    txn.release()
    assert hot == {b"a": ["hot", "changed and then aborted"], b"b": ["other"]}


keys = st.sampled_from([b"a", b"b", b"c"])
acts = st.one_of(
    st.tuples(st.just("put"), keys, st.sampled_from(["x", "y"]), st.one_of(st.none(), st.integers(1, 9))),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("change and forget"), keys),
)


@for_all(st.dictionaries(keys, st.sampled_from([b"1", b"2"])), st.lists(acts, max_size=12))
@settings(max_examples=examples(150), deadline=None)
def test_an_overlay_is_what_a_copy_would_be(before: dict[bytes, bytes], done: list[tuple[object, ...]]) -> None:
    store, deadlines = MemoryStore(), Deadlines()
    for key, raw in before.items():
        store.commit([(key, pack(None, raw))], None)
    txn, twin = begun(store, deadlines), {key: raw.decode().split(",") for key, raw in before.items()}
    for act in done:
        match act:
            case ("put", bytes(key), str(text), wake):
                txn.put(key, [text], wake if isinstance(wake, int) else None)
                twin[key] = [text]
            case ("delete", bytes(key)):
                txn.delete(key)
                twin.pop(key, None)
            case _:
                assert isinstance(act[1], bytes)
                assert txn.get(act[1]) == twin.get(act[1])
    assert {key: txn.get(key) for key in (b"a", b"b", b"c") if txn.get(key) is not None} == twin
    assert list(txn.every_key()) == sorted(twin)
    assert {key: store.get(key) for key in before} == before
    deadlines.abort()
    assert len(deadlines) == 0
