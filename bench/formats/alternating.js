/** Two contestants by turns, so that what else the machine does meets both. */

async function milliseconds(run) {
  const start = performance.now();
  const read = await run();
  return [performance.now() - start, read];
}

/** The times of ours and theirs by name; the first round warms up. Both must read the same number of values. */
export async function alternating(pairs, rounds) {
  const results = {};
  for (const [name, [ours, theirs]] of Object.entries(pairs)) {
    const times = { ours: [], theirs: [] };
    for (let round = 0; round < 1 + rounds; round += 1) {
      const [mine, read] = await milliseconds(ours);
      const [other, same] = await milliseconds(theirs);
      if (read !== same) throw new Error(`${name}: ${read} and ${same} values were read`);
      if (round === 0) continue;
      times.ours.push(mine);
      times.theirs.push(other);
    }
    results[name] = times;
  }
  return results;
}
