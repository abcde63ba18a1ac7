import { execFileSync } from "node:child_process";

/** ONNX's own checker: the first Python at hand that has the `onnx` package, and the operator set it knows. */
export interface OnnxChecker {
  readonly python: string;
  readonly version: string;
  readonly opset: number;
}

/** Finds {@link OnnxChecker}; `LORAT_PYTHON` names a Python to try first. Undefined when there is none. */
export function findOnnxChecker(): OnnxChecker | undefined {
  const probe = "import onnx; print(onnx.__version__, onnx.defs.onnx_opset_version())";
  for (const python of [process.env.LORAT_PYTHON, "python3", "/usr/bin/python3"]) {
    if (!python) continue;
    try {
      const printed = execFileSync(python, ["-c", probe], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const [version, opset] = printed.trim().split(" ");
      return { python, version: version!, opset: Number(opset) };
    } catch {
      // Not there, or without the package: try the next.
    }
  }
  return undefined;
}

const script = `
import sys, onnx
from onnx import checker, defs, shape_inference
for path in sys.argv[1:]:
    model = onnx.load(path, load_external_data=False)
    # An older checker is shown the same nodes under the newest versions that it knows.
    model.ir_version = min(model.ir_version, onnx.IR_VERSION)
    model.opset_import[0].version = min(model.opset_import[0].version, defs.onnx_opset_version())
    onnx.save(model, path)
    try:
        # By path, so that external data is looked for beside the model.
        checker.check_model(path)
        shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except Exception as error:
        print(path, str(error).splitlines()[0])
`;

/** Complaints about the model files, one line each: structure, types, shapes against ONNX's own inference. */
export function checkModels({ python }: OnnxChecker, paths: readonly string[]): string[] {
  const printed = execFileSync(python, ["-c", script, ...paths], { encoding: "utf8", maxBuffer: 2 ** 24 });
  return printed.split("\n").filter((line) => line !== "");
}
