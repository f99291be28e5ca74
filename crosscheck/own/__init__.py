"""One's own data and models: files read the same way for both sides, columns checked, records that know their data."""

from .files import read_data
from .fingerprint import fingerprint
from .model import own_model
from .prepare import Prepared, prepare

__all__ = ["Prepared", "fingerprint", "own_model", "prepare", "read_data"]
