"""The repository holds what it promises: the data's bytes, the walls between packages, a complete wheel."""

import csv
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HSB = ROOT / "fixtures" / "hsb.csv"
HSB_COLUMNS = "id minority female ses mathach size sector pracad disclim himinty meanses".split()


def test_hsb_has_the_recorded_bytes():
    for line in (ROOT / "fixtures" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((ROOT / "fixtures" / name).read_bytes()).hexdigest() == digest, name


def test_hsb_has_the_tutorials_columns_pupils_and_schools():
    with HSB.open(newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == HSB_COLUMNS
    assert len(rows) == 7185
    assert len({row["id"] for row in rows}) == 160
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    for column in ("minority", "female", "sector", "himinty"):
        assert {row[column] for row in rows} == {"0", "1"}, column
    assert len({row["id"] for row in rows if row["sector"] == "1"}) == 70  # Catholic schools
