"""What is publicly known of two vendors, as declarations to be filled in. Nothing here was checked against them."""

from importlib.resources import files


def names() -> list[str]:
    """Return the presets' names."""
    found = (entry.name for entry in files(__name__).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def text(name: str) -> str:
    """Return a preset's text; only for one of `names`."""
    return files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
