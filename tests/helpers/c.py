"""Files in C, compiled and run on rows."""

import re
import shutil
import subprocess

import numpy as np
import pytest

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
COMPILER = shutil.which("gcc") or shutil.which("cc")
needs_compiler = pytest.mark.skipif(
    COMPILER is None, reason="NO C COMPILER IS INSTALLED: EXPORTED FILES WERE NOT COMPILED"
)

TYPES = {"float": np.float32, "double": np.float64, "int": np.int32}

# Reads rows and writes what the function of the given number makes of each.
MAIN = """
#include <stdio.h>
#include "{name}.c"

int main(int argc, char **argv)
{{
    (void)argc;
    switch (argv[1][0]) {{
{cases}
    }}
    return 1;
}}
"""
CASE = """    case '{letter}': {{
        {x} x[{n_inputs}];
        {out} out[{n_outputs}];
        while (fread(x, sizeof x, 1, stdin) == 1) {{
            {call};
            if (fwrite(out, sizeof out, 1, stdout) != 1)
                return 1;
        }}
        return 0;
    }}"""


class Program:
    """An exported file, compiled with a program that calls its functions."""

    def __init__(self, source, folder, *, name="model", options=()):
        self.source, self._folder, self._options = source, folder, list(options)
        declared = (
            rf"^(?P<returned>\w+) {name}_(?P<function>\w+)\(const (?P<x>\w+) x\[(?P<n_inputs>\d+)\]"
            r"(?:, (?P<out>\w+) out\[(?P<n_outputs>\d+)\])?\);$"
        )
        found = [match.groupdict() for match in re.finditer(declared, source, re.MULTILINE)]
        self._signatures = {}
        cases = []
        for letter, each in zip("abcdef", found, strict=False):
            function = f"{name}_{each['function']}"
            returned = each["returned"] != "void"
            each |= {"letter": letter, "is_returned": returned}
            each["call"] = f"out[0] = {function}(x)" if returned else f"{function}(x, out)"
            each["out"] = each["returned"] if returned else each["out"]
            each["n_outputs"] = each["n_outputs"] or 1
            self._signatures[each["function"]] = each
            cases.append(CASE.format(**each))
        self.functions = list(self._signatures)
        assert self.functions
        (folder / f"{name}.c").write_text(source, "ascii")
        (folder / "main.c").write_text(MAIN.format(name=name, cases="\n".join(cases)), "ascii")
        self.compile("main.c", "-o", "program", "-lm")

    def __call__(self, function, X):
        """Results of a function, (n_rows,) if it returns a number, else (n_rows, n_outputs)."""
        signature = self._signatures[function]
        rows = np.ascontiguousarray(X, TYPES[signature["x"]])
        assert rows.shape[1] == int(signature["n_inputs"])
        done = subprocess.run(
            [self._folder / "program", signature["letter"]],
            input=rows.tobytes(),
            capture_output=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stderr.decode()
        results = np.frombuffer(done.stdout, TYPES[signature["out"]])
        results = results.reshape(len(rows), int(signature["n_outputs"]))
        return results[:, 0] if signature["is_returned"] else results

    def compile(self, source, *arguments):
        """Compile a file; any warning fails."""
        command = [COMPILER, *STRICT, *self._options, source, *arguments]
        done = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
