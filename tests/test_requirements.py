"""What `make run` installs is enough to run: nothing of the house needs what only the tests have."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
APPS = ("blink", "scheduling", "messaging", "billing", "homework", "notifications", "accounts", "pages")
DISTRIBUTIONS = packages_distributions()  # import name: the distributions that bring it

# What a module may need from dev.txt all the same, each with the reason.
FOR_DEVELOPERS: dict[str, set[str]] = {
    # `make messages` gathers words for translators from a checkout; Blink reads only the compiled catalogue.
    "blink/management/commands/messages.py": {"babel"},
}


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> set[str]:
    """The distributions that a lock file installs."""
    text = (HOUSE / "requirements" / lock).read_text()
    return {canonical(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", text, re.MULTILINE)}


def imports_of(source: str) -> set[str]:
    """The top-level names that a module imports: anywhere in it, by statement or by `import_module("...")`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
                names.add(node.args[0].value)
    return {name.split(".")[0] for name in names}


def missing(source: str) -> set[str]:
    """The distributions that a module needs and run.txt does not install; an import nobody brings, by its name."""
    needed: set[str] = set()
    for name in imports_of(source) - set(sys.stdlib_module_names) - set(APPS):
        brought_by = {canonical(one) for one in DISTRIBUTIONS.get(name, [name])}
        if not brought_by & locked("run.txt"):
            needed |= brought_by
    return needed


MODULES = ["manage.py", *sorted(str(path.relative_to(HOUSE)) for app in APPS for path in (HOUSE / app).rglob("*.py"))]


@pytest.mark.parametrize("module", MODULES)
def test_make_run_installs_whatever_the_house_imports(module: str) -> None:
    assert missing((HOUSE / module).read_text()) == FOR_DEVELOPERS.get(module, set())


def test_what_settings_name_in_words_is_installed_too() -> None:
    """Apps, middleware, backends: modules that Django imports by their dotted names."""
    text = (HOUSE / "blink" / "settings.py").read_text()
    dotted = {
        node.value.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w+(\.\w+)*", node.value)
    }
    packages = "\n".join(f"import {name}" for name in sorted(dotted & set(DISTRIBUTIONS)))
    assert {"django", "anymail", "whitenoise"} & dotted
    assert missing(packages) == set()


def test_an_import_that_only_the_tests_have_is_found_wherever_it_hides() -> None:
    hidden = "def late():\n    if True:\n        import hypothesis.strategies\n"
    assert missing(hidden) == {"hypothesis"}
    assert missing("from time_machine import travel") == {"time-machine"}
    assert missing("from importlib import import_module\nimport_module('pytest.mark')") == {"pytest"}
    assert missing("import nobody_brings_this") == {"nobody-brings-this"}
    assert missing("import django, redis.asyncio, dj_database_url\nfrom . import near") == set()


def test_the_locks_are_read() -> None:
    assert {"django", "celery", "psycopg", "django-anymail"} <= locked("run.txt") < locked("dev.txt")
    assert {"pytest", "babel"} <= locked("dev.txt") - locked("run.txt")
