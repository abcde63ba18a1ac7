// A reporter for the test runner: at the end it names every test that was skipped and why, where the test tells.
// A reason that a file prints by itself, once for all its tests, stands above, in that file's output.

export default class SkipsReporter {
  onTestRunEnd(modules) {
    for (const module of modules) {
      const skipped = [...module.children.allTests("skipped")];
      if (skipped.length === 0) continue;
      console.log(`\n${skipped.length} skipped in ${module.relativeModuleId}:`);
      for (const test of skipped) {
        const note = test.result().note;
        console.log(`  ${test.fullName}${note ? `: ${note}` : ""}`);
      }
    }
  }
}
