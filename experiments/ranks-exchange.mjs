// One rank of the measurement of exchanges in experiments/ranks.ts: mpirun -n 2 node experiments/ranks-exchange.mjs [numbers]
const dist = new URL("../packages/lorat/dist/mpi/", import.meta.url);
const { Communicator } = await import(new URL("communicator.js", dist).href);
const { HalfExchange } = await import(new URL("half-exchange.js", dist).href);

const numbers = Number(process.argv[2] ?? 13_000_000);
const communicator = await Communicator.start();
const { rank, size, library } = communicator;
const values = new Float32Array(numbers);
for (const [name, exchange] of [
  ["single", communicator],
  ["halves", new HalfExchange(communicator)],
]) {
  const times = [];
  for (let round = 0; round < 12; round++) {
    values.fill(rank + 1);
    await communicator.meet();
    const began = performance.now();
    await exchange.sum(values);
    times.push(performance.now() - began);
    if (Math.abs(values[numbers >> 1] - (size * (size + 1)) / 2) > 1e-2) throw new Error("the sum is wrong");
  }
  times.sort((a, b) => a - b);
  if (rank === 0) {
    console.log(
      `${library.version}, ${size} ranks, ${numbers} numbers, ${name}: best ${times[0].toFixed(0)} ms, median ${times[6].toFixed(0)} ms`,
    );
  }
}
await communicator.close();
