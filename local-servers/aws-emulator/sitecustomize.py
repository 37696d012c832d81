"""Python runs this file at its start when the folder is on PYTHONPATH: it adds our resource types once the emulator's engine is loaded.

So they are there however ministack was installed, and whichever program starts it.
"""

import importlib.abc
import importlib.machinery
import os
import sys

ENGINE = "ministack.services.cloudformation.provisioners"


class AfterEngine(importlib.abc.MetaPathFinder):
    """Finds the engine's module as Python would, and has our types registered as soon as it was executed."""

    def find_spec(self, fullname, path, target=None):
        if fullname != ENGINE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_then_register(module):
            execute(module)
            from added_types import register

            register(module)

        spec.loader.exec_module = execute_then_register
        return spec


sys.meta_path.insert(0, AfterEngine())

# A function written in Python comes here too. Now and not before its start: a launcher of Python may put programs of its own first.
PROGRAMS = os.environ.get("AXIOM_FUNCTION_PROGRAMS")
if PROGRAMS:
    os.environ["PATH"] = PROGRAMS + os.pathsep + os.environ.get("PATH", "")
