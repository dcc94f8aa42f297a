"""What a store keeps of a record is read back as it was."""

import orjson
import pytest
from hypothesis import given

from cmdb.model.record import Record
from cmdb.records.form import kept, read
from cmdb.records.record_types import AnyRecord
from tests.records.strategies import whole_records


@given(whole_records)
def test_a_record_is_read_as_it_was_kept(value: AnyRecord) -> None:
    record = kept(value)
    assert read(record) == value
    assert kept(read(record)) == record


@given(whole_records)
def test_a_body_is_canonical_and_leaves_the_key_out(value: AnyRecord) -> None:
    record = kept(value)
    assert orjson.dumps(record.body, option=orjson.OPT_SORT_KEYS).decode() == record.body_json
    assert record.body.keys().isdisjoint({"kind", "source", "number"})
    assert record.key == value.key


@pytest.mark.parametrize("body", ["{}", '{"title":"x","started_at":"soon"}', '{"title":1,"started_at":"2026-01-01"}'])
def test_what_this_program_did_not_write_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        read(Record("incident", "bluenose", "INC-0001", body))
