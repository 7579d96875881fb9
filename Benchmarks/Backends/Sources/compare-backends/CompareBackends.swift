import ArgumentParser

/// Measures LMDB beside RocksDB below the same store: in turns, each run in a process and a directory of its own.
@main
struct CompareBackends: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare-backends",
        abstract: "Measures the figures that storage decides on LMDB and on RocksDB, in the same run.",
        subcommands: [MeasureCommand.self, SampleCommand.self], defaultSubcommand: MeasureCommand.self)
}
