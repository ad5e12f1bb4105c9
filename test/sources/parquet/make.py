"""Writes the Parquet files beside it, with pyarrow and numpy: python3 make.py"""

from decimal import Decimal as D

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def moments(type, values):
    return pa.array(values, type=pa.int64()).cast(type)


columns = {
    'id': pa.array([1, 2, 3], pa.int32()),
    'i8': pa.array([-128, 127, None], pa.int8()),
    'i16': pa.array([-32768, 32767, None], pa.int16()),
    'i32': pa.array([-(2**31), 2**31 - 1, None], pa.int32()),
    'i64': pa.array([-(2**63), 2**63 - 1, None], pa.int64()),
    'u8': pa.array([0, 255, None], pa.uint8()),
    'u16': pa.array([0, 65535, None], pa.uint16()),
    'u32': pa.array([0, 2**32 - 1, None], pa.uint32()),
    'u64': pa.array([0, 2**64 - 1, None], pa.uint64()),
    'f16': pa.array([np.float16(1.5), np.float16(-2), None], pa.float16()),
    'f32': pa.array([3.4028234663852886e38, float('nan'), None], pa.float32()),
    'f64': pa.array([5e-324, float('-inf'), None], pa.float64()),
    'flag': pa.array([True, False, None], pa.bool_()),
    'str': pa.array(['Ærø 🦆\0', '', None], pa.string()),
    'dict': pa.array(['small', 'large', None]).dictionary_encode(),
    'json': pa.array(['{"n": 12345678901234567890}', '[]', None], pa.json_()),
    'bin': pa.array([b'\0\xff', b'', None], pa.binary()),
    'fix': pa.array([b'\0\1\2\3', b'\xff' * 4, None], pa.binary(4)),
    'uid': pa.array([b'\1' * 16, b'\xfe' * 16, None], pa.uuid()),
    'dec9': pa.array([D('-1234567.89'), D('0.10'), None], pa.decimal128(9, 2)),
    'dec18': pa.array([D('999999999999999999'), D('-1'), None], pa.decimal128(18, 0)),
    'dec38': pa.array([D('-1234567890123456789012345678.0123456789'), D('0E-10'), None], pa.decimal128(38, 10)),
    'day': pa.array([-719162, 2932896, None], pa.int32()).cast(pa.date32()),
    'tms': pa.array([86399999, 0, None], pa.int32()).cast(pa.time32('ms')),
    'tus': pa.array([86399999999, 1, None], pa.int64()).cast(pa.time64('us')),
    'tns': pa.array([86399999999999, 1, None], pa.int64()).cast(pa.time64('ns')),
    'ms': moments(pa.timestamp('ms'), [-1, 253402300799999, None]),
    'us': moments(pa.timestamp('us'), [-1000, 1700000000123000, None]),
    'ns': moments(pa.timestamp('ns'), [1000000, 1700000000123000000, None]),
    'msz': moments(pa.timestamp('ms', 'UTC'), [-1, 253402300799999, None]),
    'usz': moments(pa.timestamp('us', 'UTC'), [-1000, 1700000000123000, None]),
    'li': pa.array([[1, -(2**63)], [], None], pa.list_(pa.int64())),
    'mp': pa.array([[('a', D('1.50')), ('b', D('-2.00'))], [], None], pa.map_(pa.string(), pa.decimal128(9, 2))),
    'st': pa.array(
        [{'a': 1, 'b': [1000, 2000]}, {'a': None, 'b': None}, None],
        pa.struct([('a', pa.int32()), ('b', pa.list_(pa.timestamp('us')))]),
    ),
}
pq.write_table(pa.table(columns), 'every.parquet', version='2.6', compression='zstd', store_schema=False)

pq.write_table(
    pa.table(
        {
            'id': pa.array([1, 2], pa.int32()),
            'ns': moments(pa.timestamp('ns'), [1, 1700000000123000000]),
            'us': moments(pa.timestamp('us', 'UTC'), [-1, 1700000000123000]),
            'nsz': moments(pa.timestamp('ns', 'UTC'), [1, 1700000000123000001]),
            'wide': pa.array([D('12345678901234567890123456789012345678901234567890.12345'), D('-0.00001')], pa.decimal256(76, 5)),
            'holes': pa.array([[1, None], []], pa.list_(pa.int32())),
        }
    ),
    'digits.parquet',
    store_schema=False,
)
pq.write_table(
    pa.table({'at': moments(pa.timestamp('ns'), [1, 1700000000123000000])}),
    'int96.parquet',
    use_deprecated_int96_timestamps=True,
    store_schema=False,
)
