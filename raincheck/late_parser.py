"""A parser of a command whose arguments are declared only when they are asked for, by the module that needs them."""

from argparse import ArgumentParser
from pkgutil import resolve_name
from typing import Any


class LateParser(ArgumentParser):
    """Knows by name, `module:function`, what declares its arguments, and imports it to parse with."""

    _declared_by = ""
    _beneath = False

    def declared_by(self, name: str, *, beneath: bool = False) -> None:
        """Have `name` declare all this command takes, or the commands `beneath` it."""
        self._declared_by, self._beneath = name, beneath

    def declare(self) -> None:
        """Import it and have it declare, if that is yet to be done."""
        name, self._declared_by = self._declared_by, ""
        if name:
            whom = self.add_subparsers(required=True, metavar="COMMAND") if self._beneath else self
            resolve_name(name)(whom)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as ever; what parses the words before a command's name hands it the rest by this."""
        self.declare()
        return super().parse_known_args(args, namespace)
