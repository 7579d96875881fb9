public import ArgumentParser
import BenchFloors
public import BenchHarness
import BenchSubjects

extension Figure: ExpressibleByArgument {}
extension Workload.Size: ExpressibleByArgument {}
extension Side: ExpressibleByArgument {}

/// Whose work, and which: what every process that does any is told.
struct JobOptions: ParsableArguments {
    @Option(help: "The figure.")
    var figure: Figure

    @Option(help: "How large its workload is.")
    var size = Workload.Size.full

    @Option(help: "Who does the work.")
    var side: Side

    var workload: Workload { Workload(figure, size) }

    /// The options as arguments of another process.
    static func arguments(_ workload: Workload, _ side: Side) -> [String] {
        ["--figure", workload.figure.rawValue, "--size", workload.size.rawValue, "--side", side.rawValue]
    }
}

extension Side {
    var contender: any Contender {
        switch self {
        case .floor: FloorContender()
        case .ours: CorestoreContender()
        }
    }
}
