"""The validation report: ``crosscheck report``.

From a study to four forms of one document, each step a module: :mod:`.gather` asks for every fact and puts it into a
:class:`~.document.Dossier`; :mod:`.chapters` says it in words and tables; :mod:`.html`, :mod:`.markdown`,
:mod:`.machine` (JSON) and :mod:`.junit` write it down. Reports compute nothing.
"""

from .document import Dossier, Heading, Outcome
from .gather import gather
from .write import prepare, require_extras, write

__all__ = ["Dossier", "Heading", "Outcome", "gather", "prepare", "require_extras", "write"]
