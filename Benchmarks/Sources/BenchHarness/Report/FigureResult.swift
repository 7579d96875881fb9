#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A figure as a line of JSON tells it: what a report is made of, in this run or a later one.
public struct FigureResult: Sendable, Equatable {
    /// The figure.
    public let figure: Figure
    /// Ours, in the figure's unit.
    public let ours: Spread
    /// The floor's median, in the figure's unit.
    public let floor: Double
    /// Floor time / our time, or what the floor came to / what we came to where less is better.
    public let efficiency: Double
    /// The same of processor time.
    public let processorEfficiency: Double
    /// Runs of each side.
    public let runCount: Int
    /// The most anonymous memory that ours held, in millions of bytes; `nil` where the system did not tell.
    public let peakMegabytes: Double?
    /// The size that was run.
    public let size: Workload.Size

    /// Reads the lines that `--json` prints; empty ones are passed over.
    ///
    /// - Throws: ``UnreadableResult`` with the first line that is none.
    public static func read(lines text: String) throws -> [FigureResult] {
        try text.split(whereSeparator: \.isNewline).map { line in
            do {
                let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
                guard let figure = Figure(rawValue: record.figure), let size = Workload.Size(rawValue: record.size)
                else { throw UnreadableResult(line: String(line), reason: "no such figure or size") }
                return FigureResult(figure, size, record)
            } catch let error as UnreadableResult {
                throw error
            } catch {
                throw UnreadableResult(line: String(line), reason: "\(error)")
            }
        }
    }

    private init(_ figure: Figure, _ size: Workload.Size, _ record: Record) {
        self.figure = figure
        self.size = size
        ours = Spread(median: record.median, minimum: record.min, maximum: record.max)
        floor = record.floor
        efficiency = record.efficiency
        processorEfficiency = record.cpuEfficiency
        runCount = record.runs
        peakMegabytes = record.peakMemoryMB
    }

    private struct Record: Decodable {
        let figure, size: String
        let median, min, max, floor, efficiency, cpuEfficiency: Double
        let runs: Int
        let peakMemoryMB: Double?
    }
}

extension FigureResult {
    /// Whether the figure is what it is to be, to the two decimals that are shown, and its memory is bounded.
    public var reachesGoal: Bool { isFastEnough && isSmallEnough }

    var isSmallEnough: Bool { (peakMegabytes ?? 0) <= figure.mostMegabytes ?? .infinity }

    var isFastEnough: Bool {
        switch figure.goal {
        case .efficiency(let goal): (efficiency * 100).rounded() >= (goal * 100).rounded()
        case .atMost(let most): ours.median <= most
        }
    }

    /// The median with its unit, as short as it can be said: `27.0k/s`.
    var shortValue: String {
        let value = ours.median
        switch figure.unit {
        case .megabytes: return "\(Table.grouped(value)) MB/s"
        case .bytesPerCore: return "\(Table.tenths(value / 1_000)) kB"
        case .ratio: return "\(Table.hundredths(value))×"
        default: break
        }
        return switch value {
        case 1_000_000...: "\(Table.hundredths(value / 1_000_000))M/s"
        case 1_000...: "\(Table.tenths(value / 1_000))k/s"
        default: "\(Table.grouped(value))/s"
        }
    }
}

/// A line that is no result.
public struct UnreadableResult: Error, CustomStringConvertible {
    let line: String
    let reason: String

    public var description: String { "\"\(line)\" is no line that --json prints: \(reason)" }
}
