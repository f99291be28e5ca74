"""The data set as the harness hands it out."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256

import pandas as pd
import pytest

from crosscheck import load_hsb
from crosscheck.data import checksum, fixtures, load
from crosscheck.errors import UsageError


def test_hsb_has_the_tutorials_names_and_its_centred_ses():
    hsb = load_hsb()
    assert hsb.shape == (7185, 12)
    assert hsb["id"].nunique() == 160
    assert hsb.attrs["name"] == "hsb"
    assert abs(hsb.groupby("id")["cses"].sum()).max() < 1e-12


def test_labels_stand_for_the_same_numbers():
    plain, labelled = load_hsb(), load_hsb(labelled=True)
    for column, labels in {"sector": ["Public", "Catholic"], "minority": ["No", "Yes"]}.items():
        assert labelled[column].cat.categories.tolist() == labels
        assert (labelled[column].cat.codes == plain[column]).all()
    assert labelled.attrs["name"] == "hsb"


def test_the_checksum_is_the_one_kept_beside_the_data():
    assert checksum("hsb") == (fixtures() / "SHA256SUMS").read_text().split()[0]


def test_an_unknown_data_set_is_refused():
    with pytest.raises(UsageError, match="no data set 'hbs'; known: hsb, hsb-labelled, Assay, BodyWeight"):
        load("hbs")


BOOK = fixtures() / "book" / "data"
SETS = sorted(path.stem for path in BOOK.glob("*.csv"))


def test_the_books_data_have_the_recorded_bytes():
    sums = dict(reversed(line.split()) for line in (BOOK / "SHA256SUMS").read_text().splitlines())
    assert sums.keys() == {path.name for path in BOOK.iterdir()} - {"SHA256SUMS"}
    assert {name: sha256((BOOK / name).read_bytes()).hexdigest() for name in sums} == sums
    assert {f"{name}.csv" for name in SETS} == sums.keys() - {"schema.json"}


@pytest.mark.parametrize("name", SETS)
def test_the_books_data_are_numbers_and_categories(name):
    frame = load(name)
    assert frame.attrs["name"] == name and len(frame) > 0
    for column in frame:
        categorical = isinstance(frame[column].dtype, pd.CategoricalDtype)
        assert categorical or frame[column].dtype == float
        assert frame[column].notna().all() or (name, column) == ("OrthodontNA", "age")


def test_levels_keep_rs_order():
    orthodont = load("Orthodont")
    assert orthodont["Subject"].cat.categories[:3].tolist() == ["M16", "M05", "M02"]
    assert orthodont["Subject"].cat.ordered and not orthodont["Sex"].cat.ordered
    assert orthodont["Sex"].cat.categories.tolist() == ["Male", "Female"]
    assert load("OrthodontNA")["age"].isna().sum() == 3
    assert len(load("MachinesUnbal")) == 44


@pytest.mark.needs_r
def test_the_books_data_are_rs_to_the_last_bit(tmp_path):
    shutil.copy(BOOK / "PBIB.csv", tmp_path)
    script = fixtures() / "book" / "build_data.R"
    subprocess.run(["Rscript", "--vanilla", script, tmp_path], check=True, capture_output=True)
    for path in BOOK.glob("*.csv"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
    assert (tmp_path / "schema.json").read_bytes() == (BOOK / "schema.json").read_bytes()
