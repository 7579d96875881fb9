import ArgumentParser

/// `corestore-bench`: measures the figures. Its other subcommands are the processes that it starts for that.
@main
struct CorestoreBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "corestore-bench",
        abstract: "Measures swift-corestore beside the bare calls that its work cannot do without.",
        subcommands: [
            MeasureCommand.self, CheckCommand.self, CountCommand.self, ScalingCommand.self, KeepAliveCommand.self,
            ReportCommand.self,
            FillCommand.self, SampleCommand.self, ServeCommand.self, ScalingSampleCommand.self, LoadCommand.self,
        ],
        defaultSubcommand: MeasureCommand.self)
}
