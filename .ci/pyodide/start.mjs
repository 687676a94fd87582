// Run pages of the documentation in Pyodide, in node: node start.mjs PACKAGES WHEEL PAGE ...
// PACKAGES is a folder with wheels of the Pyodide distribution, WHEEL is installed beside them, and
// pages are given by their path in the checkout, which is the current folder.
import { basename, dirname } from "node:path";
import { loadPyodide } from "pyodide";

const [packages, wheel, ...pages] = process.argv.slice(2);
try {
  const python = await loadPyodide({ packageCacheDir: packages });
  console.log(`Pyodide ${python.version} in node ${process.version}`);
  await python.loadPackage(["matplotlib", "micropip", "pandas"], { messageCallback: () => {} });
  python.mountNodeFS("/checkout", process.cwd());
  python.mountNodeFS("/wheels", dirname(wheel));
  python.globals.set("names", python.toPy(pages));
  python.globals.set("wheel", `emfs:/wheels/${basename(wheel)}`);
  // micropip reads what the wheel requires, and takes it from the distribution.
  const failed = await python.runPythonAsync(`
import micropip, sys
await micropip.install(wheel)
sys.path[:0] = ["/checkout/.ci/pyodide", "/checkout/docs/course"]
import pages_here
pages_here.run(names)
`);
  process.exitCode = failed ? 1 : 0;
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
