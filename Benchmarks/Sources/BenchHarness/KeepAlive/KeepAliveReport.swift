#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Whether a busy server was heard from in time.
public struct KeepAliveReport: Codable, Sendable, Equatable {
    /// After how long without sending the server was to send a keep-alive, in milliseconds.
    public let intervalMilliseconds: Double
    /// Keep-alives that came, on all connections.
    public let count: Int
    /// Keep-alives that did not come before the next one was due.
    public let missed: Int
    /// How much later than due they came, in milliseconds: the one in the middle.
    public let medianMilliseconds: Double
    /// The latest.
    public let maximumMilliseconds: Double
    /// Blocks that the server served meanwhile.
    public let readCount: Int
    /// How long that took, in seconds.
    public let seconds: Double

    /// Summarises the times between what came on connections that are silent but for keep-alives; at least one.
    public init(gaps: [Duration], interval: Duration, readCount: Int, elapsed: Duration) {
        let late = Spread(gaps.map { max(0, ($0 - interval) / .milliseconds(1)) })
        intervalMilliseconds = interval / .milliseconds(1)
        count = gaps.count
        missed = gaps.reduce(0) { $0 + max(0, Int($1 / interval) - 1) }
        medianMilliseconds = late.median
        maximumMilliseconds = late.maximum
        self.readCount = readCount
        seconds = elapsed / .seconds(1)
    }

    /// The report as a line of JSON.
    public var jsonLine: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Reads a line of JSON.
    public static func read(line: String) throws -> KeepAliveReport {
        try JSONDecoder().decode(KeepAliveReport.self, from: Data(line.utf8))
    }

    /// The section of the report.
    public var text: String {
        """
        ## Keep-alives of a server that reads from a cold disk

        While \(Table.grouped(Double(readCount))) random blocks of a store that is never cached were downloaded from a server
        in \(Table.tenths(seconds)) s, \(Table.grouped(Double(count))) keep-alives came on other connections, one each
        \(Table.grouped(intervalMilliseconds)) ms; \(missed) were missed. They came \(Table.tenths(medianMilliseconds)) ms
        late in the median, and \(Table.tenths(maximumMilliseconds)) ms at most.

        """
    }
}
