/**
 * Loaded before all tests. `await expect(promise).rejects` turns the event loop within itself, and there the runtime runs
 * nothing that `setImmediate` has planned before something else wakes it: at worst its own clock for collections, after a
 * second, or after half a minute in a process that has been quiet for long. This wakes it.
 */
setInterval(() => {}, 5).unref();
