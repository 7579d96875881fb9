import Benchmark

/// The parts that a block's time is made of, each alone: what the whole workloads of `corestore-bench` cannot show.
let benchmarks: @Sendable () -> Void = {
    // A thousand calls an iteration, because one is shorter than the clock can tell; what is reported is one call. Processor
    // time is only told in steps of 10 ms.
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock], scalingFactor: .kilo, maxDuration: .seconds(1), maxIterations: 1_000)

    hashing()
    signing()
    messages()
    treeWalks()
    storage()
}
