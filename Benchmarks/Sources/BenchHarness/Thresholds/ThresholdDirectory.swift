#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The folder of committed thresholds: a JSON file a figure, so that a change of one is a change of one file.
public struct ThresholdDirectory: Sendable {
    /// Where it is.
    public let path: String

    /// The folder at `path`.
    public init(_ path: String) {
        self.path = path
    }

    /// What is committed for `figure`; `nil` where nothing is.
    ///
    /// - Throws: what is wrong with the file, where there is one.
    public func read(_ figure: Figure) throws -> FigureThresholds? {
        let file = file(of: figure)
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let record = try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(filePath: file)))
        let counts = try record.counts.reduce(into: Counts()) { counts, entry in
            guard let kind = CountKind(rawValue: entry.key) else {
                throw UnknownCount(file: file, name: entry.key)
            }
            counts[kind] = entry.value
        }
        return FigureThresholds(counts: counts, efficiency: record.efficiency)
    }

    /// Writes what is to be committed for `figure`.
    public func write(_ thresholds: FigureThresholds, of figure: Figure) throws {
        let counts = thresholds.counts.kinds.reduce(into: [:]) { $0[$1.rawValue] = thresholds.counts[$1] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        // Three decimals: more would change in every record.
        let efficiency = (thresholds.efficiency * 1_000).rounded() / 1_000
        let json = try encoder.encode(Record(counts: counts, efficiency: efficiency)) + Data("\n".utf8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try json.write(to: URL(filePath: file(of: figure)))
    }

    private func file(of figure: Figure) -> String { "\(path)/\(figure.rawValue).json" }

    private struct Record: Codable {
        var counts: [String: Int]
        var efficiency: Double
    }
}

/// A file of thresholds names a count that nobody makes.
public struct UnknownCount: Error, CustomStringConvertible {
    let file: String
    let name: String

    public var description: String {
        "\(file): \"\(name)\" is no count: expected one of \(CountKind.allCases.map(\.rawValue).joined(separator: ", "))"
    }
}
