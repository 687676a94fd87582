// Start Pyodide in node, install a wheel in it, and run pages.py there:
//   node start.mjs PACKAGES WHEEL PAGE ...
// PACKAGES is a folder with the packages of the Pyodide distribution. The current folder is the
// checkout, in which the pages are.
import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const [packages, wheel, ...pages] = process.argv.slice(2);
const python = await loadPyodide({ packageCacheDir: resolve(packages) });
const fail = (error) => {
  console.error(String(error));
  process.exit(1);
};
try {
  const quiet = { messageCallback: () => {}, errorCallback: fail };
  await python.loadPackage(["matplotlib", "micropip"], quiet);
  python.mountNodeFS("/checkout", process.cwd());
  python.mountNodeFS("/wheels", dirname(resolve(wheel)));
  python.mountNodeFS("/scripts", dirname(fileURLToPath(import.meta.url)));
  // micropip reads what the wheel requires, and takes it from the distribution.
  await python.runPythonAsync(`
import micropip
await micropip.install("emfs:/wheels/${basename(wheel)}")
`);
  python.globals.set("names", python.toPy(pages));
  await python.runPythonAsync(`
import sys
sys.path[:0] = ["/scripts", "/checkout/docs/course"]
import pages_here
pages_here.main(names)
`);
} catch (error) {
  fail(error);
}
