"""What a study found, for people and for machines.

A report is built as neutral blocks (:mod:`.blocks`), which :mod:`.plain` and, where rich is installed,
:mod:`.richtext` put on a terminal. Nothing is computed here that a verdict depends on.
"""

from .blocks import Block, Cell, Column, Lines, Table
from .book import book_report
from .book_page import book_page
from .hsb import hsb_report
from .machine import judged_to_dict, study_to_dict

__all__ = [
    "Block",
    "Cell",
    "Column",
    "Lines",
    "Table",
    "book_page",
    "book_report",
    "hsb_report",
    "judged_to_dict",
    "study_to_dict",
]
